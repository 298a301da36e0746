// What bounds the memory (docs/bounds.md), class by class: as many peers as there may be, each
// with as much as it can make the gateway hold. The process stays below its limit all the time, and
// once they are gone it is as before: nothing has to give way, and pages are taken in.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';

import { metric, startGateway, waitFor } from '../integration/gateway.mjs';
import { EventPublisher, eventOf } from './support/event_publisher.mjs';

const limit = 256 * 1024 * 1024;
const quiet = 5000;

function kernelSays(pid, name) {
  const [, kilobytes] = fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'));
  return Number(kilobytes) * 1024;
}

const bytesOf = (gateway, name) => metric(gateway, `sse_gateway_memory_bytes{class="${name}"}`);

// Starts a gateway, lets the peers come, looks, and lets them go. peers(gateway) returns once all of
// them are there.
async function underFlood(t, name, peers, { most, flags = [] }) {
  const gateway = await startGateway(t, {}, [`--memory_limit=${limit}`, ...flags]);
  const { pid } = gateway.program.child;
  if (kernelSays(pid, 'VmRSS') > 80 * 1024 * 1024) return t.skip('a sanitizer has memory of its own');
  const sockets = [];
  await peers(gateway, sockets);
  const held = await bytesOf(gateway, name);
  t.diagnostic(`${name}: ${held} bytes, ${kernelSays(pid, 'VmHWM')} at most in the process`);
  assert.ok(held > 0, 'it was counted');
  assert.ok(held < limit * most, `${name} has ${held} bytes`);
  assert.ok(kernelSays(pid, 'VmHWM') < limit, 'the process stays below the limit');

  for (const socket of sockets) socket.destroy();
  const gone = Date.now();
  // Under pressure it closes connections that wait for a request, and so perhaps the one that this would go by.
  const pressure = () => metric(gateway, 'sse_gateway_memory_pressure').catch(() => 1);
  await waitFor('no pressure', async () => (await pressure()) === 0);
  assert.ok(Date.now() - gone < quiet, `pressure for ${Date.now() - gone} ms`);
  await waitFor('streams to be gone', async () => (await metric(gateway, 'sse_gateway_connections')) === 0);
  assert.match(await beginningOf(gateway, '/v1/events'), /event: gateway\.hello/);
  assert.ok(kernelSays(pid, 'VmHWM') < limit);
  return gateway;
}

async function connect(gateway) {
  const [host, port] = gateway.http.split(':');
  const socket = net.connect(Number(port), host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

// That many sockets, each of which sends text(i).
async function flood(gateway, sockets, count, text, { reads = true } = {}) {
  const batch = 100;
  for (let begin = 0; begin < count; begin += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, count - begin) }, async (_, i) => {
      const socket = await connect(gateway);
      sockets.push(socket);
      if (reads) socket.resume(); else socket.pause();
      await new Promise((resolve) => { socket.write(text(begin + i), resolve); });
    }));
  }
}

const get = (target) => `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

// What a stream has said up to its second event.
async function beginningOf(gateway, target) {
  const socket = await connect(gateway);
  socket.write(get(target));
  let text = '';
  socket.on('data', (bytes) => { text += bytes; });
  await waitFor('a stream', () => /event: gateway\.(hello|bye)\n[^]*?\n\n/.test(text));
  socket.destroy();
  return text;
}

test('half-sent heads', async (t) => {
  const half = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Filler: ${'x'.repeat(30_000)}`;
  await underFlood(t, 'heads', (gateway, sockets) => flood(gateway, sockets, 4000, () => half), { most: 0.04 });
});

test('streams with many deep filters', async (t) => {
  const filters = (i) => Array.from({ length: 64 }, (_, n) => `topic=${
    Array.from({ length: 16 }, (__, token) => (i * 64 + n + token).toString(36)).join('.')}`).join('&');
  await underFlood(t, 'filters', (gateway, sockets) => (
    flood(gateway, sockets, 2600, (i) => get(`/v1/events?${filters(i)}`))), { most: 0.07 });
});

test('idle streams', async (t) => {
  await underFlood(t, 'connections', (gateway, sockets) => flood(gateway, sockets, 6000, () => get('/v1/events')),
    { most: 0.2 });
});

// By prior knowledge: the preface, SETTINGS, and GET /sse with the fields in a table's form and as they are.
test('HTTP/2 sessions in the clear', async (t) => {
  const frame = (type, flags, stream, payload) => Buffer.concat([
    Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream]), payload]);
  const head = Buffer.concat([Buffer.from([0x82, 0x86, 0x44, 4]), Buffer.from('/sse'),
    Buffer.from([0x41, 9]), Buffer.from('127.0.0.1')]);
  const request = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0, Buffer.alloc(0)), frame(1, 5, 1, head)]);
  await underFlood(t, 'http2', async (gateway, sockets) => {
    await flood(gateway, sockets, 3000, () => request);
    const sessions = await metric(gateway, 'sse_gateway_transports{protocol="h2",tls="false"}');
    const refused = await metric(gateway, 'sse_gateway_http2_floods_total{kind="sessions"}');
    t.diagnostic(`${sessions} sessions, ${refused} refused`);
    assert.ok(sessions > 50 && refused > 2000);
  }, { most: 0.025 });
});

async function publishAll(publisher, count, event) {
  const stream = publisher.openStream();
  const results = Array.from({ length: count }, (_, i) => stream.publish(event(i)));
  await Promise.all(results);
  stream.close();
}

test('documents of /v1/snapshot that nobody reads', async (t) => {
  await underFlood(t, 'answers', async (gateway, sockets) => {
    const publisher = new EventPublisher(t, gateway.grpc);
    await publishAll(publisher, 100, (i) => eventOf(`a.${i}`, i, 100_000));
    await flood(gateway, sockets, 200, (i) => get(`/v1/snapshot?topic=a.*&topic=other.${i}`), { reads: false });
    await waitFor('documents', async () => (await bytesOf(gateway, 'answers')) > 5e6);
  }, { most: 0.08 });
});

test('stuck readers that hold frames', async (t) => {
  await underFlood(t, 'frames', async (gateway, sockets) => {
    await flood(gateway, sockets, 400, (i) => get(`/v1/events?mode=all&start=live&topic=held.${i}`), { reads: false });
    await waitFor('streams', async () => (await metric(gateway, 'sse_gateway_connections')) === 400);
    const publisher = new EventPublisher(t, gateway.grpc);
    for (let round = 0; round < 4; ++round) {
      await publishAll(publisher, 400, (i) => eventOf(`held.${i}`, round, 250_000));
    }
    await waitFor('room', async () => (await bytesOf(gateway, 'frames')) < limit * 0.05);
  }, { most: 0.05 });
});

test('message ids and deletions', async (t) => {
  const gateway = await underFlood(t, 'message_ids', async (g) => {
    const publisher = new EventPublisher(t, g.grpc);
    await publishAll(publisher, 10_000, (i) => ({ ...eventOf('a', i % 10), message_id: `${i}`.padEnd(5000, '.') }));
    const long = (i) => `${i}`.padEnd(250, '-');
    await publishAll(publisher, 20_000, (i) => ({ topic: long(i), key: long(i), deleted: true }));
    assert.ok((await bytesOf(g, 'tombstones')) < limit * 0.05, 'deletions');
  }, { most: 0.05 });
  if (gateway === undefined) return;
  for (const bound of ['message_ids', 'tombstones']) {
    assert.ok((await metric(gateway, `sse_gateway_forgotten_total{bound="${bound}"}`)) > 0, bound);
  }
});
