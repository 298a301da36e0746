# shellcheck shell=bash
# ./dev bench: the release build beside the floor (bench/README.md). It says with its status whether
# everything came to everybody in order; what the figures are worth is for the reader.

# cmd_bench [fanout [scenario ...] | sizing] [--save[=name]] [option ...]
cmd_bench() {
  local arguments=() argument save=''
  for argument in "$@"; do
    case $argument in
      fanout) ;;
      --save) save=bench/results/$(date -u +%Y-%m-%d).json ;;
      --save=*/* | --save=*.json) die "--save takes a name, not a path: it goes to bench/results/<name>.json" 2 ;;
      --save=*) save=bench/results/${argument#--save=}.json ;;
      *) arguments+=("$argument") ;;
    esac
  done
  need run build
  build release sse-gateway ssegw_bench_fanout ssegw_bench_load ssegw_bench_floor ||
    die "the build failed: $LOGS/build-release.log has all of it"
  [[ -z $save ]] || mkdir -p bench/results
  build/release/bin/ssegw_bench_fanout "${arguments[@]}" ${save:+--save="$save"}
}
