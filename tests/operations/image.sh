#!/usr/bin/env bash
# Builds the Dockerfile's images without Docker, on a Debian from Debian's own mirror, and runs them: as nobody, on a
# read-only file system. By hand, as root on Debian 12 with the packages of section "image" of cmake/packages.txt:
#
#   tests/operations/image.sh [directory]
#
# A build from nothing takes as long as the compiler does. What it made stays in the directory, by default build/image,
# and makes the next run short.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p "${1:-build/image}"
place=$(cd "${1:-build/image}" && pwd)
base=$place/base

# vfs and chroot: for machines, containers among them, where there is no overlay and no engine may start a container.
buildah() { command buildah --storage-driver vfs --root "$place/store" --runroot "$place/run" "$@"; }

fail() {
  printf 'image.sh: %s\n' "$*" >&2
  exit 1
}

[[ -e $base/etc/debian_version ]] || debootstrap --variant=minbase bookworm "$base"
if ! buildah inspect --type image localhost/debian:12 >/dev/null 2>&1; then
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$base" /
  buildah commit --quiet --rm "$container" localhost/debian:12
fi

# Docker's format: OCI's has no place for a HEALTHCHECK.
build() {
  buildah build --isolation chroot --format docker --layers --build-arg BASE=localhost/debian:12 \
    --target "$1" --tag "localhost/$1" .
}
build gateway
build host_dashboard

# run <mounted image> <program> <argument ...>
run() {
  # shellcheck disable=SC2016 # for the inner shell
  exec unshare --mount bash -c '
    mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec chroot --userspec=65532:65532 "$0" "$@"' "$@"
}

declare -A roots
for image in gateway host_dashboard; do
  container=$(buildah from "localhost/$image")
  roots[$image]=$(buildah mount "$container")
  size=$(du -s --apparent-size -BKiB "${roots[$image]}" | cut -f1)
  printf '%s: %s in %s files, of which:\n' "$image" "$size" "$(find "${roots[$image]}" -type f | wc -l)"
  find "${roots[$image]}" -type f -printf '%9s /%P\n' | sort -rn | sed -n 1,8p
done
buildah inspect --type image --format '{{.Docker.Config.User}} {{.Docker.Config.Healthcheck}}' localhost/gateway |
  grep '65532:65532 .*--probe=' || fail "the image has no user or no health check"

log=$place/gateway.log
(run "${roots[gateway]}" /usr/local/bin/sse-gateway --http_listen=127.0.0.1:0 --grpc_listen=127.0.0.1:0 \
  --admin_listen=127.0.0.1:0 --drain_delay=0s --drain_window=1s) 2>"$log" &
gateway=$!
trap 'kill -9 "$gateway" ${publisher:-} 2>/dev/null || true; buildah rm --all >/dev/null' EXIT

for ((i = 0; i < 600; ++i)); do
  grep -q msg=listening "$log" && break
  kill -0 "$gateway" 2>/dev/null || fail "the gateway ended: $(cat "$log")"
  sleep 0.1
done
address() { sed -n "s/.*msg=listening.* $1=\([^ ]*\).*/\1/p" "$log"; }

(run "${roots[host_dashboard]}" /usr/local/bin/host_dashboard --target="$(address grpc)" --id=image) 2>/dev/null &
publisher=$!
curl -fsS "http://$(address admin)/healthz" >/dev/null || fail "/healthz"
curl -fsS "http://$(address admin)/readyz" >/dev/null || fail "/readyz"
# Not a pipe: grep ends first, at which curl would fail.
grep -m1 '^data: {"id":"image"' < <(curl -s --max-time 60 "http://$(address http)/v1/events?topic=dashboards.image") ||
  fail "no event came"
kill "$publisher" "$gateway"
wait "$gateway" || fail "the gateway did not end in order"
printf 'image.sh: both images work\n'
