# shellcheck shell=bash
# ./dev soak: the release build under thousands of connections (tests/soak), and the model of the
# fan-out for as long as asked. Each says with its status whether all holds.

# cmd_soak [seconds [report file]] | drain [seconds] | scrape [seconds] | slow [seconds] |
#          model [seconds] | replicas [seconds] | watch [browsers]
cmd_soak() {
  local scenario=busy
  case ${1:-} in
    drain | scrape | slow | model | replicas | watch)
      scenario=$1
      shift
      ;;
  esac
  local seconds=${1:-} report=${2:-}
  [[ -z $seconds || $seconds =~ ^[1-9][0-9]*$ ]] || die "'$seconds' is no number" 2
  need run build
  if [[ $scenario == model ]]; then
    build release fanout_model_test || die "the build failed: $LOGS/build-release.log has all of it"
    SSEGW_MODEL_SECONDS=${seconds:-600} build/release/bin/fanout_model_test
    return
  fi
  if [[ $scenario == watch ]]; then
    build release sse-gateway watch_test || die "the build failed: $LOGS/build-release.log has all of it"
    SSEGW_WATCHED_BROWSERS=${seconds:-10000} build/release/bin/watch_test --gtest_filter='WatchManyTest.*'
    return
  fi
  if [[ $scenario == replicas ]]; then
    soak_replicas "${seconds:-600}"
    return
  fi
  [[ $scenario != slow && $scenario != scrape ]] || need test
  build release sse-gateway ssegw_soak || die "the build failed: $LOGS/build-release.log has all of it"
  local program=(build/release/bin/ssegw_soak "$scenario" ${seconds:+--seconds="$seconds"})
  if [[ -z $report ]]; then
    "${program[@]}"
    return
  fi
  # Where the command was given. The report is written also where not all holds.
  [[ $report == /* ]] || report=$CALLER_DIR/$report
  "${program[@]}" | tee "$report"
}

# soak_replicas <seconds>: schedules with real gateways and servers of NATS for so long, after those that are played with a
# server in memory for a tenth of it. NATS_SERVER names another server than Debian's.
soak_replicas() {
  need_daemons replicas-daemons
  build release sse-gateway jetstream_model_test replicas_random_test ||
    die "the build failed: $LOGS/build-release.log has all of it"
  local -x SSEGW_MODEL_SECONDS=$(($1 / 10))
  build/release/bin/jetstream_model_test
  SSEGW_MODEL_SECONDS=$1
  build/release/bin/replicas_random_test
}
