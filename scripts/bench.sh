# shellcheck shell=bash
# ./dev bench: the release build beside the floor (bench/README.md). It says with its status whether
# everything came to everybody in order; what the figures are worth is for the reader.

# cmd_bench [fanout [scenario ...] | peers [scenario ...] | sizing] [--save[=name]] [option ...]
cmd_bench() {
  local arguments=() argument save='' peers=false
  for argument in "$@"; do
    case $argument in
      fanout) ;;
      peers) peers=true arguments+=("$argument") ;;
      --save) save=bench/results/$(date -u +%Y-%m-%d).json ;;
      --save=*/* | --save=*.json) die "--save takes a name, not a path: it goes to bench/results/<name>.json" 2 ;;
      --save=*) save=bench/results/${argument#--save=}.json ;;
      *) arguments+=("$argument") ;;
    esac
  done
  need run build
  build release sse-gateway ssegw_bench_fanout ssegw_bench_load ssegw_bench_floor ||
    die "the build failed: $LOGS/build-release.log has all of it"
  ! $peers || prepare_peers
  [[ -z $save ]] || mkdir -p bench/results
  build/release/bin/ssegw_bench_fanout "${arguments[@]}" ${save:+--save="$save"}
}

# What the peers need (bench/peers), as far as it is to be had: one that lacks something does not
# take part, which the generator says.
prepare_peers() {
  local run
  if is_debian_12; then
    (need bench) || say "dev: not everything for the peers could be installed"
    # The subshell's PATH is gone with it.
    (need_daemons bench-daemons) || say "dev: not every peer could be unpacked"
    export PATH=$ROOT/build/daemons/usr/bin:$ROOT/build/daemons/usr/sbin:$PATH:/usr/sbin
  fi
  for run in bench/peers/*/run; do
    [[ -n $("$run" missing) ]] && continue
    step "Building ${run%/run}" peers "$run" build || say "dev: ${run%/run} could not be built"
  done
}
