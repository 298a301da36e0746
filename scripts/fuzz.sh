# shellcheck shell=bash
# ./dev fuzz: libFuzzer on a decoder (tests/fuzz/README.md). The corpus that it grows stays in
# build/fuzz/corpus, from one run to the next.

# cmd_fuzz [target] [seconds]: status 1 where an input was found that breaks the promise.
cmd_fuzz() {
  local target=${1:-transcode} seconds=${2:-600}
  [[ -f tests/fuzz/${target}_fuzz.cc ]] || die "there is no fuzz target '$target': tests/fuzz has them" 2
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "'$seconds' is no number of seconds" 2
  need run build fuzz
  build fuzz "${target}_fuzz" "${target}_seeds" || die "the build failed: $LOGS/build-fuzz.log has all of it"
  local corpus=build/fuzz/corpus/$target
  build/fuzz/bin/"${target}_seeds" "$corpus" 480
  build/fuzz/bin/"${target}_fuzz" "$corpus" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$target-" || die "an input was found: build/fuzz/$target-…, see above"
}
