#!/usr/bin/env bash
# Two browsers that do not read stop all others that HAProxy serves over the same HTTP/2 connection to a backend.
#
# The guess: HAProxy gives each stream of a backend's connection a window of 64 KiB of its own and keeps the connection's
# window open, so a reader that stands still costs its 64 KiB and nobody else anything, as the protocol is made for.
#
# Seen: HAProxy 2.6 of Debian 12 (2.6.12), `proto h2` to a server that streams, `http-reuse always`, so that all browsers
# share one connection. One that does not read disturbs nobody. With two of them every other stream of that connection gets
# nothing more, for as long as they stand still, although the windows that HAProxy has announced are open. With the default,
# `http-reuse safe`, or with `never`, each browser has a connection of its own, and nobody disturbs anybody: but then
# nothing is shared, and HTTP/2 saves nothing. nghttpx of Debian 12 (1.52), which shares one connection too, lets sixteen
# stand still without any effect on the others.
#
# Takes Debian 12 with apt-get, Node 18 or newer; unpacks packages, installs nothing. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q -q haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 nghttp2-proxy libnghttp2-14 libev4 \
  libc-ares2 libjemalloc2 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$dir/root/usr/lib/x86_64-linux-gnu

cat >ports.mjs <<'JS'
import net from 'node:net';
const servers = await Promise.all([0, 0, 0, 0].map(() => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
})));
console.log(servers.map((server) => server.address().port).join(' '));
servers.forEach((server) => server.close());
JS
read -r origin shared own nghttpx < <(node ports.mjs)

cat >haproxy.cfg <<CONF
global
    maxconn 200
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
listen shared
    bind 127.0.0.1:$shared
    http-reuse always
    server origin 127.0.0.1:$origin proto h2
listen own
    bind 127.0.0.1:$own
    server origin 127.0.0.1:$origin proto h2
CONF

cat >standstill.mjs <<'JS'
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';

const [originPort, shared, own, nghttpx] = process.argv.slice(2).map(Number);
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// /much: as fast as it is taken; else a line every 100 ms.
http2.createServer({ settings: { maxConcurrentStreams: 200 } }).on('stream', (stream, headers) => {
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
  stream.on('error', () => {});
  if (headers[':path'] === '/much') {
    const some = Buffer.alloc(16384, ':\n');
    const more = () => {
      while (!stream.destroyed && stream.write(some));
      if (!stream.destroyed) stream.once('drain', more);
    };
    more();
  } else {
    const beat = setInterval(() => stream.write('data: x\n\n'), 100);
    stream.on('close', () => clearInterval(beat));
  }
}).listen(originPort, '127.0.0.1');
await wait(1000);

// How many chunks a reader gets in 3 s, beside so many that do not read.
async function count(port, standing) {
  let chunks = 0;
  const request = http.get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
    response.on('data', () => { chunks += 1; }).on('error', () => {});
  }).on('error', () => {});
  await wait(500);
  const others = Array.from({ length: standing }, () => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /much HTTP/1.1\r\nHost: a\r\n\r\n'));
    return socket.on('error', () => {}).pause();
  });
  await wait(1500);
  const before = chunks;
  await wait(3000);
  request.destroy();
  others.forEach((socket) => socket.destroy());
  await wait(500);
  return chunks - before;
}

const got = {
  'HAProxy, shared, beside 1': await count(shared, 1),
  'HAProxy, shared, beside 2': await count(shared, 2),
  'HAProxy, own connections, beside 2': await count(own, 2),
  'nghttpx, shared, beside 16': await count(nghttpx, 16),
};
console.log(got);
const [one, two, apart, sixteen] = Object.values(got);
process.exit(one > 20 && two === 0 && apart > 20 && sixteen > 20 ? 0 : 1);
JS

root/usr/sbin/haproxy -v | head -1
root/usr/sbin/nghttpx --version
root/usr/sbin/haproxy -db -f haproxy.cfg 2>/dev/null &
root/usr/sbin/nghttpx --conf=/dev/null --workers=1 --frontend="127.0.0.1,$nghttpx;no-tls" --backend="127.0.0.1,$origin;;proto=h2" \
  --errorlog-file=/dev/null 2>/dev/null &
node standstill.mjs "$origin" "$shared" "$own" "$nghttpx" || { echo "another behaviour than described"; exit 1; }
