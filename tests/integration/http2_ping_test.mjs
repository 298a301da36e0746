// A client that says nothing any more is asked after half a minute whether it is still there.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';

import { metric, startGateway, waitFor } from './gateway.mjs';

const streamPath = '/v1/events?topic=a';
const silenceMs = 30_000;
const answerMs = 10_000;
const slackMs = 5_000;

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

// Begins a stream, and then says nothing more. Pings are the moments at which it was asked.
function openSilent(address) {
  const [host, port] = address.split(':');
  const socket = net.connect(Number(port), host);
  const named = (index, value) => Buffer.concat([Buffer.from([index, value.length]), Buffer.from(value)]);
  socket.write(Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0), // SETTINGS
    frame(4, 1, 0), // and the acknowledgement of the gateway's
    // HEADERS: GET, http, and by their indices in the static table :authority and :path.
    frame(1, 5, 1, Buffer.concat([Buffer.from([0x82, 0x86]), named(1, address), named(4, streamPath)])),
  ]));
  const client = { socket, pings: [], since: Date.now() };
  // It may be reset: nobody is thought to be there.
  socket.on('error', () => {});
  client.closed = new Promise((resolve) => { socket.on('close', resolve); });
  let unread = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    unread = Buffer.concat([unread, bytes]);
    while (unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
      if (unread.readUInt8(3) === 6) client.pings.push(Date.now());
      unread = unread.subarray(9 + unread.readUIntBE(0, 3));
    }
  });
  return client;
}

test('who says nothing for half a minute gets a PING, and is closed without an answer', {
  timeout: 60_000,
}, async (t) => {
  const gateway = await startGateway(t);

  const session = http2.connect(`http://${gateway.http}`);
  t.after(() => session.destroy());
  const answered = [];
  session.on('ping', () => answered.push(Date.now()));
  const stream = session.request({ ':path': streamPath });
  stream.resume();
  await once(stream, 'response');

  const silent = openSilent(gateway.http);
  t.after(() => silent.socket.destroy());
  await waitFor('both streams', async () => await metric(gateway, 'sse_gateway_connections') === 2);

  await silent.closed;
  const closedAfter = Date.now() - silent.since;
  assert.equal(silent.pings.length, 1);
  assert.ok(Math.abs(silent.pings[0] - silent.since - silenceMs) < slackMs, `${silent.pings[0] - silent.since} ms`);
  assert.ok(Math.abs(closedAfter - silenceMs - answerMs) < slackMs, `closed after ${closedAfter} ms`);

  assert.equal(answered.length, 1);
  assert.ok(!stream.closed);
  assert.equal(await metric(gateway, 'sse_gateway_connections'), 1);
});
