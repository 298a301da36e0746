#!/usr/bin/env bash
# @connectrpc/connect-node shows a gRPC stream whose server is gone as `canceled` or `aborted`, and not as
# `unavailable`.
#
# The guess: a connection that breaks is UNAVAILABLE to the calls on it, as gRPC's own libraries have it
# (gRPC's doc/statuscodes.md: "some data transmitted ... before connection breaks"), and CANCELLED is the
# caller's own cancellation. So a publisher that connects again at UNAVAILABLE comes back after each break,
# and one that stops at `canceled` stops only where it was told to.
#
# Seen: connect-node 2.1.2 on Node 20: a server that closes its socket (FIN) or resets it (RST) in the middle
# of a stream is `canceled` or `aborted`, though nobody cancelled; grpc-js 1.14.7 says UNAVAILABLE to both. A
# publisher has to connect again after every end of a call, whatever its code.
#
# Takes Node 18.17 or newer, npm and its registry. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @connectrpc/connect@2.1.2 \
  @connectrpc/connect-node@2.1.2 @bufbuild/protobuf@2.17.0 @grpc/grpc-js@1.14.7

cat >cut.mjs <<'JS'
import http2 from 'node:http2';
import { create, createFileRegistry } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema, FileDescriptorSetSchema, file_google_protobuf_empty,
} from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import grpc from '@grpc/grpc-js';

const empty = '.google.protobuf.Empty';
const file = create(FileDescriptorProtoSchema, {
  name: 'a.proto', package: 'a', syntax: 'proto3', dependency: ['google/protobuf/empty.proto'],
  service: [{
    name: 'S',
    method: [{ name: 'Call', inputType: empty, outputType: empty, clientStreaming: true, serverStreaming: true }],
  }],
});
const registry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [file_google_protobuf_empty.proto, file] }));

// Answers one message, and cuts the connection.
async function listen(how) {
  const server = http2.createServer();
  server.on('sessionError', () => {});
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.alloc(5));
  });
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, cut: () => sockets.forEach((socket) => socket[how]()) };
}

async function connectNode(how) {
  const server = await listen(how);
  const client = createClient(registry.getService('a.S'),
    createGrpcTransport({ baseUrl: `http://127.0.0.1:${server.port}` }));
  async function* requests() {
    yield {};
    await new Promise(() => {}); // it has nothing more to say
  }
  try {
    for await (const answer of client.call(requests())) if (answer) server.cut();
    return 'ok';
  } catch (error) {
    return Code[ConnectError.from(error).code].toLowerCase();
  }
}

async function grpcJs(how) {
  const server = await listen(how);
  const client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  const same = (bytes) => bytes;
  const call = client.makeBidiStreamRequest('/a.S/Call', same, same);
  call.on('data', () => server.cut());
  call.on('error', () => {});
  const { code } = await new Promise((resolve) => call.on('status', resolve));
  call.write(Buffer.alloc(0));
  return grpc.status[code].toLowerCase();
}

for (const how of ['destroy', 'resetAndDestroy']) {
  console.log(`connect-node ${how}: ${await connectNode(how)}`);
  console.log(`grpc-js ${how}: ${await grpcJs(how)}`);
}
process.exit();
JS

echo "Node $(node --version)"
lines=$(node --no-warnings cut.mjs)
echo "$lines"
status=0
for how in destroy resetAndDestroy; do
  grep -Eq "^connect-node $how: (canceled|aborted)$" <<<"$lines" || status=1
  grep -q "^grpc-js $how: unavailable$" <<<"$lines" || status=1
done
((status == 0)) && echo "as it was" || echo "the behaviour has changed"
exit "$status"
