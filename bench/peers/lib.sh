# shellcheck shell=bash
# shellcheck disable=SC2034 # render reads variables by their names
# What the run scripts of the peers have in common. A directory a peer, and in it a script "run":
#
#   run missing   prints the Debian packages that it lacks; nothing: it can run
#   run build     what has to be compiled, into build/peers; nothing to do for most
#   run built     prints something if that was done
#   run version   in one line
#   run start     the server, until SIGTERM, from the environment:
#                 HTTP_PORT     where browsers subscribe
#                 PUBLISH_PORT  where events are published
#                 ORIGIN_PORT   a third one, free
#                 STATE_DIR     an empty directory
#                 SERVER_CPUS   how many CPUs there are
#                 TLS_CERT, TLS_KEY   where they are not empty, browsers subscribe over TLS
#
# The generator (bench/fanout/peer_server.h) kills the script with itself; what the script starts
# dies with the script, by --pdeathsig.

HERE=$(cd "$(dirname "$0")" && pwd)
BUILT=$(cd "$HERE/../../.." && pwd)/build/peers
readonly HERE BUILT

# lacks <package> <command or file>
lacks() {
  command -v "$2" >/dev/null || [[ -e $2 ]] || printf '%s\n' "$1"
}

# file_of_daemons <path>: where it is, if unpacked and not installed (scripts/packages.sh).
file_of_daemons() {
  local unpacked=$BUILT/../daemons$1
  if [[ -e $unpacked ]]; then printf '%s' "$unpacked"; else printf '%s' "$1"; fi
}

# render <file>: a committed configuration into STATE_DIR, each @NAME@ replaced with the variable.
render() {
  local text name
  text=$(<"$HERE/$1")
  while [[ $text =~ @([A-Z_]+)@ ]]; do
    name=${BASH_REMATCH[1]}
    text=${text//"@$name@"/${!name}}
  done
  printf '%s\n' "$text" >"$STATE_DIR/$1"
}

# open_files: as many as may be. Sockets are files.
open_files() {
  ulimit -n "$(ulimit -Hn)"
  OPEN_FILES=$(ulimit -n)
}

# Debian's Go libraries are sources in a GOPATH; nothing is downloaded.
build_go() {
  GO111MODULE=off GOPATH=$BUILT/gopath:/usr/share/gocode GOCACHE=$BUILT/gocache GOFLAGS=-p=2 \
    go build -o "$BUILT/$1" "$HERE"/*.go
}

# dispatch <command>: the functions of the script are the commands.
dispatch() {
  case ${1:-} in
    missing | build | built | version | start) "$1" ;;
    *)
      printf 'usage: %s missing|build|built|version|start\n' "$0" >&2
      exit 2
      ;;
  esac
}

build() { :; }
built() { printf 'yes\n'; }
