# shellcheck shell=bash
# ./dev run: the gateway and a publisher of this machine's dashboard, until Ctrl-C.

GATEWAY_LOG=$LOGS/sse-gateway.log
PUBLISHER_LOG=$LOGS/host_dashboard.log

cmd_run() {
  if [[ ${1:-} == --replicas=* ]]; then
    run_replicas "${1#--replicas=}" "${@:2}"
    return
  fi
  need run build
  build release "${PRODUCT[@]}" || die "the build failed: $LOGS/build-release.log has all of it"

  GATEWAY='' PUBLISHER=''
  trap 'stop_all; exit 0' INT TERM HUP
  start_gateway "$@"
  wait_until_ready
  start_publisher
  wait_for_dashboard
  say_where

  local ended
  wait -n -p ended "$GATEWAY" "$PUBLISHER" || true
  if [[ ${ended:-} == "$PUBLISHER" ]]; then
    tail -n 5 "$PUBLISHER_LOG" >&2
    stop_all
    die "host_dashboard ended by itself: $PUBLISHER_LOG says why"
  fi
  tail -n 5 "$GATEWAY_LOG" >&2
  stop_all
  die "sse-gateway ended by itself: $GATEWAY_LOG says why"
}

# Each in a process group of its own (set -m): Ctrl-C reaches this script alone, which then stops
# them in order. The gateway sees paths in its flags from where the command was given. Its admin port
# is for this machine alone, as whoever reaches it may close connections and publish.
start_gateway() {
  : >"$GATEWAY_LOG"
  set -m
  (
    cd "$CALLER_DIR" && exec "$ROOT/build/release/bin/sse-gateway" \
      --http_listen=":${HTTP_PORT:-8080}" --grpc_listen=":${GRPC_PORT:-50051}" \
      --admin_listen="127.0.0.1:${ADMIN_PORT:-9090}" --operator_actions \
      --drain_delay=0s --drain_window=1s "$@"
  ) </dev/null >>"$GATEWAY_LOG" 2>&1 &
  GATEWAY=$!
  set +m
}

start_publisher() {
  set -m
  build/release/bin/host_dashboard --target="$(reachable "$GRPC_ADDRESS")" \
    </dev/null >"$PUBLISHER_LOG" 2>&1 &
  PUBLISHER=$!
  set +m
}

# Ready is what /readyz says, at the addresses that the gateway's own line names.
wait_until_ready() {
  local deadline=$((SECONDS + 30))
  until find_addresses && [[ $(admin_get /readyz) == 'HTTP/1.1 200 '* ]]; do
    if ! kill -0 "$GATEWAY" 2>/dev/null; then
      tail -n 5 "$GATEWAY_LOG" >&2
      die "sse-gateway did not start. Where a port is taken, choose others:
     HTTP_PORT=8081 GRPC_PORT=50052 ADMIN_PORT=9091 ./dev run"
    fi
    if ((SECONDS >= deadline)); then
      tail -n 5 "$GATEWAY_LOG" >&2
      stop_all
      die "sse-gateway was not ready within 30 s: $GATEWAY_LOG has more"
    fi
    sleep 0.05
  done
}

# The first event has come in: only then is there something to see.
wait_for_dashboard() {
  local deadline=$((SECONDS + 10))
  until [[ $(admin_get /metrics) =~ sse_gateway_events_received_total\{result=\"ok\"\}\ [1-9] ]]; do
    kill -0 "$PUBLISHER" 2>/dev/null || return 0 # cmd_run sees why
    if ((SECONDS >= deadline)); then
      tail -n 3 "$PUBLISHER_LOG" >&2
      say "host_dashboard has published nothing for 10 s; it goes on trying: $PUBLISHER_LOG"
      return 0
    fi
    sleep 0.05
  done
}

# The line with msg=listening (or "msg":"listening") names http, grpc and admin.
find_addresses() {
  local line
  line=$(grep -m1 -E 'msg("?[=:]"?)listening' "$GATEWAY_LOG") || return 1
  HTTP_ADDRESS=$(address_in "$line" http)
  GRPC_ADDRESS=$(address_in "$line" grpc)
  ADMIN_ADDRESS=$(address_in "$line" admin)
}

address_in() {
  local pattern="[ {,\"]$2\"?[=:]\"?([^ ,\"]+)"
  [[ $1 =~ $pattern ]] && say "${BASH_REMATCH[1]}"
}

# reachable <host:port>: the same with a host to connect to in place of "every interface"; a number,
# as "localhost" takes a resolver.
reachable() {
  local host=${1%:*} port=${1##*:}
  case $host in
    '' | 0.0.0.0) host=127.0.0.1 ;;
    '[::]') host='[::1]' ;;
  esac
  say "$host:$port"
}

# shown <host:port>: as people like to read it.
shown() { reachable "$1" | sed -E 's/^(127\.0\.0\.1|\[::1\]):/localhost:/'; }

# http_get <host:port> <path>: the whole answer, by bash alone; nothing if there is none.
http_get() {
  local host=${1%:*} port=${1##*:}
  host=${host#[} host=${host%]}
  (
    exec 3<>"/dev/tcp/$host/$port"
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
    timeout 2 cat <&3
  ) 2>/dev/null || true
}

admin_get() { http_get "$(reachable "$ADMIN_ADDRESS")" "$1"; }

say_where() {
  local http admin
  http=$(shown "$HTTP_ADDRESS") admin=$(shown "$ADMIN_ADDRESS")
  cat <<WHERE

  The gateway is up, and this machine's dashboard is on it.

    Console   http://$http/
    Operator  http://$admin/connections
    Events    curl -N http://$http/v1/events
    Metrics   http://$admin/metrics
    Publish   gRPC at $(shown "$GRPC_ADDRESS"), proto/ssegateway/v1/publisher.proto
    Logs      $GATEWAY_LOG, $PUBLISHER_LOG

  Ctrl-C stops everything.

WHERE
}

# The publisher first, so that what it has sent is still delivered. A second Ctrl-C is the gateway's
# second signal: at once.
stop_all() {
  trap 'stop_now' INT TERM HUP
  say ""
  stop "$PUBLISHER" host_dashboard 5
  stop "$GATEWAY" sse-gateway 15
}

stop_now() { [[ -z $GATEWAY ]] || kill -TERM "$GATEWAY" 2>/dev/null || true; }

# stop <pid> <name> <seconds it has>
stop() {
  local pid=$1 name=$2 tenths=$(($3 * 10))
  [[ -n $pid ]] && kill -TERM "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    if ((tenths-- == 0)); then
      kill -KILL "$pid" 2>/dev/null || true
      say "  killed  $name, which took more than $3 s"
      return 0
    fi
    sleep 0.1 || true
  done
  say "  stopped $name"
}
