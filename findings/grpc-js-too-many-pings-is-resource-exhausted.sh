#!/usr/bin/env bash
# @grpc/grpc-js ends an open stream with RESOURCE_EXHAUSTED when the server closes the connection for too many
# pings.
#
# The guess: the end of a connection is UNAVAILABLE to the calls on it, whatever code its GOAWAY has, and
# RESOURCE_EXHAUSTED is an answer to a call (a quota, a store that is full). gRPC's own servers send GOAWAY with
# ENHANCE_YOUR_CALM and "too_many_pings" where pings come more often than they allow (gRFC A8), to clients that
# have done nothing else.
#
# Seen: grpc-js 1.14.7 on Node 20: the stream, which had been answered and was below the GOAWAY's last stream
# id, ends with RESOURCE_EXHAUSTED "Bandwidth exhausted or memory limit exceeded". A publisher that takes the
# code for the answer to an event, and waits for room, or drops the event, does the wrong thing: it is a
# connection that is gone.
#
# Takes Node 18.17 or newer, npm and its registry. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @grpc/grpc-js@1.14.7

cat >calm.cjs <<'JS'
const http2 = require('node:http2');
const grpc = require('@grpc/grpc-js');

const server = http2.createServer();
server.on('sessionError', () => {});
server.on('stream', (stream) => {
  stream.on('error', () => {});
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
  stream.write(Buffer.alloc(5)); // an answer of no bytes
  setTimeout(() => {
    const { constants } = http2;
    stream.session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, stream.id, Buffer.from('too_many_pings'));
    setTimeout(() => stream.session.destroy(), 100);
  }, 100);
});
server.listen(0, '127.0.0.1', () => {
  const client = new grpc.Client(`127.0.0.1:${server.address().port}`, grpc.credentials.createInsecure());
  const same = (bytes) => bytes;
  const call = client.makeBidiStreamRequest('/a.S/Call', same, same);
  let answers = 0;
  call.on('data', () => { answers += 1; });
  call.on('error', () => {});
  call.on('status', ({ code, details }) => {
    console.log(`answers ${answers}, ${grpc.status[code]}: ${details}`);
    process.exit();
  });
  call.write(Buffer.alloc(0));
});
JS

echo "Node $(node --version)"
line=$(node --no-warnings calm.cjs)
echo "$line"
if [[ $line == "answers 1, RESOURCE_EXHAUSTED: "* ]]; then
  echo "as it was"
else
  echo "the behaviour has changed"
  exit 1
fi
