// Two gateways with one log in NATS JetStream.

import path from 'node:path';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

import { find, freePorts, listens, until } from '../processes.mjs';

const root = path.resolve(import.meta.dirname, '../../..');
const binary = process.env.SSE_GATEWAY_BIN ?? path.join(root, 'build/release/bin/sse-gateway');

export const title = 'grpc-sse-gateway, two, and nats-server';
export const store = 'nats-server, back after 2 s';

export const missing = () => (find('nats-server') ? undefined : 'nats-server is not there');

export async function start(processes, directory) {
  const [log, ...ports] = await freePorts(7);
  const nats = await processes.start('nats', 'nats-server',
    ['--jetstream', '--addr', '127.0.0.1', '--port', String(log), '--store_dir', path.join(directory, 'nats')],
    { ready: () => until(listens(log)) });
  const list = [];
  for (const index of [0, 1]) {
    const [http, publish, admin] = ports.slice(3 * index);
    const node = await processes.start(`gateway-${index}`, binary,
      [`--store=nats://127.0.0.1:${log}`, `--http_listen=127.0.0.1:${http}`, `--grpc_listen=127.0.0.1:${publish}`,
        `--admin_listen=127.0.0.1:${admin}`],
      { ready: () => until(async () => (await fetch(`http://127.0.0.1:${admin}/readyz`)).ok) });
    list.push(Object.assign(node, { port: http, publish }));
  }
  return { list, store: nats };
}

export const eventsUrl = (front) => `${front}/v1/events?topic=n&mode=all`;

// To one gateway, and to the other where that one is not there.
export function publisher(_front, { list }) {
  const options = { keepCase: true, includeDirs: [path.join(root, 'proto')] };
  const { ssegateway } = grpc.loadPackageDefinition(loader.loadSync('ssegateway/v1/publisher.proto', options));
  const clients = list.map(({ publish }) => new ssegateway.v1.PublisherService(
    `127.0.0.1:${publish}`, grpc.credentials.createInsecure(), { 'grpc.initial_reconnect_backoff_ms': 100 }));
  let current = 0;
  return (number) => new Promise((resolve, reject) => {
    // The title holds the number, as the others' JSON does.
    const dashboard = { id: 'n', title: `{"number":${number}}` };
    const deadline = Date.now() + 2000;
    clients[current].Publish({ event: { topic: 'n', message_id: `n-${number}`, dashboard } },
      { deadline }, (error) => {
        if (!error) {
          resolve();
          return;
        }
        current = 1 - current;
        reject(error);
      });
  });
}
