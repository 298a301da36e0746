# shellcheck shell=bash
# Installs what is missing of cmake/packages.txt.

# list_packages <section ...>: "package version command" a line, "-" where it names no command.
list_packages() {
  awk -v sections=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { wanted = index(sections, " " substr($1, 2, length($1) - 2) " "); next }
    wanted && NF {
      command = $3
      if (!sub(/^provides:/, "", command)) command = "-"
      print $1, $2, command
    }' cmake/packages.txt
}

# missing_packages <section ...>: the packages of these sections that are neither installed nor
# made up for by a command from elsewhere.
missing_packages() {
  local package command installed
  installed=$(list_packages "$@" | cut -d' ' -f1 |
    xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null || true)
  while read -r package _ command; do
    grep -qxF "installed $package" <<<"$installed" && continue
    [[ $command != - ]] && is_there "$command" && continue
    say "$package"
  done < <(list_packages "$@")
}

# is_there <command or /path/of/a/file>: installed, or unpacked by need_daemons.
is_there() {
  command -v "$1" >/dev/null || [[ $1 == /* && (-e $1 || -e $ROOT/build/daemons$1) ]]
}

is_debian_12() {
  # shellcheck source=/dev/null
  [[ -r /etc/os-release ]] && (source /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]])
}

# need <section ...>: these packages are there, or the run ends with what has to be done.
need() {
  is_debian_12 || {
    need_by_hand "$@"
    return
  }
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! sudo -v; then
      say "These packages are missing, and installing them takes root or sudo. Have an administrator run:"
      say ""
      say "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
      say ""
      die "then start this again"
    fi
    as_root=(sudo)
  fi
  step "Installing ${#missing[@]} packages" apt install_packages "${missing[@]}" && return
  die "apt-get could not install ${missing[*]}. It needs Debian's mirror; and where it says that a
     package would be removed, such as libboost1.74-dev for libboost1.81-dev, remove that one by hand first."
}

# --no-remove: this may add to someone's machine, but take nothing away.
install_packages() {
  local options=(-y --no-install-recommends --no-remove
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  "${as_root[@]}" apt-get update -o Acquire::Retries=3 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@"
}

# need_daemons <section ...>: the commands of these packages are in PATH. What is missing is unpacked
# into build/daemons and not installed: Debian starts what it installs, on ports that may be in use.
need_daemons() {
  is_debian_12 || {
    need_by_hand "$@"
    return
  }
  export PATH=$ROOT/build/daemons/usr/bin:$ROOT/build/daemons/usr/sbin:$PATH:/usr/sbin
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  step "Unpacking ${missing[*]}" daemons unpack_packages "${missing[@]}" ||
    die "apt-get could not download ${missing[*]}: it needs Debian's mirror, and lists that apt-get update has read"
}

unpack_packages() {
  local into=$ROOT/build/daemons package
  mkdir -p "$into/packages"
  for package in "$@"; do
    (cd "$into/packages" && apt-get download -o Acquire::Retries=3 "$package") || return 1
    dpkg-deb -x "$into/packages/${package}"_*.deb "$into" || return 1
  done
  rm -r "$into/packages"
}

# On another system nothing is installed: the commands must be there, CMake looks for the libraries
# (hint_libraries), and the list says what all that is.
need_by_hand() {
  local package version command missing=()
  while read -r package version command; do
    [[ $command == - ]] || is_there "$command" || missing+=("$command ($package $version)")
  done < <(list_packages "$@")
  ((${#missing[@]})) || return 0
  say "This is not Debian 12, so nothing is installed for you. These commands are missing:"
  printf '  %s\n' "${missing[@]}"
  hint_libraries "$@"
  die "install them, or use Debian 12, then start this again"
}

# hint_libraries <section ...>: the whole list with its versions, where it is not Debian 12.
hint_libraries() {
  is_debian_12 && return
  say "All that is needed, as Debian 12 names it (package, version):"
  list_packages "$@" | awk '{printf "  %-28s %s\n", $1, $2 == "-" ? "" : $2}'
}
