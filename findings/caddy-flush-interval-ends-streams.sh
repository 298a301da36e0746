#!/usr/bin/env bash
# `flush_interval -1`, which is in most advice on event streams behind Caddy, makes each reload of Caddy 2.6.2 end all of
# them, and is not what makes them flow.
#
# The guess: without the line events are held back; with it they flow. A reload keeps what is open in either case, as
# Caddy's documentation says of reloads.
#
# Seen: Caddy of Debian 12 (2.6.2). Without the line each event arrives within milliseconds, since text/event-stream is
# flushed by itself, and the stream outlives a reload. With it the events are as fast, and at the reload the answer ends,
# in order, last chunk and all: to the reader the origin has said all that it had to say, though it was in the middle of
# it. An EventSource comes back; what takes an end for the end (most fetch-based readers) does not. The line ties the
# request to the configuration instead of to the client, and the old configuration is done with at a reload. In 2.11.7
# the stream outlives the reload with the line too.
#
# Takes Debian 12 with apt-get, Node 18 or newer; unpacks the package, installs nothing. Exit 1: the behaviour is another
# one.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q -q caddy 2>/dev/null
dpkg-deb -x caddy_*.deb root
export HOME=$dir XDG_DATA_HOME=$dir XDG_CONFIG_HOME=$dir

cat >stream.mjs <<'JS'
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const caddy = 'root/usr/bin/caddy';
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const origin = http.createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = setInterval(() => response.write(`data: ${Date.now()}\n\n`), 200);
  response.on('close', () => clearInterval(events));
}).listen(0, '127.0.0.1');
await once(origin, 'listening');

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

// {delay: of the slowest event in ms, end: how the answer ended at the reload, '' if it did not}
async function tryWith(line, name) {
  const port = await freePort();
  const admin = `unix/${process.cwd()}/${name}.admin`;
  const options = ['--config', `${name}.caddy`, '--adapter', 'caddyfile'];
  fs.writeFileSync(`${name}.caddy`, `{
	admin ${admin}
	auto_https off
}
http://127.0.0.1:${port} {
	reverse_proxy 127.0.0.1:${origin.address().port} {
		${line}
	}
}
`);
  const program = spawn(caddy, ['run', ...options], { stdio: 'ignore' });
  const delays = [];
  let end = '';
  let request;
  for (let n = 0; delays.length === 0 && n < 20; ++n) { // until it listens
    await wait(300);
    request?.destroy();
    request = http.get(`http://127.0.0.1:${port}`, { agent: false }, (response) => {
      response.setEncoding('utf8');
      response.on('data', (text) => {
        for (const [, sent] of text.matchAll(/data: (\d+)/g)) delays.push(Date.now() - Number(sent));
      });
      response.on('error', () => { end = 'is cut'; });
      response.on('end', () => { end = 'ends in order'; });
    });
    request.on('error', () => {});
    await wait(500);
  }
  execFileSync(caddy, ['reload', ...options, '--address', admin, '--force'], { stdio: 'ignore' });
  await wait(1000);
  const seen = { delay: Math.max(...delays), end };
  request.destroy();
  program.kill('SIGKILL');
  return seen;
}

const without = await tryWith('', 'without');
const within = await tryWith('flush_interval -1', 'with');
for (const [name, { delay, end }] of Object.entries({ without, 'with   ': within })) {
  console.log(`${name} flush_interval -1: slowest event ${delay} ms, at a reload the stream ${end || 'stays'}`);
}
origin.close();
origin.closeAllConnections();
process.exitCode = without.end === '' && within.end === 'ends in order' && without.delay < 100 ? 0 : 1;
JS

root/usr/bin/caddy version
node stream.mjs || { echo "another behaviour than described"; exit 1; }
