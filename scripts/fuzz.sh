# shellcheck shell=bash
# ./dev fuzz: libFuzzer on the parsers of strangers' bytes (tests/fuzz/README.md). The corpora that
# it grows stay in build/fuzz/corpus, from one run to the next.

# cmd_fuzz [target|all] [seconds]: status 1 where an input was found that breaks a promise.
cmd_fuzz() {
  local target=${1:-all} seconds=${2:-300} targets
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "'$seconds' is no number of seconds" 2
  mapfile -t targets < <(fuzz_targets)
  if [[ $target != all ]]; then
    [[ " ${targets[*]} " == *" $target "* ]] || die "there is no fuzz target '$target': ${targets[*]}" 2
    targets=("$target")
  fi
  need run build fuzz
  build_fuzz "${targets[@]}" || die "the build failed: $LOGS/build-fuzz.log has all of it"
  fuzz_each "$seconds" "${targets[@]}" || die "an input was found that breaks a promise, see above"
}

fuzz_targets() {
  (cd tests/fuzz/corpus && printf '%s\n' */ transcode) | tr -d / | sort
}

build_fuzz() {
  build fuzz "${@/%/_fuzz}" transcode_seeds
}

# fuzz_each <seconds> <target ...>: as many at a time as there are CPUs; each with a line.
fuzz_each() {
  local seconds=$1
  shift
  mkdir -p "$LOGS"
  export LOGS FUZZ_SECONDS=$seconds FUZZ_SEED=${FUZZ_SEED:-0} # 0: another one each time
  export -f fuzz_one fuzz_inputs
  printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one "$1"' fuzz {}
}

fuzz_one() {
  local target=$1 log=$LOGS/fuzz-$1.log from
  mapfile -t from < <(fuzz_inputs "$target")
  if build/fuzz/bin/"${target}_fuzz" "${from[@]}" -max_total_time="$FUZZ_SECONDS" -seed="$FUZZ_SEED" -timeout=30 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/$target-" >"$log" 2>&1; then
    printf '  ok      fuzz %s: %s inputs\n' "$target" "$(awk '/^stat::number_of_executed_units/ {print $2}' "$log")"
    return 0
  fi
  printf '  FAILED  fuzz %s: %s has all of it\n' "$target" "$log"
  grep -aE '^(broken|  [^ #]|SUMMARY|.*runtime error|.*Test unit written)' "$log" | cut -c1-300 | tail -n 12
  return 1
}

# Where its inputs are: first the directory that it writes what it finds to.
fuzz_inputs() {
  local grown=build/fuzz/corpus/$1 committed=tests/fuzz/corpus/$1
  mkdir -p "$grown"
  printf '%s\n' "$grown"
  if [[ -d $committed ]]; then
    printf '%s\n' "$committed"
  else
    build/fuzz/bin/"${1}_seeds" "$grown" 480
  fi
}
