// Publishers and browsers of every kind at one gateway, so that every metric has something to say.

import net from 'node:net';
import { createRequire } from 'node:module';
import path from 'node:path';

import { root } from '../../integration/gateway.mjs';

const require = createRequire(path.join(root, 'examples/node/publish.js'));
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const { PublisherService } = grpc.loadPackageDefinition(protoLoader.loadSync('ssegateway/v1/publisher.proto', {
  includeDirs: [path.join(root, 'proto')],
  keepCase: true,
})).ssegateway.v1;

const largeText = 'x'.repeat(100_000);

// One PublishStream that sends every 20 ms until the test ends: small events of a few keys, large ones
// now and then, ones that repeat a message id, ones that are refused and ones that end by their ttl.
export function startPublisher(t, gateway) {
  const stub = new PublisherService(gateway.grpc, grpc.credentials.createInsecure());
  const stream = stub.PublishStream();
  const ids = [];
  stream.on('data', ({ id }) => { if (id) ids.push(id); });
  stream.on('error', () => {}); // the gateway ended first
  let sent = 0;
  let round = 0;
  const timer = setInterval(() => {
    const events = [
      dashboard(`small-${round % 5}`, 'small'),
      ...(round % 5 === 0 ? [dashboard('large', largeText)] : []),
      { topic: 'repeats', message: any(), message_id: 'always-the-same' },
      { topic: 'not a topic', message: any() },
      { topic: `brief.${round++ % 3}`, message: any(), ttl: { seconds: 1 } },
    ];
    for (const event of events) stream.write({ request_id: ++sent, event });
  }, 20);
  t.after(() => { clearInterval(timer); stream.cancel(); stub.close(); });
  return { ids };
}

function dashboard(id, title) {
  return { dashboard: { id, title, panels: [{ id: 'load', gauge: Math.random(), unit: '1' }] } };
}

// google.protobuf.Empty: known to every gateway, and has nothing in it.
function any() {
  return { type_url: 'type.googleapis.com/google.protobuf.Empty', value: Buffer.alloc(0) };
}

// A browser that reads nothing of what it asked for, and asks again when it is closed for that.
export function startStuckReader(t, gateway, query) {
  const [host, port] = gateway.http.split(':');
  let socket;
  let over = false;
  const connect = () => {
    if (over) return;
    socket = net.connect(Number(port), host);
    socket.pause();
    socket.on('error', () => {});
    socket.on('close', () => setTimeout(connect, 50));
    socket.write(`GET /v1/events?${query} HTTP/1.1\r\nHost: ${gateway.http}\r\n\r\n`);
  };
  connect();
  t.after(() => { over = true; socket.destroy(); });
}

// One answer, its body not read to the end.
export async function request(gateway, target, headers = {}) {
  const abort = new AbortController();
  const { status } = await fetch(`http://${gateway.http}${target}`, { headers, signal: abort.signal });
  abort.abort();
  return status;
}
