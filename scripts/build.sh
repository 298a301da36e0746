# shellcheck shell=bash
# Configures and builds the presets of CMakePresets.json, each into build/<preset>.

PRODUCT=(sse-gateway host_dashboard)

# One compiler at work can take 1.5 GiB (Beast with sanitizers): no more of them than fit.
jobs_that_fit() {
  local fit
  fit=$(awk '/^MemAvailable:/ {print int($2 / 1048576 / 1.5)}' /proc/meminfo)
  local cpus
  cpus=$(nproc)
  say $((fit < 1 ? 1 : fit < cpus ? fit : cpus))
}

# Ninja runs CMake again by itself when a CMakeLists.txt changes, but knows nothing of presets.
configure() {
  local preset=$1
  [[ -f build/$preset/build.ninja && ! CMakePresets.json -nt build/$preset/build.ninja ]] && return
  step "Configuring $preset" "configure-$preset" cmake --preset "$preset" && return
  hint_libraries build
  die "CMake could not configure; if build/$preset is from another place or time, remove it and try again"
}

# build <preset> [target ...]
build() {
  local preset=$1
  shift
  configure "$preset"
  step "Building $preset${*:+: $*}" "build-$preset" ninja -C "build/$preset" -j "$(jobs_that_fit)" "$@"
}

cmd_build() {
  local preset=${1:-release}
  (($# == 0)) || shift
  case $preset in
    release) (($#)) || set -- "${PRODUCT[@]}" ;;
    dev | tsan | fuzz) ;;
    *) die "there is no preset '$preset': release, dev, tsan or fuzz" 2 ;;
  esac
  need run build
  build "$preset" "$@" || die "the build failed: $LOGS/build-$preset.log has all of it"
  say "In build/$preset/bin"
}
