#!/usr/bin/env bash
# fetch of Node 20 takes an answer that was cut in the middle for a complete one, where the answer's head
# says `Connection: close`.
#
# The guess: an answer in chunks that is cut before its last chunk is an error for whoever reads it
# (RFC 9112, section 8: an incomplete message), whatever `Connection` says; RFC 9112 lets the end of the
# connection stand for the end of the body only where there are neither chunks nor a length.
#
# Seen: undici 6.24.1, which is the fetch of Node 20.20.2, reads the half body to a clean end, after a FIN and
# after a reset. Without `Connection: close` it is the error. 6.29.1 and 7.30.2 say the error in both cases.
# So a server that tells beforehand that it closes takes from these clients the difference between a cut and
# an end: a parser that gives out what is left at the end of a stream gives out half an event.
#
# Takes Node 18.17 or newer, npm and its registry. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund \
  undici-seen@npm:undici@6.24.1 undici-later@npm:undici@6.29.1 undici-7@npm:undici@7.30.2

cat >cut.mjs <<'JS'
import net from 'node:net';

const [name] = process.argv.slice(2);
const { fetch } = await import(name);

async function read(how, head) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n' +
        `${head}\r\n64\r\nten letter`);
      setTimeout(() => socket[how](), 100);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
    let text = '';
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) text += part;
    return `complete: "${text}"`;
  } catch (error) {
    return `error: ${error.message}`;
  } finally {
    server.close();
  }
}

for (const head of ['', 'Connection: close\r\n']) {
  for (const how of ['end', 'resetAndDestroy']) {
    console.log(`${head ? 'close' : 'plain'} ${how === 'end' ? 'FIN' : 'RST'} ${await read(how, head)}`);
  }
}
process.exit();
JS

echo "Node $(node --version), whose own undici is $(node -p 'process.versions.undici ?? "not named"')"
status=0
for name in undici-seen undici-later undici-7; do
  echo "== $name $(node -p "require('./node_modules/$name/package.json').version")"
  node cut.mjs "$name" | tee "$name.out"
  [[ $(grep -c '^plain .* error: terminated' "$name.out") == 2 ]] || status=1
done
[[ $(grep -c '^close .* complete: "ten letter"' undici-seen.out) == 2 ]] || status=1
for name in undici-later undici-7; do
  [[ $(grep -c '^close .* error: terminated' "$name.out") == 2 ]] || status=1
done
((status == 0)) && echo "as it was" || echo "the behaviour has changed"
exit "$status"
