// Two Centrifugo with Redis: history and recovery on, as its documentation has it for messages that must not be missed.

import fs from 'node:fs';
import path from 'node:path';

import { find, freePorts, listens, until } from '../processes.mjs';
import { post } from '../publisher.mjs';
import { startRedis } from './redis.mjs';

export const title = 'Centrifugo 6.9.1, two, and Redis 7.0';
export const store = 'Redis, back after 2 s';

export const missing = () => ['centrifugo', 'redis-server'].filter((name) => !find(name)).join(', ') || undefined;

const key = 'key';

export async function start(processes, directory) {
  const [redisPort, ...ports] = await freePorts(3);
  const redis = await startRedis(processes, directory, redisPort);
  const list = [];
  for (const [index, port] of ports.entries()) {
    const file = path.join(directory, `centrifugo-${index}.json`);
    fs.writeFileSync(file, JSON.stringify({
      http_server: { address: '127.0.0.1', port },
      engine: { type: 'redis', redis: { address: `redis://127.0.0.1:${redisPort}` } },
      client: { insecure: true },
      http_api: { key },
      uni_sse: { enabled: true },
      health: { enabled: true },
      channel: { without_namespace: { history_size: 10000, history_ttl: '300s', force_recovery: true,
        allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true } },
    }));
    const node = await processes.start(`centrifugo-${index}`, 'centrifugo', ['--config', file],
      { ready: () => until(async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok && listens(port)()) });
    list.push(Object.assign(node, { port }));
  }
  return { list, store: redis };
}

// The unidirectional transport for an EventSource: what it subscribes to stands in the URL.
export const eventsUrl = (front) =>
  `${front}/connection/uni_sse?cf_connect=${encodeURIComponent(JSON.stringify({ subs: { n: {} } }))}`;

export const publisher = (front) => (number, signal) => post(`${front.url}/api/publish`, {
  headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
  body: JSON.stringify({ channel: 'n', data: { number }, idempotency_key: `n-${number}` }),
  signal,
});
