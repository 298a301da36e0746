#!/usr/bin/env bash
# Apache works on six requests of an HTTP/2 connection at a time, as long as none of them ends.
#
# The guess: it says SETTINGS_MAX_CONCURRENT_STREAMS 100 (H2MaxSessionStreams), has 192 threads for HTTP/2 here, and so
# answers the first hundred requests of a connection at once.
#
# Seen: Apache 2.4 of Debian 12 (2.4.71, mod_http2 2.0.42) in front of a server whose answers do not end, as event
# streams: of ten requests on one connection six get an answer, and the others wait, without a word. When one of the six
# ends by itself all of them are answered: the number begins at six for each connection and is doubled at such an end.
# When the client gives one up, as a tab that is closed does, none of those that wait is answered. Event streams end by
# being given up. No directive changes where the number begins. So six tabs of a page with a stream each block the
# seventh, and every other request to that host, exactly as with HTTP/1.1, which HTTP/2 was meant to cure.
#
# Takes Debian 12 with apt-get, Node 18 or newer; unpacks packages, installs nothing. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
chmod 711 .
apt-get download -q -q apache2-bin libapr1 libaprutil1 libnghttp2-14 libpcre2-8-0 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$dir/root/usr/lib/x86_64-linux-gnu

cat >ports.mjs <<'JS'
import net from 'node:net';
const servers = await Promise.all([0, 0].map(() => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
})));
console.log(servers.map((server) => server.address().port).join(' '));
servers.forEach((server) => server.close());
JS
read -r origin_port port < <(node ports.mjs)

cat >httpd.conf <<CONF
ServerRoot $dir/root/usr/lib/apache2
DefaultRuntimeDir $dir
PidFile $dir/pid
ErrorLog $dir/log
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:$port
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule http2_module modules/mod_http2.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_http_module modules/mod_proxy_http.so
ThreadsPerChild 128
ThreadLimit 128
MaxRequestWorkers 256
Protocols h2c http/1.1
H2MaxSessionStreams 100
ProxyPass / http://127.0.0.1:$origin_port/
CONF

cat >six.mjs <<'JS'
import http from 'node:http';
import http2 from 'node:http2';
import { once } from 'node:events';

const [originPort, port] = process.argv.slice(2).map(Number);
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Answers that begin at once and do not end.
const answers = [];
const origin = http.createServer((request, response) => {
  answers.push(response);
  response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
  response.write(': hello\n');
  const beat = setInterval(() => response.write(':\n'), 200);
  response.on('close', () => clearInterval(beat));
});
origin.listen(originPort, '127.0.0.1');
await once(origin, 'listening');

async function connect() {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const settings = once(session, 'remoteSettings').then(() => true, () => false);
  if (await Promise.race([settings, wait(500).then(() => false)])) return session;
  session.destroy();
  return undefined;
}

// Ten requests on a connection, and then `change`: how many were answered before it, and 2 s after it.
async function ask(change) {
  const session = await connect();
  answers.length = 0;
  let answered = 0;
  const streams = Array.from({ length: 10 }, () => {
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    stream.on('response', () => { answered += 1; });
    return stream.resume();
  });
  await wait(2000);
  const before = answered;
  change(streams);
  await wait(2000);
  session.destroy();
  return [before, answered];
}

let first;
for (let n = 0; n < 20 && !first; ++n) first = await connect();
const announced = first.remoteSettings.maxConcurrentStreams;
first.destroy();
const ended = await ask(() => answers[0].end());
const givenUp = await ask((streams) => streams[0].close(http2.constants.NGHTTP2_CANCEL));
console.log(`announced ${announced}; asked 10: answered ${ended[0]}, and after one of them has ended ${ended[1]}`);
console.log(`asked 10: answered ${givenUp[0]}, and after the client has given one up ${givenUp[1]}`);
origin.close();
origin.closeAllConnections();
process.exitCode = announced === 100 && ended[0] === 6 && ended[1] === 10 && givenUp[0] === 6 && givenUp[1] === 6 ? 0 : 1;
JS

root/usr/sbin/apache2 -v | head -1
root/usr/sbin/apache2 -DFOREGROUND -f "$dir/httpd.conf" &
node six.mjs "$origin_port" "$port" || { echo "another behaviour than described"; exit 1; }
