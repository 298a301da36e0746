#!/usr/bin/env bash
# EventSource of Node 20 and 22 closes itself for good at a refused connection, and its last `error` event
# says that it is connecting.
#
# The guess: a refused connection is an error of the network, so it tries again as browsers of the same origin
# do; and whatever makes it give up sets readyState to CLOSED before it fires `error` (HTML, "fail the
# connection"), so that a page that looks at readyState in onerror can make a new one.
#
# Seen: undici 6.29.1, and 6.24.1 in Node 20.20.2: a stream is cut, the next connection is refused, an `error`
# event comes with readyState 0, and then readyState is 2 without another event. A page that looks in onerror
# never knows. undici 7.30.2 goes on trying and is back.
#
# Takes Node 18.17 or newer, npm and its registry. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund undici-6@npm:undici@6.29.1 undici-7@npm:undici@7.30.2

cat >refused.mjs <<'JS'
import http from 'node:http';

const { EventSource } = process.argv[2] === 'own' ? globalThis : await import(process.argv[2]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function listen(port) {
  const server = http.createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('retry: 200\ndata: an event\n\n');
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

const first = await listen(0);
const { port } = first.address();
const source = new EventSource(`http://127.0.0.1:${port}/`);
let messages = 0;
const states = [];
source.onmessage = () => { messages += 1; };
source.onerror = () => states.push(source.readyState);
for (let i = 0; i < 100 && messages === 0; ++i) await pause(50);
first.close();
first.closeAllConnections();
await pause(1500); // nobody listens
await listen(port);
await pause(3000);
console.log(`readyState ${source.readyState}, messages ${messages}, in onerror ${[...new Set(states)]}`);
process.exit();
JS

status=0
check() { # check <name> <what is expected>
  local line
  line=$(node --no-warnings "${@:3}" refused.mjs "$1")
  echo "$1: $line"
  [[ $line == "$2" ]] || status=1
}
echo "Node $(node --version), whose own undici is $(node -p 'process.versions.undici ?? "not named"')"
check undici-6 "readyState 2, messages 1, in onerror 0"
check undici-7 "readyState 1, messages 2, in onerror 0"
if [[ $(node --version) == v20.20.2 ]]; then
  check own "readyState 2, messages 1, in onerror 0" --experimental-eventsource
fi
((status == 0)) && echo "as it was" || echo "the behaviour has changed"
exit "$status"
