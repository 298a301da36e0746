// What docs/publishing.md says of errors, with the gRPC libraries of Node as publishers: the codes that answer an
// event, and what each library shows at the end of a call.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

import { metric, root, startGateway, waitFor } from '../integration/gateway.mjs';

const protos = path.join(root, 'proto');
const publisherProto = 'ssegateway/v1/publisher.proto';
const publishing = fs.readFileSync(path.join(root, 'docs/publishing.md'), 'utf8');

// An item of a stream of answers: {requestId, id, code, retrySeconds}; code is undefined where the event was taken.
function answerOf(requestId, id, error, seconds) {
  return { requestId: Number(requestId), id, code: error?.code, retrySeconds: error && seconds(error) };
}

class GrpcJs {
  static row = '`@grpc/grpc-js`';

  constructor(t, address, options = {}) {
    const definition = protoLoader.loadSync(publisherProto, { includeDirs: [protos], keepCase: true });
    const { PublisherService } = grpc.loadPackageDefinition(definition).ssegateway.v1;
    this.stub = new PublisherService(address, grpc.credentials.createInsecure(), options);
    t.after(() => this.stub.close());
  }

  // Resolves to {code, id, details}; code 0 is OK.
  publish({ topic, json = 'x', ttlSeconds }) {
    const event = { topic, dashboard: { id: 'd', title: json }, ttl: ttlSeconds && { seconds: ttlSeconds } };
    return new Promise((resolve) => {
      this.stub.Publish({ event }, (error, answer) => resolve({
        code: error?.code ?? 0, id: answer?.id, details: error?.metadata?.get('grpc-status-details-bin')[0],
      }));
    });
  }

  // {send(topic), answers, ended: a promise of the code}
  open() {
    const stream = this.stub.PublishStream();
    const answers = [];
    let count = 0;
    stream.on('data', ({ request_id, id, error }) => {
      answers.push(answerOf(request_id, id, error, ({ retry_delay }) => Number(retry_delay?.seconds ?? 0)));
    });
    stream.on('error', () => {});
    const ended = new Promise((resolve) => stream.on('status', ({ code }) => resolve(code)));
    return {
      answers, ended,
      send: (topic) => stream.write({ request_id: ++count, event: { topic, dashboard: { id: 'd' } } }),
      finish: () => stream.end(),
    };
  }
}

class ConnectNode {
  static row = '`@connectrpc/connect-node`';

  constructor(t, address) {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'publishers-')), 'publisher.pb');
    t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
    execFileSync('protoc', ['-I', protos, '--include_imports', `--descriptor_set_out=${file}`, publisherProto]);
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(file)));
    const transport = createGrpcTransport({ baseUrl: `http://${address}` });
    this.client = createClient(registry.getService('ssegateway.v1.PublisherService'), transport);
  }

  static event(topic, title = '') {
    return { topic, payload: { case: 'dashboard', value: { id: 'd', title } } };
  }

  async publish({ topic, json = 'x' }) {
    try {
      const { id } = await this.client.publish({ event: ConnectNode.event(topic, json) });
      return { code: 0, id };
    } catch (error) {
      const { code, metadata } = ConnectError.from(error);
      const details = metadata.get('grpc-status-details-bin');
      return { code, details: details && Buffer.from(details, 'base64') };
    }
  }

  open() {
    const answers = [];
    const waiting = [];
    let wake = () => {};
    let finished = false;
    let count = 0;
    async function* requests() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift();
        if (finished) return;
        await new Promise((resolve) => { wake = resolve; });
      }
    }
    const ended = (async () => {
      try {
        for await (const { requestId, id, error } of this.client.publishStream(requests())) {
          answers.push(answerOf(requestId, id, error, ({ retryDelay }) => Number(retryDelay?.seconds ?? 0)));
        }
        return 0;
      } catch (error) {
        return ConnectError.from(error).code;
      }
    })();
    return {
      answers, ended,
      send: (topic) => { waiting.push({ requestId: BigInt(++count), event: ConnectNode.event(topic) }); wake(); },
      finish: () => { finished = true; wake(); },
    };
  }
}

// The cells of a library's row in the table of docs/publishing.md.
function rowOf(library) {
  const row = publishing.split('\n').find((line) => line.startsWith(`| ${library.row}`));
  assert.ok(row, library.row);
  return row.split('|').map((cell) => cell.trim());
}

// gRPC's name of a code: CANCELLED, as connect-node's Code has it as Canceled.
const nameOf = (code) => grpc.status[code];

function assertNamed(library, column, code) {
  const cell = rowOf(library)[column];
  assert.ok(cell.includes(`\`${nameOf(code)}\``), `${library.row}: ${nameOf(code)} is not in "${cell}"`);
}

assert.equal(Code.InvalidArgument, grpc.status.INVALID_ARGUMENT); // the same numbers

for (const Library of [GrpcJs, ConnectNode]) {
  const { name } = Library;

  test(`${name}: INVALID_ARGUMENT is the answer to that event alone`, async (t) => {
    const gateway = await startGateway(t, {}, ['--max_event_bytes=20000', '--window_max_bytes=20000']);
    const publisher = new Library(t, gateway.grpc);
    const cases = {
      'a bad topic': { topic: 'no topic' },
      'over max_event_bytes': { topic: 'a', json: 'x'.repeat(30_000) },
      'over what gRPC itself takes by default': { topic: 'a', json: 'x'.repeat(5 << 20) },
      'never fits as JSON': { topic: 'a', json: '\x01'.repeat(10_000) },
    };
    for (const [what, event] of Object.entries(cases)) {
      assert.equal((await publisher.publish(event)).code, grpc.status.INVALID_ARGUMENT, what);
    }
    const stream = publisher.open();
    for (const topic of ['a', 'no topic', 'a']) stream.send(topic);
    stream.finish();
    assert.equal(await stream.ended, grpc.status.OK);
    assert.deepEqual(stream.answers.map(({ code }) => code), [undefined, grpc.status.INVALID_ARGUMENT, undefined]);
    assert.deepEqual(stream.answers.map(({ requestId }) => requestId), [1, 2, 3]);
  });

  test(`${name}: RESOURCE_EXHAUSTED says when to repeat`, async (t) => {
    const gateway = await startGateway(t, {}, ['--memory_limit=1048576']);
    await waitFor('the limit', async () => (await metric(gateway, 'sse_gateway_memory_pressure')) === 4);
    const publisher = new Library(t, gateway.grpc);
    const { code, details } = await publisher.publish({ topic: 'a' });
    assert.equal(code, grpc.status.RESOURCE_EXHAUSTED);
    assert.match(details.toString('latin1'), /type\.googleapis\.com\/google\.rpc\.RetryInfo/);
    // The end of google.rpc.Status{details: [Any{value: RetryInfo{retry_delay: Duration{seconds: 1}}}]}.
    assert.equal(details.subarray(-6).toString('hex'), '12040a020801');
    const stream = publisher.open();
    stream.send('a');
    stream.send('a');
    stream.finish();
    assert.equal(await stream.ended, grpc.status.OK);
    const refused = { code: grpc.status.RESOURCE_EXHAUSTED, retrySeconds: 1 };
    assert.deepEqual(stream.answers.map(({ code, retrySeconds }) => ({ code, retrySeconds })), [refused, refused]);
  });

  test(`${name}: UNAVAILABLE while it drains, and the stream ends with it`, async (t) => {
    const gateway = await startGateway(t, {}, ['--drain_delay=0s', '--drain_window=10s']);
    const publisher = new Library(t, gateway.grpc);
    const stream = publisher.open();
    stream.send('a');
    await waitFor('the first answer', () => stream.answers.length === 1);
    // Somebody who keeps it from leaving at once.
    const browser = await fetch(`http://${gateway.http}/v1/events`);
    t.after(() => browser.body.cancel().catch(() => {}));
    const another = await fetch(`http://${gateway.http}/v1/events`);
    t.after(() => another.body.cancel().catch(() => {}));
    gateway.program.child.kill('SIGTERM');
    await gateway.program.logged(/msg=leaving/);
    stream.send('a');
    assert.equal(await stream.ended, grpc.status.UNAVAILABLE);
    assert.ok(stream.answers.length === 1 || stream.answers[1].code === grpc.status.UNAVAILABLE);
    gateway.program.child.kill('SIGTERM');
  });

  test(`${name}: a gateway that is gone is an end of a call, and no answer to an event`, async (t) => {
    const first = await startGateway(t);
    const publisher = new Library(t, first.grpc);
    const stream = publisher.open();
    stream.send('a');
    await waitFor('the first answer', () => stream.answers.length === 1);
    await first.program.end('SIGKILL');
    stream.send('a');
    assertNamed(Library, 2, await stream.ended);
    assert.equal(stream.answers.length, 1);
    const { code } = await publisher.publish({ topic: 'a' });
    assertNamed(Library, 3, code);

    // The rule: connect again, send again.
    await startGateway(t, first);
    const again = await waitFor('an answer', async () => {
      const answer = await publisher.publish({ topic: 'a' });
      assert.notEqual(answer.code, grpc.status.INVALID_ARGUMENT);
      return answer.code === 0 && answer;
    });
    assert.match(again.id, /-1$/);
  });
}

test('grpc-js: an idle stream that is pinged too often ends with the code that the table has', async (t) => {
  const gateway = await startGateway(t);
  const publisher = new GrpcJs(t, gateway.grpc, {
    'grpc.keepalive_time_ms': 300, 'grpc.keepalive_permit_without_calls': 1,
  });
  const stream = publisher.open();
  stream.send('a');
  await waitFor('the first answer', () => stream.answers.length === 1);
  assertNamed(GrpcJs, 4, await stream.ended);
});

test('grpc-js: write says nothing of the event: only the answer counts', async (t) => {
  const gateway = await startGateway(t);
  const publisher = new GrpcJs(t, gateway.grpc);
  const call = publisher.stub.PublishStream();
  call.on('error', () => {});
  const first = new Promise((resolve) => call.once('data', resolve));
  call.write({ request_id: 1, event: { topic: 'a', dashboard: { id: 'd' } } });
  await first;
  gateway.program.child.kill('SIGSTOP'); // nobody reads any more
  t.after(() => gateway.program.child.kill('SIGCONT'));
  const written = await new Promise((resolve) => {
    call.write({ request_id: 2, event: { topic: 'a', dashboard: { id: 'd' } } }, (error) => resolve(error ?? 'written'));
  });
  assert.equal(written, 'written');
  await gateway.program.end('SIGKILL');
});
