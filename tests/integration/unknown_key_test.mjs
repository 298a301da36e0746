// A token that names a key which nobody knows yet: its request waits while newer keys are fetched.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { startGateway, waitFor } from './gateway.mjs';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'unknown-key-'));
test.after(() => fs.rmSync(directory, { recursive: true }));
const file = (name) => path.join(directory, name);

execFileSync('openssl', [
  'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
  '-subj', '/CN=keys', '-addext', 'subjectAltName=IP:127.0.0.1',
  '-keyout', file('server.key'), '-out', file('server.crt'),
], { stdio: 'ignore' });

class Key {
  constructor(kid) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.kid = kid;
    this.privateKey = privateKey;
    this.jwk = { ...publicKey.export({ format: 'jwk' }), kid };
  }

  token() {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const text = [{ alg: 'ES256', kid: this.kid }, { sub: 'me', exp, topics: ['>'] }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${sign('sha256', text, { key: this.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }
}

// A server of keys, and a gateway that has its first set. issuer.answer can be replaced.
async function start(t, keys) {
  const issuer = https.createServer(
    { key: fs.readFileSync(file('server.key')), cert: fs.readFileSync(file('server.crt')) },
    (request, response) => { issuer.requests += 1; issuer.answer(response); },
  );
  issuer.requests = 0;
  issuer.serve = (...served) => {
    issuer.answer = (response) => response.writeHead(200, { 'Cache-Control': 'max-age=3600' })
      .end(JSON.stringify({ keys: served.map(({ jwk }) => jwk) }));
  };
  issuer.serve(...keys);
  issuer.listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  t.after(() => { issuer.closeAllConnections(); issuer.close(); });
  const gateway = await startGateway(t, {}, ['--auth=jwt',
    `--jwt_jwks=https://127.0.0.1:${issuer.address().port}/keys`, `--jwt_jwks_ca_file=${file('server.crt')}`]);
  await waitFor('the gateway to be ready',
    async () => (await fetch(`http://${gateway.admin}/readyz`)).status === 200);
  assert.equal(issuer.requests, 1);
  return { issuer, gateway };
}

async function ask(gateway, key, { method = 'GET', path: at = '/v1/events' } = {}) {
  const begin = Date.now();
  const abort = new AbortController();
  const answer = await fetch(`http://${gateway.http}${at}`,
    { method, headers: { Authorization: `Bearer ${key.token()}` }, signal: abort.signal });
  const type = answer.headers.get('content-type');
  const problem = type === 'application/problem+json' ? await answer.json() : undefined;
  abort.abort();
  return { status: answer.status, type, check: problem?.check, ms: Date.now() - begin };
}

for (const [method, at, status] of
  [['GET', '/v1/events', 200], ['GET', '/v1/snapshot', 200], ['POST', '/v1/tickets', 201]]) {
  test(`${method} ${at} waits for the key that its token names`, async (t) => {
    const [old, fresh] = [new Key('old'), new Key('fresh')];
    const { issuer, gateway } = await start(t, [old]);
    assert.equal((await ask(gateway, old, { method, path: at })).status, status);
    issuer.serve(old, fresh);
    assert.equal((await ask(gateway, fresh, { method, path: at })).status, status);
    assert.equal((await ask(gateway, fresh, { method, path: at })).status, status);
    assert.equal(issuer.requests, 2, 'fetched once more, and not for a key that is known');
  });
}

test('many requests wait for one fetch', async (t) => {
  const [old, fresh] = [new Key('old'), new Key('fresh')];
  const { issuer, gateway } = await start(t, [old]);
  issuer.answer = (response) => setTimeout(() => {
    response.end(JSON.stringify({ keys: [old.jwk, fresh.jwk] }));
  }, 500);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, fresh)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(issuer.requests, 2);
});

test('a key that is not there is refused, and not asked for again at once', async (t) => {
  const { issuer, gateway } = await start(t, [new Key('old')]);
  const stranger = new Key('stranger');
  for (let i = 0; i < 5; ++i) {
    const { status, check } = await ask(gateway, stranger);
    assert.deepEqual([status, check], [401, 'key']);
  }
  assert.equal(issuer.requests, 2, 'every 30 s at most');
});

// 2 s, and whatever a busy machine takes.
test('a request waits two seconds at most', async (t) => {
  const { issuer, gateway } = await start(t, [new Key('old')]);
  issuer.answer = () => {};
  const { status, check, ms } = await ask(gateway, new Key('stranger'));
  assert.deepEqual([status, check], [401, 'key']);
  assert.ok(ms >= 1900 && ms < 8000, `${ms} ms`);
  assert.equal((await fetch(`http://${gateway.admin}/healthz`)).status, 200);
});
