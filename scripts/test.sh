# shellcheck shell=bash
# ./dev test and ./dev ci. A build that fails ends the run; of the tests every stage runs, also after
# one has failed. The last line is always "N passed, N failed", of all runners together.

PASSED=0
FAILED=0
LINT_FAILED=false
FAILED_STAGES=()

cmd_test() {
  local part=${1:-all} regex=${2:-}
  case $part in
    unit | conformance) need run build scripts ;;
    tsan | bench) need run build ;;
    integration | e2e) need run build scripts test ;;
    fuzz) need run build fuzz ;;
    clients) need run build scripts test test-clients ;;
    replicas)
      need run build
      need_daemons replicas-daemons
      ;;
    browsers)
      need run build scripts test test-browsers
      need_daemons test-daemons
      ;;
    all | operations)
      need run build scripts test
      [[ $part == operations ]] || need test-clients test-browsers fuzz
      need_daemons test-daemons
      ;;
    *) die "there is no part '$part': unit, integration, conformance, bench, operations, fuzz, clients, browsers, replicas, tsan or e2e" 2 ;;
  esac

  case $part in
    unit | conformance | bench) stage "$part" ctest_dev -L "^$part\$" ${regex:+-R "$regex"} ;;
    integration) stage integration integration_tests "$regex" ;;
    fuzz)
      stage "corpora" ctest_dev -L '^fuzz$'
      stage "fuzzing" fuzz_tests
      ;;
    tsan) stage tsan ctest_tsan ${regex:+-R "$regex"} ;;
    operations) stage operations node_tests operations "$regex" ;;
    clients) stage clients node_tests clients "$regex" ;;
    replicas) test_replicas "$regex" ;;
    browsers) stage browsers node_tests browsers "$regex" ;;
    e2e) stage e2e node_tests e2e "$regex" ;;
    all)
      stage "C++ with ASan and UBSan" ctest_dev
      stage "core with TSan" ctest_tsan
      stage "fuzzing" fuzz_tests
      stage "integration" node_tests integration
      stage "operations" node_tests operations
      stage "browser" node_tests e2e
      stage "clients" node_tests clients
      stage "three browser engines" node_tests browsers
      ;;
  esac
  summary
}

cmd_ci() {
  (cmd_lint) || LINT_FAILED=true
  cmd_test all
}

# summary: the closing line, and the status of the run.
summary() {
  say ""
  ! $LINT_FAILED || say "dev: lint failed, see above"
  ((${#FAILED_STAGES[@]} == 0)) || printf 'dev: failed, see above: %s\n' "${FAILED_STAGES[@]}"
  say "$PASSED passed, $FAILED failed"
  if $LINT_FAILED || ((FAILED > 0 || PASSED == 0)); then
    exit 1
  fi
}

# stage <name> <command ...>: a stage that ran no test has failed: what it should have run is lost.
stage() {
  local name=$1 before=$((PASSED + FAILED)) failed_before=$FAILED started=$SECONDS
  shift
  say ""
  say "== $name"
  "$@"
  if ((PASSED + FAILED == before)); then
    say "dev: no test ran in this stage: $name"
    FAILED=$((FAILED + 1))
  fi
  ((FAILED == failed_before)) || FAILED_STAGES+=("$name")
  say "== $name: $((SECONDS - started)) s"
}

# Without a build there is nothing to test: it counts as a failure, and the run ends.
build_or_end() {
  build "$@" && return
  FAILED=$((FAILED + 1))
  FAILED_STAGES+=("building $1, all of it in $LOGS/build-$1.log")
  summary
}

integration_tests() {
  ctest_dev -L '^integration$' ${1:+-R "$1"}
  node_tests integration "$1"
}

ctest_dev() {
  build_or_end dev
  UBSAN_OPTIONS=print_stacktrace=1 run_ctest dev "$@"
}

ctest_tsan() {
  local suppressions=$ROOT/cmake/suppressions/tsan.txt
  build_or_end tsan
  [[ ! -f $suppressions ]] || local -x TSAN_OPTIONS="suppressions=$suppressions"
  run_ctest tsan -LE "^conformance\$" "$@"
}

# Each target for a moment, with the same seed each time, so that it is this tree that is tested and
# not luck: at length and at random is ./dev fuzz.
fuzz_tests() {
  local targets log=$LOGS/fuzz.log
  mapfile -t targets < <(fuzz_targets)
  build_fuzz "${targets[@]}" || {
    count 1 0 0
    return
  }
  FUZZ_SEED=1 fuzz_each 10 "${targets[@]}" | tee "$log" || true
  count 0 "$(grep -c '^  ok ' "$log")" "$(grep -c '^  FAILED ' "$log")"
}

# run_ctest <preset> [ctest argument ...]
run_ctest() {
  local preset=$1 log=$LOGS/ctest-$1.log status=0 line
  shift
  GTEST_BRIEF=1 "${fixed_addresses[@]}" ctest --test-dir "build/$preset" --output-on-failure \
    -j "$(jobs_that_fit)" "$@" </dev/null 2>&1 | tee "$log" || status=1
  line=$(grep -E 'tests passed, [0-9]+ tests failed out of [0-9]+' "$log") || line=
  if [[ $line =~ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
    count "$status" $((BASH_REMATCH[2] - BASH_REMATCH[1])) "${BASH_REMATCH[1]}"
  else
    count "$status" 0 0
  fi
}

# The sanitizers of g++ 12 do not know the address layouts that newer kernels draw at random; where
# that may be turned off (not in every container), it is.
fixed_addresses=()
if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
  fixed_addresses=(setarch "$(uname -m)" --addr-no-randomize)
fi

# node_tests <directory of tests/> [regex]: against the release build, as shipped. Most of their time
# is waiting, so several files run at once.
node_tests() {
  local name=$1 regex=${2:-} log=$LOGS/node-$1.tap status=0 dir files
  mapfile -t files < <(compgen -G "tests/$name/*[._]test.mjs")
  ((${#files[@]})) || return 0
  require_node
  build_or_end release "${PRODUCT[@]}"
  for dir in "tests/$name" tests/e2e tests/integration examples/node; do # what they use of each other too
    [[ ! -f $dir/package-lock.json ]] || npm_install "$dir" || die "npm needs its registry to install $dir"
  done
  SSE_GATEWAY_BIN=$ROOT/build/release/bin/sse-gateway \
    HOST_DASHBOARD_BIN=$ROOT/build/release/bin/host_dashboard \
    timeout --foreground 900 node --test --test-concurrency="$(jobs_that_fit)" ${regex:+--test-name-pattern="$regex"} \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$log" "${files[@]}" </dev/null || status=1
  count "$status" "$(tap_count "$log" pass)" $(($(tap_count "$log" fail) + $(tap_count "$log" cancelled)))
}

# tap_count <log> pass|fail|cancelled: from the closing lines, "# pass 12".
tap_count() {
  if [[ ! -f $1 ]]; then
    say 0
    return
  fi
  awk -v what="$2" '$1 == "#" && $2 == what && NF == 3 {n = $3} END {print n + 0}' "$1"
}

# count <the runner's status> <passed> <failed>: a runner that failed without naming a test counts
# as one failure.
count() {
  PASSED=$((PASSED + $2))
  FAILED=$((FAILED + $3))
  (($1 == 0 || $3 > 0)) || FAILED=$((FAILED + 1))
}

# npm_install <dir>: what its lock file pins, without running scripts of packages; nothing if it is there.
npm_install() {
  local dir=$1
  [[ $dir/node_modules/.package-lock.json -nt $dir/package-lock.json ]] && return
  step "npm ci in $dir" "npm-${dir//\//-}" npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund
}

require_node() {
  local version
  version=$(node --version) || die "node does not run"
  if [[ ! $version =~ ^v([0-9]+)\.([0-9]+) ]] ||
    ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] < 1819)); then
    die "node is $version, and 18.19 or newer is needed, such as Debian 12's nodejs"
  fi
}
