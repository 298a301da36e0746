// One hub of Mercure's free edition, which is all that it has: its history is a file of the hub.

import path from 'node:path';

import { find, freePorts, listens, until } from '../processes.mjs';
import { post } from '../publisher.mjs';

export const title = 'Mercure 0.21, one hub, back after 2 s';
export const store = undefined;

export const missing = () => (find('mercure-hub') ? undefined : 'mercure-hub is not there');

export async function start(processes, directory) {
  const [port] = await freePorts(1);
  const node = await processes.start('mercure', 'mercure-hub', [`127.0.0.1:${port}`, path.join(directory, 'mercure.db')],
    { ready: () => until(listens(port)) });
  return { list: [Object.assign(node, { port })] };
}

export const eventsUrl = (front) => `${front}/.well-known/mercure?topic=n`;

// HS256 with the hub's key: {"mercure":{"publish":["*"]}}.
export async function publisher(front) {
  const { createHmac } = await import('node:crypto');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ mercure: { publish: ['*'] } })}`;
  const token = `${signed}.${createHmac('sha256', 'a key of the comparison, 32 bytes or more').update(signed).digest('base64url')}`;
  return (number, signal) => post(`${front.url}/.well-known/mercure`, {
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ topic: 'n', data: JSON.stringify({ number }) }).toString(),
    signal,
  });
}
