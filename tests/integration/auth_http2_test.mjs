// Who may subscribe, over HTTP/2: each stream of a socket has its own credential, its own grants and
// its own end.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';

import { Issuer } from '../e2e/support/issuer.mjs';
import { EventPublisher } from '../operations/support/event_publisher.mjs';
import { startGateway, waitFor } from './gateway.mjs';

async function start(t) {
  const issuer = new Issuer();
  t.after(() => issuer.remove());
  const gateway = await startGateway(t, {}, [...issuer.flags, '--jwt_leeway=0']);
  const session = http2.connect(`http://${gateway.http}`);
  t.after(() => session.destroy());
  return { issuer, gateway, session, publisher: new EventPublisher(t, gateway.grpc) };
}

// {status, text, ended, stream} as they come.
function ask(session, head, body) {
  const answer = { status: 0, text: '', ended: false };
  const stream = answer.stream = session.request(head, { endStream: body === undefined });
  stream.setEncoding('utf8');
  stream.on('response', (fields) => { answer.status = fields[':status']; answer.fields = fields; });
  stream.on('data', (text) => { answer.text += text; });
  stream.on('end', () => { answer.ended = true; });
  stream.on('error', (error) => { answer.error = error; });
  if (body !== undefined) stream.end(body);
  return answer;
}

const reads = (answer, text) => waitFor(() => `${text}; it has ${answer.text}`, () => answer.text.includes(text));
const bearer = (token) => ({ authorization: `Bearer ${token}` });

test('each stream of a socket has what its own token grants', async (t) => {
  const { issuer, session, publisher } = await start(t);
  const topics = ['eu', 'us', 'ap'];
  const answers = topics.map((topic) => ask(session,
    { ':path': '/v1/events', ...bearer(issuer.token({ sub: topic, topics: [`${topic}.>`] })) }));
  await Promise.all(answers.map((answer) => reads(answer, 'gateway.live')));
  for (const topic of topics) {
    await publisher.publish({ topic: `${topic}.a`, dashboard: { id: topic, title: `of ${topic}` } });
  }
  for (const [i, answer] of answers.entries()) {
    await reads(answer, `of ${topics[i]}`);
    for (const other of topics.filter((topic) => topic !== topics[i])) {
      assert.ok(!answer.text.includes(`of ${other}`));
    }
  }
});

test('a stream that expires leaves the others of its socket', async (t) => {
  const { issuer, session, publisher } = await start(t);
  const short = ask(session, { ':path': '/v1/events', ...bearer(issuer.token({ topics: ['>'] }, 2)) });
  const long = ask(session, { ':path': '/v1/events', ...bearer(issuer.token({ topics: ['>'] })) });
  await reads(short, '{"reason":"auth_expired"}');
  await waitFor('its end', () => short.ended);
  assert.equal(short.error, undefined, 'END_STREAM, and no reset');
  await publisher.publish({ topic: 'a', dashboard: { id: 'a', title: 'still there' } });
  await reads(long, 'still there');
  assert.ok(!short.text.includes('still there'));
});

test('tickets, cookies and refusals are those of HTTP/1.1', async (t) => {
  const { issuer, session } = await start(t);
  const token = issuer.token({ sub: 'me', topics: ['>'] });
  const done = async (...request) => {
    const answer = ask(session, ...request);
    await waitFor('an answer', () => answer.ended);
    return answer;
  };
  const given = await done({ ':path': '/v1/tickets', ':method': 'POST', ...bearer(token) }, '{}');
  assert.equal(given.status, 201);
  const { ticket } = JSON.parse(given.text);
  for (const head of [{ ':path': `/v1/events?ticket=${ticket}` },
    // As browsers may cut it (RFC 9113 section 8.2.3).
    { ':path': '/v1/events', cookie: ['a=b', `sse_gateway=${token}`] }]) {
    const answer = ask(session, head);
    await reads(answer, 'gateway.hello');
    assert.equal(answer.status, 200);
  }
  const missing = await done({ ':path': '/v1/events' });
  assert.deepEqual([missing.status, missing.fields['www-authenticate']], [401, 'Bearer']);
  const twice = await done({ ':path': `/v1/events?ticket=${ticket}`, ...bearer(token) });
  assert.equal(twice.status, 400);
  const foreign = await done({ ':path': '/v1/snapshot', ...bearer(`${token}x`) });
  assert.equal(foreign.status, 401);
  const stranger = await done({ ':path': '/v1/events', ...bearer(new Issuer().token({})) });
  assert.equal(JSON.parse(stranger.text).check, 'signature');
});
