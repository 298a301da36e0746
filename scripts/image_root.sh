#!/usr/bin/env bash
# image_root.sh <root> <program>: makes <root> the file system of an image that has this program and
# what it links, and nothing else: no shell, no package manager. The Dockerfile calls it; it needs
# the Debian that the program was linked on.
set -euo pipefail

root=$1
program=$2

# The libraries and the loader, at the paths where the loader looks when it has no cache: what
# ldd prints. Links are followed, since a library is looked for by the name that ldd has.
libraries_of() {
  local lines
  lines=$(ldd "$1")
  if grep 'not found' <<<"$lines" >&2; then
    return 1
  fi
  awk '$2 == "=>" {print $3} $1 ~ /^\// {print $1}' <<<"$lines"
}

# packages_of <file ...>: the packages that these are of, each once. Since /lib became a link to
# /usr/lib, a package may know its file by either name.
packages_of() {
  local found file
  found=$(dpkg-query --search "$@" "${@/#//usr}" 2>/dev/null) || true
  for file in "$@"; do
    # A line is "package: file", or "package:architecture: file".
    awk -F ': ' -v file="$file" '
      $2 == file || $2 == "/usr" file {print $1; found = 1; exit}
      END {if (!found) {print file " is of no package" > "/dev/stderr"; exit 1}}' <<<"$found" || exit 1
  done | sort -u
}

mkdir -p "$root"/{etc,usr/local/bin,usr/share/doc,var/lib/dpkg/status.d}
install -m 0755 "$program" "$root/usr/local/bin/"

libraries=$(libraries_of "$program")
mapfile -t libraries <<<"$libraries"
cp --dereference --parents "${libraries[@]}" "$root"
# Whom libcurl trusts where nobody is named. The bundle is made at the installation, so it is of no
# package by its name.
more=()
if grep --quiet libcurl <<<"${libraries[*]}"; then
  cp --dereference --parents /etc/ssl/certs/ca-certificates.crt "$root"
  more=(/usr/sbin/update-ca-certificates)
fi

# The licence, which goes with every copy, and the entry that image scanners look for: without it
# they would find nothing to warn of.
packages=$(packages_of "${libraries[@]}" "${more[@]}")
while IFS= read -r package; do
  name=${package%%:*}
  mkdir -p "$root/usr/share/doc/$name"
  cp --dereference "/usr/share/doc/$name/copyright" "$root/usr/share/doc/$name/"
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$name"
done <<<"$packages"

cp --dereference /etc/os-release "$root/etc/"
printf 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'nonroot:x:65532:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
