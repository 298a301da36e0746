// Compressed messages of publishers, in HTTP/2's and gRPC's own bytes: what gRPC libraries do not send.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';
import zlib from 'node:zlib';

import { metric, startGateway, waitFor } from './gateway.mjs';

const INVALID_ARGUMENT = '3';
const UNIMPLEMENTED = '12';
const INTERNAL = '13';
const MiB = 1 << 20;

function varint(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}
const field = (number, bytes) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

// PublishRequest{event: Event{topic: "a", dashboard: {id: "d", title}}}
const request = (title) => field(1, Buffer.concat([
  field(1, Buffer.from('a')),
  field(2, Buffer.concat([field(1, Buffer.from('d')), field(3, Buffer.from(title))])),
]));
// PublishStreamRequest{request_id, event}
const streamRequest = (id, title) => Buffer.concat([
  Buffer.from([0x08]), varint(id), field(2, request(title).subarray(1 + varint(request(title).length - 2).length)),
]);

// A message on the wire: a flag, the length in four bytes, and the bytes.
function framed(bytes, compressed) {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function connect(t, gateway) {
  const session = http2.connect(`http://${gateway.grpc}`);
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

// Resolves to {answers: messages' bytes, head, end}: the header fields of the answer's begin and end.
function call(session, method, messages, fields = {}) {
  const stream = session.request({
    ':method': 'POST', ':path': `/ssegateway.v1.PublisherService/${method}`,
    'content-type': 'application/grpc', te: 'trailers', ...fields,
  });
  const result = { bytes: [], head: {}, end: {} };
  stream.on('response', (head) => { result.head = head; });
  stream.on('trailers', (trailers) => { result.end = trailers; });
  stream.on('data', (bytes) => result.bytes.push(bytes));
  stream.on('error', () => {});
  for (const message of messages) stream.write(message);
  stream.end();
  return new Promise((resolve) => stream.on('close', () => {
    // What ends without a message has one block of header fields.
    if (result.head['grpc-status'] !== undefined) result.end = result.head;
    resolve(result);
  }));
}

for (const [codec, deflate] of [['gzip', zlib.gzipSync], ['deflate', zlib.deflateSync]]) {
  test(`${codec} is inflated, also beside what is not compressed`, async (t) => {
    const gateway = await startGateway(t);
    const session = connect(t, gateway);
    const messages = [1, 2, 3].map((id) => {
      const bytes = streamRequest(id, 'x'.repeat(5000));
      return id === 2 ? framed(bytes, false) : framed(deflate(bytes), true);
    });
    const { head, end } = await call(session, 'PublishStream', messages, { 'grpc-encoding': codec });
    assert.equal(end['grpc-status'], '0', end['grpc-message']);
    assert.deepEqual(head['grpc-accept-encoding'].split(/, ?/).sort(), ['deflate', 'gzip', 'identity']);
    assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="ok"}'), 3);
  });

  test(`a bomb of ${codec} is INVALID_ARGUMENT and takes no memory`, { timeout: 120_000 }, async (t) => {
    const gateway = await startGateway(t);
    const session = connect(t, gateway);
    await call(session, 'Publish', [framed(deflate(request('x')), true)], { 'grpc-encoding': codec });
    const bomb = deflate(request('x'.repeat(256 * MiB)));
    assert.ok(bomb.length < 256 * MiB / 900, `${bomb.length} bytes`);
    const rss = () => metric(gateway, 'process_resident_memory_bytes');
    const before = await rss();
    let most = 0;
    const ends = await Promise.all(Array.from({ length: 16 }, async () => {
      const { end } = await call(session, 'Publish', [framed(bomb, true)], { 'grpc-encoding': codec });
      most = Math.max(most, await rss());
      return end;
    }));
    for (const end of ends) {
      assert.equal(end['grpc-status'], INVALID_ARGUMENT);
      assert.match(decodeURIComponent(end['grpc-message']), /inflates to more than \d+ bytes|exceeds max_event_bytes/);
    }
    // The compressed bytes themselves, of all 16, and what a sanitizer keeps of them; one of the messages has 256 MiB.
    assert.ok(most < before + 64 * MiB, `${before / MiB} MiB grew to ${most / MiB} MiB`);
    assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="invalid"}'), 16);
  });

  test(`what is no ${codec} is INVALID_ARGUMENT, and its stream goes on`, async (t) => {
    const gateway = await startGateway(t);
    const broken = deflate(streamRequest(1, 'x'.repeat(5000))).subarray(0, 40);
    const messages = [framed(broken, true), framed(deflate(streamRequest(2, 'x')), true)];
    const { end } = await call(connect(t, gateway), 'PublishStream', messages, { 'grpc-encoding': codec });
    assert.equal(end['grpc-status'], '0');
    assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="invalid"}'), 1);
    assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="ok"}'), 1);
  });
}

const zstd = Buffer.from('28b52ffd0458', 'hex'); // the beginning of any frame of it
const refusals = [
  { what: 'another codec', codec: 'zstd', bytes: zstd, code: UNIMPLEMENTED },
  { what: 'a codec without a name', codec: undefined, bytes: zlib.gzipSync(request('x')), code: INTERNAL },
  { what: 'compressed as identity', codec: 'identity', bytes: zlib.deflateSync(request('x')), code: INTERNAL },
  { what: 'flagged, and not compressed', codec: undefined, bytes: request('x'), code: INTERNAL },
];
for (const { what, codec, bytes, code } of refusals) {
  test(`${what} ends the call with ${code}`, async (t) => {
    const gateway = await startGateway(t);
    const session = connect(t, gateway);
    const fields = codec ? { 'grpc-encoding': codec } : {};
    let count = 0;
    for (const method of ['Publish', 'PublishStream']) {
      const { end } = await call(session, method, [framed(bytes, true)], fields);
      assert.equal(end['grpc-status'], code, end['grpc-message']);
      if (code === UNIMPLEMENTED) assert.equal(end['grpc-accept-encoding'], 'identity, deflate, gzip');
      const refused = 'sse_gateway_publisher_calls_refused_total{reason="encoding"}';
      assert.equal(await metric(gateway, refused), ++count);
    }
    // The connection goes on.
    const { end } = await call(session, 'Publish', [framed(request('x'), false)]);
    assert.equal(end['grpc-status'], '0');
  });
}

test('metadata of 16 KiB is taken, more ends that call alone', async (t) => {
  const gateway = await startGateway(t);
  const session = connect(t, gateway);
  const publish = (bytes) => call(session, 'Publish', [framed(request('x'), false)], { 'x-a': 'a'.repeat(bytes) });
  assert.equal((await publish(16 * 1024 - 200)).end['grpc-status'], '0');
  for (const bytes of [17 * 1024, 60 * 1024]) {
    const { end } = await publish(bytes);
    assert.equal(end['grpc-status'], INVALID_ARGUMENT);
    assert.match(decodeURIComponent(end['grpc-message']), /exceeds 16384 of a call/);
  }
  assert.equal((await publish(100)).end['grpc-status'], '0');
  await waitFor('the count', async () =>
    (await metric(gateway, 'sse_gateway_publisher_calls_refused_total{reason="metadata"}')) === 2);
});
