# shellcheck shell=bash
# ./dev run --replicas=N: a NATS server, N gateways with one log in it, nginx before them, and a publisher of this machine's
# dashboard, until Ctrl-C. A gateway that ends is started again after some seconds, so one may kill it and watch.

REPLICAS_DIR=$ROOT/build/replicas
RESTART_SECONDS=5

run_replicas() {
  local count=$1
  shift
  [[ $count =~ ^[1-9]$ ]] || die "--replicas takes a number from 1 to 9" 2
  need run build replicas
  need_daemons replicas-daemons
  build release "${PRODUCT[@]}" || die "the build failed: $LOGS/build-release.log has all of it"

  rm -rf "$REPLICAS_DIR"
  mkdir -p "$REPLICAS_DIR"
  NATS='' NGINX='' PUBLISHER='' GATEWAYS=() REPLICA_HTTP=() REPLICA_GRPC=() REPLICA_ADMIN=() REPLICA_NAMES=() GATEWAY_FLAGS=("$@")
  trap 'stop_replicas; exit 0' INT TERM HUP
  start_nats
  local i
  for ((i = 1; i <= count; ++i)); do start_replica "$i"; done
  for ((i = 1; i <= count; ++i)); do wait_for_replica "$i"; done
  start_nginx "$count"
  set -m
  build/release/bin/host_dashboard --target="127.0.0.1:${GRPC_PORT:-50051}" </dev/null >"$PUBLISHER_LOG" 2>&1 &
  PUBLISHER=$!
  set +m
  say_where_replicas "$count"
  watch_replicas "$count"
}

start_nats() {
  set -m
  nats-server --jetstream --addr 127.0.0.1 --port -1 --store_dir "$REPLICAS_DIR/nats" --ports_file_dir "$REPLICAS_DIR" \
    </dev/null >"$REPLICAS_DIR/nats.log" 2>&1 &
  NATS=$!
  set +m
  local deadline=$((SECONDS + 10))
  until NATS_URL=$(grep -ohm1 'nats://127\.0\.0\.1:[0-9]*' "$REPLICAS_DIR"/*.ports 2>/dev/null); do
    ((SECONDS < deadline)) || {
      stop_replicas
      die "nats-server did not start: $REPLICAS_DIR/nats.log says why"
    }
    sleep 0.05
  done
}

replica_log() { say "$LOGS/sse-gateway-$1.log"; }

# start_replica <number>: on free ports, and on its old ones when it is started again.
start_replica() {
  local log
  log=$(replica_log "$1")
  : >"$log"
  set -m
  (
    cd "$CALLER_DIR" && exec "$ROOT/build/release/bin/sse-gateway" --store="$NATS_URL" \
      --http_listen="${REPLICA_HTTP[$1]:-127.0.0.1:0}" --grpc_listen="${REPLICA_GRPC[$1]:-127.0.0.1:0}" \
      --admin_listen=127.0.0.1:0 --operator_actions --drain_delay=0s --drain_window=1s "${GATEWAY_FLAGS[@]}"
  ) </dev/null >>"$log" 2>&1 &
  GATEWAYS[$1]=$!
  set +m
}

# wait_for_replica <number>: it has loaded the log and opened its ports.
wait_for_replica() {
  local line='' deadline=$((SECONDS + 30)) log
  log=$(replica_log "$1")
  until line=$(grep -m1 -E 'msg("?[=:]"?)listening' "$log"); do
    if ! kill -0 "${GATEWAYS[$1]}" 2>/dev/null || ((SECONDS >= deadline)); then
      tail -n 5 "$log" >&2
      stop_replicas
      die "gateway $1 did not start: $log has more"
    fi
    sleep 0.05
  done
  REPLICA_HTTP[$1]=$(address_in "$line" http)
  REPLICA_GRPC[$1]=$(address_in "$line" grpc)
  REPLICA_ADMIN[$1]=$(address_in "$line" admin)
  REPLICA_NAMES[$1]=$(address_in "$line" replica)
}

# start_nginx <number of gateways>: browsers and publishers get whichever of them is there.
start_nginx() {
  local i browsers='' publishers=''
  for ((i = 1; i <= $1; ++i)); do
    browsers+="    server ${REPLICA_HTTP[$i]} max_fails=0;"$'\n'
    publishers+="    server ${REPLICA_GRPC[$i]} max_fails=0;"$'\n'
  done
  cat >"$REPLICAS_DIR/nginx.conf" <<CONF
daemon off;
pid $REPLICAS_DIR/nginx.pid;
worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path $REPLICAS_DIR/temp;
  proxy_temp_path $REPLICAS_DIR/temp;
  fastcgi_temp_path $REPLICAS_DIR/temp;
  uwsgi_temp_path $REPLICAS_DIR/temp;
  scgi_temp_path $REPLICAS_DIR/temp;
  upstream browsers {
$browsers  }
  upstream publishers {
$publishers  }
  server {
    listen ${HTTP_PORT:-8080};
    location / {
      proxy_pass http://browsers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host \$http_host;
      proxy_buffering off;
      proxy_read_timeout 60s;
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout;
    }
  }
  server {
    listen 127.0.0.1:${GRPC_PORT:-50051} http2;
    client_max_body_size 0;
    location / {
      grpc_pass grpc://publishers;
      grpc_read_timeout 1h;
      grpc_send_timeout 1h;
      grpc_connect_timeout 1s;
    }
  }
}
CONF
  set -m
  nginx -p "$REPLICAS_DIR" -e "$REPLICAS_DIR/nginx.log" -c "$REPLICAS_DIR/nginx.conf" </dev/null >/dev/null 2>&1 &
  NGINX=$!
  set +m
  sleep 0.3
  kill -0 "$NGINX" 2>/dev/null && return
  tail -n 3 "$REPLICAS_DIR/nginx.log" >&2
  stop_replicas
  die "nginx did not start. Where a port is taken, choose others:
     HTTP_PORT=8081 GRPC_PORT=50052 ./dev run --replicas=$1"
}

say_where_replicas() {
  local i
  say ""
  say "  $1 gateways are up with one log, and this machine's dashboard is on it."
  say ""
  say "    Console   http://localhost:${HTTP_PORT:-8080}/    its connection's id begins with the name of its gateway"
  say "    Operator  http://${REPLICA_ADMIN[1]}/connections    the connections of all of them, as at each of them"
  say "    Publish   gRPC at localhost:${GRPC_PORT:-50051}"
  say "    NATS      $NATS_URL, streams ssegw_log and ssegw_keys"
  say ""
  for ((i = 1; i <= $1; ++i)); do say_replica "$i"; done
  say ""
  say "  Kill one and watch: kill -9 ${GATEWAYS[1]}. It is started again after $RESTART_SECONDS s. Ctrl-C stops everything."
  say ""
}

say_replica() {
  say "    gateway $1   ${REPLICA_NAMES[$1]}   process ${GATEWAYS[$1]}   http://${REPLICA_HTTP[$1]}/   $(replica_log "$1")"
}

# watch_replicas <number of gateways>: until Ctrl-C, or the end of what they all need.
watch_replicas() {
  local ended i
  for (( ; ; )); do
    # Without bash's own line of what was killed.
    { wait -n -p ended "$NATS" "$NGINX" "$PUBLISHER" "${GATEWAYS[@]}" || true; } 2>/dev/null
    for ((i = 1; i <= $1; ++i)); do
      [[ ${ended:-} == "${GATEWAYS[$i]}" ]] || continue
      say "  gateway $i   ${REPLICA_NAMES[$i]}   has ended"
      sleep "$RESTART_SECONDS" || true
      start_replica "$i"
      wait_for_replica "$i"
      say_replica "$i"
      continue 2
    done
    stop_replicas
    die "nats-server, nginx or host_dashboard ended by itself: $REPLICAS_DIR and $PUBLISHER_LOG say why"
  done
}

stop_replicas() {
  trap '' INT TERM HUP
  say ""
  stop "$PUBLISHER" host_dashboard 5
  local i
  for i in "${!GATEWAYS[@]}"; do stop "${GATEWAYS[$i]}" "gateway $i" 15; done
  stop "$NGINX" nginx 5
  stop "$NATS" nats-server 10
}
