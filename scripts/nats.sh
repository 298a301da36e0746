# shellcheck shell=bash
# ./dev test replicas: what is promised of a log that gateways share, with each nats-server that it is promised for:
# Debian 12's, and those of Debian's later suites where its mirror can be reached.

# version, suite, and SHA-256 of the package for amd64: what a suite has by now may be a later one.
LATER_NATS=(
  "2.10.27-1+b2 trixie 6d913ac987b78734c08537c2adeb1526cf735f216173a9170d94b185fcfe6f8a"
  "2.15.1-1 sid 31ef4ceaa84e8248d449e508472e3770c17c3695cb5cb0ee96e03912724ea884"
)

REPLICAS_TESTS=(nats_link_test jetstream_server_test jetstream_store_test replicas_test
  replicas_backup_test replicas_servers_test replicas_random_test)

test_replicas() {
  local regex=${1:-^($(IFS='|' && say "${REPLICAS_TESTS[*]}"))\$} server version suite sum
  build_or_end dev "${REPLICAS_TESTS[@]}"
  server=$(command -v nats-server)
  local -x NATS_SERVER=$server
  stage "$("$NATS_SERVER" -v)" run_ctest dev -R "$regex"
  # With every third seed replicas_random_test has a cluster, where the servers are newer than 2.9.
  local -x SSEGW_MODEL_SEED=${SSEGW_MODEL_SEED:-3}
  for server in "${LATER_NATS[@]}"; do
    read -r version suite sum <<<"$server"
    NATS_SERVER=$ROOT/build/nats/$version/usr/sbin/nats-server
    if [[ -x $NATS_SERVER ]] || step "Unpacking nats-server $version" "nats-$version" fetch_nats "$version" "$suite" "$sum"; then
      stage "$("$NATS_SERVER" -v)" run_ctest dev -R "$regex"
    else
      say "skipped: nats-server $version, which Debian's mirror does not give here: $LOGS/nats-$version.log"
    fi
  done
}

# fetch_nats <version> <suite> <SHA-256>: with lists of its own, so that the machine's packages stay those of its suite.
# The sum is what is trusted.
fetch_nats() {
  local version=$1 suite=$2 sum=$3 into=$ROOT/build/nats/$1 mirror lists deb
  mirror=$(apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  [[ $(dpkg --print-architecture) == amd64 && -n $mirror ]] || return 1
  lists=$ROOT/build/nats/lists-$suite
  mkdir -p "$lists/state/lists/partial" "$lists/cache/archives/partial"
  echo "deb [trusted=yes] $mirror $suite main" >"$lists/sources.list"
  local options=(-o Acquire::Retries=3 -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o Dir::State="$lists/state" -o Dir::State::status=/dev/null -o Dir::Cache="$lists/cache"
    -o Dir::Etc::SourceList="$lists/sources.list" -o Dir::Etc::SourceParts=-)
  apt-get "${options[@]}" update &&
    (cd "$lists" && apt-get "${options[@]}" download "nats-server=$version") || return 1
  deb=$(compgen -G "$lists/nats-server_*.deb")
  sha256sum --check <<<"$sum  $deb" && dpkg-deb -x "$deb" "$into" && rm -r "$lists"
}
