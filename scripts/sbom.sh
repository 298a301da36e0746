# shellcheck shell=bash
# ./dev sbom: what the release build is made of, as SPDX 2.3 (scripts/sbom.py).

# cmd_sbom [program]: of the gateway, or of host_dashboard; to stdout.
cmd_sbom() {
  local program=${1:-sse-gateway}
  [[ " ${PRODUCT[*]} " == *" $program "* ]] || die "there is no program '$program': ${PRODUCT[*]}" 2
  is_debian_12 || die "an SBOM is of Debian's packages: it takes Debian 12, such as the stage \"build\" of the Dockerfile"
  {
    need run build scripts
    build release "$program" || die "the build failed: $LOGS/build-release.log has all of it"
  } >&2
  python3 scripts/sbom.py "build/release/bin/$program"
}
