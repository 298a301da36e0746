// POST /v1/publish, as scripts and webhooks use it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { accessKey, ask, startApi, token } from './api.mjs';
import { metric, subscribe, waitFor } from './gateway.mjs';

const curl = async (...args) => (await promisify(execFile)('curl', ['-sS', ...args])).stdout;
const bearer = `Authorization: Bearer ${token}`;
const publish = (gateway, target, body, headers = {}) => ask(gateway.api, 'POST', `/v1/publish${target}`, { headers, body });
const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));

test('any JSON with its topic in the query, as curl sends it', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=builds.>&envelope=1');
  const url = `http://${gateway.api}/v1/publish?topic=builds.main&key=k+1&type=build&ttl=90s&message_id=m%2F1`;
  const first = JSON.parse(await curl('-H', bearer, url, '-d', '{"state": "green",\n "n": 1.50}'));
  assert.match(first.id, /^[a-z0-9]{8}-\d+$/);
  assert.equal(first.duplicate, false);
  assert.deepEqual(JSON.parse(await curl('-H', bearer, url, '-d', '{}')), { id: first.id, duplicate: true });
  await waitFor('the event', () => events.length > 0);
  assert.equal(events[0].id, first.id);
  assert.equal(events[0].event, 'build');
  assert.deepEqual({ ...events[0].data, time: undefined }, { topic: 'builds.main', key: 'k 1', time: undefined, data: { state: 'green', n: 1.5 } });
  assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="ok"}'), 1);
  assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="duplicate"}'), 1);
});

test('a signature of curl', async (t) => {
  const gateway = await startApi(t);
  const answer = await curl('--aws-sigv4', 'aws:amz:eu-central-1:execute-api', '--user', `${accessKey.accessKeyId}:${accessKey.secretAccessKey}`, `http://${gateway.api}/v1/publish?topic=a`, '-H', 'Content-Type: application/json', '-d', '1');
  assert.equal(JSON.parse(answer).duplicate, false, answer);
});

test('an event as ProtoJSON, with either name of a field', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=>');
  for (const [body, topic] of [
    [{ topic: 'a', json: '{"n":1}', messageId: 'x' }, 'a'],
    [{ topic: 'b', json: '2', message_id: 'y', ttl: '5s' }, 'b'],
    [{ dashboard: { id: 'host 1', panels: [{ id: 'p', gauge: 0.5 }] } }, 'dashboards.host_1'],
    [{ topic: 'c', message: { '@type': 'type.googleapis.com/ssegateway.v1.Dashboard', id: 'x' } }, 'c'],
  ]) {
    const answer = await publish(gateway, '', JSON.stringify(body));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'application/json');
    await waitFor(`the event of ${topic}`, () => events.at(-1)?.id === JSON.parse(answer.text).id);
  }
  assert.deepEqual(events.map(({ data }) => data), [
    { n: 1 }, 2, { id: 'host 1', panels: [{ id: 'p', gauge: 0.5 }] },
    { '@type': 'type.googleapis.com/ssegateway.v1.Dashboard', id: 'x' },
  ]);
  const deleted = await publish(gateway, '', '{"topic":"a","deleted":true}');
  assert.equal(deleted.status, 200);
  await waitFor('the deletion', () => events.at(-1)?.event === 'gateway.deleted');
});

test('faults are told as problems', async (t) => {
  const gateway = await startApi(t, ['--max_event_bytes=2000']);
  for (const [target, body, detail] of [
    ['?topic=a..b', '1', /topic/],
    ['?topic=a', '{"n":1,}', /json/],
    ['?topic=a', '', /json/],
    ['?topic=a&type=gateway.x', '1', /type/],
    ['?topic=a&ttl=-1s', '1', /negative/],
    ['?topic=a&ttl=2m', '1', /^ttl is not a time like 90s or 0.5s$/],
    ['?topic=a&messageId=1', '1', /did you mean message_id\?$/],
    ['?key=a', '1', /^key needs a topic/],
    ['?topic=a', JSON.stringify('x'.repeat(2500)), /max_event_bytes/],
    ['', '{"topic":"a","json":"1","tipic":1}', /tipic/],
    ['', '{"topic":"a","message":{"@type":"x/no.Such"}}', /no\.Such/],
    ['', '{"topic":"a"}', /payload/],
    ['', 'topic=a', /event/],
  ]) {
    const answer = await publish(gateway, target, body);
    assert.equal(answer.status, 400, `${target} ${body}: ${answer.text}`);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.match(JSON.parse(answer.text).detail, detail);
  }
  const large = await publish(gateway, '?topic=a', 'x'.repeat(200_000));
  assert.equal(large.status, 413);
  assert.equal((await ask(gateway.api, 'GET', '/v1/publish')).status, 405);
  assert.equal((await ask(gateway.api, 'GET', '/metrics')).status, 404);
  assert.equal((await publish(gateway, '?topic=a', '1', { authorization: 'Bearer x' })).status, 401);
});

test('many events, one a line, are answered line by line and in order', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=>&mode=all');
  const ndjson = { 'content-type': 'application/x-ndjson' };
  const mixed = await publish(gateway, '', '{"topic":"a","json":"1"}\r\n\n{"topic":"a..b","json":"2"}\nno\n{"topic":"b","json":"3","messageId":"m"}\n{"topic":"b","json":"4","messageId":"m"}', ndjson);
  assert.equal(mixed.status, 200);
  assert.equal(mixed.headers['content-type'], 'application/x-ndjson');
  const answers = lines(mixed.text);
  assert.deepEqual(answers.map((answer) => answer.error?.code ?? answer.duplicate), [false, 3, 3, false, true]);
  assert.equal(answers[4].id, answers[3].id);

  const count = 20_000;
  const body = Array.from({ length: count }, (_, i) => `{"topic":"many.${i % 10}","json":"${i}"}`).join('\n');
  const many = lines((await publish(gateway, '', body, ndjson)).text);
  assert.equal(many.length, count);
  const seqs = many.map(({ id }) => Number(id.split('-')[1]));
  assert.ok(seqs.every((seq, i) => i === 0 || seq === seqs[i - 1] + 1));
  await waitFor('all events', () => events.length === count + 2);
  assert.ok(events.slice(2).every(({ data }, i) => data === i));

  const data = lines((await publish(gateway, '?topic=d', '1\n2\n', ndjson)).text);
  assert.equal(data.length, 2);
  const tooMany = await publish(gateway, '?topic=d', '1\n'.repeat(65_537), ndjson);
  assert.equal(tooMany.status, 413);
});

test('one connection carries many requests, also while others publish', async (t) => {
  const gateway = await startApi(t);
  const agents = [1, 2, 3].map(() => new http.Agent({ keepAlive: true, maxSockets: 1 }));
  t.after(() => agents.forEach((agent) => agent.destroy()));
  const [host, port] = gateway.api.split(':');
  const once = (agent) => new Promise((resolve, reject) => {
    const request = http.request({ agent, host, port, method: 'POST', path: '/v1/publish?topic=a', headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject).end('{"n":1}');
  });
  const statuses = (await Promise.all(agents.map(async (agent) => {
    const all = [];
    for (let i = 0; i < 200; ++i) all.push(await once(agent));
    return all;
  }))).flat();
  assert.deepEqual([...new Set(statuses)], [200]);
  assert.equal(await metric(gateway, 'sse_gateway_api_requests_total{route="publish",code="200"}'), 600);
});

test('while it drains, events are refused and to be sent again', async (t) => {
  const gateway = await startApi(t, ['--drain_window=3s']);
  const connection = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => connection.destroy());
  await subscribe(t, gateway, 'topic=a'); // it waits for this one
  const closed = gateway.program.end();
  await gateway.program.logged(/msg=draining/);
  const statuses = new Set();
  try {
    for (;;) statuses.add((await publish(gateway, '?topic=a', '1')).status);
  } catch {
    // It takes no connections any more.
  }
  assert.ok([...statuses].every((status) => status === 200 || status === 503), [...statuses].join());
  assert.deepEqual(await closed, { code: 0, signal: null });
});
