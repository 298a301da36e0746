# shellcheck shell=bash
# ./dev bench: the release build beside the floor, and its parts alone (bench/README.md). Its status
# says whether everything came to everybody in order; what the figures are worth is for the reader.

# cmd_bench micro [filter [option ...]]
#           plots
#           connections [option ...]
#           failover [peer ...]
#           [fanout [scenario ...] | peers [scenario ...] | sizing | ingest | api | store [part ...]]
#             [--save[=name]] [option ...]
cmd_bench() {
  if [[ ${1:-} == micro ]]; then
    bench_micro "${@:2}"
    return
  fi
  if [[ ${1:-} == plots ]]; then
    require_node
    node bench/plots/plots.mjs
    return
  fi
  if [[ ${1:-} == connections ]]; then
    need run build
    build release ssegw_bench_connections ||
      die "the build failed: $LOGS/build-release.log has all of it"
    build/release/bin/ssegw_bench_connections "${@:2}"
    return
  fi
  if [[ ${1:-} == failover ]]; then
    bench_failover "${@:2}"
    return
  fi
  local arguments=() argument save='' peers=false program=ssegw_bench_fanout
  for argument in "$@"; do
    case $argument in
      fanout) ;;
      peers) peers=true arguments+=("$argument") ;;
      ingest) program=ssegw_bench_ingest ;;
      api) program=ssegw_bench_api ;;
      store) program=ssegw_bench_store ;;
      --save) save=bench/results/$(date -u +%Y-%m-%d).json ;;
      --save=*/* | --save=*.json) die "--save takes a name, not a path: it goes to bench/results/<name>.json" 2 ;;
      --save=*) save=bench/results/${argument#--save=}.json ;;
      *) arguments+=("$argument") ;;
    esac
  done
  need run build
  build release sse-gateway "$program" ssegw_bench_load ssegw_bench_floor ||
    die "the build failed: $LOGS/build-release.log has all of it"
  ! $peers || prepare_peers
  [[ $program != ssegw_bench_api ]] || prepare_nginx
  [[ $program != ssegw_bench_store ]] || need_daemons replicas-daemons
  [[ -z $save ]] || mkdir -p bench/results
  "build/release/bin/$program" "${arguments[@]}" ${save:+--save="$save"}
}

# nginx, to compare with.
prepare_nginx() {
  (need_daemons bench-daemons) || true
  export PATH=$ROOT/build/daemons/usr/bin:$ROOT/build/daemons/usr/sbin:$PATH:/usr/sbin
  command -v nginx >/dev/null || die "nginx is needed, to compare with"
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

# bench_failover [peer ...]: what a killed node costs those who read. Two of the peers are programs in
# Go, which are built where a new Go and its modules are to be had.
bench_failover() {
  need run build scripts
  prepare_peers
  need_daemons replicas-daemons
  build release sse-gateway || die "the build failed: $LOGS/build-release.log has all of it"
  npm_install bench/failover || die "npm needs its registry to install bench/failover"
  mkdir -p build/peers/failover
  command -v centrifugo >/dev/null || [[ -x build/peers/failover/centrifugo ]] ||
    step "Building Centrifugo" centrifugo env GOBIN="$ROOT/build/peers/failover" \
      go install github.com/centrifugal/centrifugo/v6@v6.9.1 || say "dev: Centrifugo could not be built"
  [[ -x build/peers/failover/mercure-hub ]] ||
    step "Building a hub of Mercure" mercure go build -C bench/failover/mercure-hub \
      -o "$ROOT/build/peers/failover/mercure-hub" . || say "dev: Mercure's hub could not be built"
  PATH=$ROOT/build/peers/failover:$PATH LD_LIBRARY_PATH=$ROOT/build/daemons/usr/lib/x86_64-linux-gnu \
    node bench/failover/failover.mjs "$@"
}

# bench_micro [filter [option of Google Benchmark ...]]: the repetitions of all are mixed, so that a
# busy moment of the machine is nobody's own.
bench_micro() {
  local filter=${1:-.} figures=build/bench_micro.csv
  (($# == 0)) || shift
  need run build
  build release ssegw_bench_micro || die "the build failed: $LOGS/build-release.log has all of it"
  build/release/bin/ssegw_bench_micro --benchmark_filter="$filter" --benchmark_min_time=0.1 \
    --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true \
    --benchmark_out="$figures" --benchmark_out_format=csv --benchmark_format=csv "$@" >/dev/null ||
    die "the benchmark failed: see above"
  bench_micro_table "$figures"
}

# bench_micro_table <csv of Google Benchmark>: the median CPU time of each, and how many times the
# one pass fits into what protobuf takes. Status 1 where that is far from what it should be.
bench_micro_table() {
  awk -F, '
    { gsub(/"/, "", $1) }
    sub(/_median$/, "", $1) {
      printf "%-42s %12.1f ns\n", $1, $4 | "sort"
      median[$1] = $4
    }
    END {
      close("sort")
      low = 0
      count = split("usual series text", sizes, " ")
      for (i = 1; i <= count; ++i) {
        name = "transcode/" sizes[i] "/"
        one_pass = median[name "one_pass"]
        if (!one_pass || !median[name "generated"] || !median[name "dynamic"]) continue
        generated = median[name "generated"] / one_pass
        dynamic = median[name "dynamic"] / one_pass
        printf "%-42s %12.1f times one_pass\n", name "generated", generated
        printf "%-42s %12.1f times one_pass\n", name "dynamic", dynamic
        if (sizes[i] == "usual" && (generated < 4 || dynamic < 6)) low = 1
      }
      if (low) print "the one pass has become slow: more than 8 and 15 times are usual"
      exit low
    }' "$1"
}
