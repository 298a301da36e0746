// Where the keys of tokens come from: a file, and a server that may do anything.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { gatewayBinary, metric, Program, startGateway, waitFor } from './gateway.mjs';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'keys-'));
test.after(() => fs.rmSync(directory, { recursive: true }));
const file = (name) => path.join(directory, name);

// A certificate for 127.0.0.1 that is its own authority.
execFileSync('openssl', [
  'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
  '-subj', '/CN=keys', '-addext', 'subjectAltName=IP:127.0.0.1',
  '-keyout', file('server.key'), '-out', file('server.crt'),
], { stdio: 'ignore' });

const jwk = (kid) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid,
});
const setOf = (...kids) => JSON.stringify({ keys: kids.map(jwk) });

// A server on 127.0.0.1; answer(request, response) can be replaced.
async function startServer(t, answer, module = https) {
  const server = module.createServer(
    { key: fs.readFileSync(file('server.key')), cert: fs.readFileSync(file('server.crt')) },
    (request, response) => { ++server.requests; server.answer(request, response); },
  );
  server.answer = answer;
  server.requests = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.closeAllConnections(); server.close(); });
  server.url = `${module === https ? 'https' : 'http'}://127.0.0.1:${server.address().port}/keys`;
  return server;
}

const serves = (text, headers = {}) => (request, response) => response.writeHead(200, headers).end(text);

const startWith = (t, url, flags = [`--jwt_jwks_ca_file=${file('server.crt')}`]) =>
  startGateway(t, {}, ['--auth=jwt', `--jwt_jwks=${url}`, ...flags]);

async function readyz(gateway) {
  const answer = await fetch(`http://${gateway.admin}/readyz`);
  return { status: answer.status, text: await answer.text() };
}
const becomesReady = (gateway) => waitFor('the gateway to be ready', async () => (await readyz(gateway)).status === 200);

async function neverReady(gateway, reason) {
  await gateway.program.logged(reason);
  const { status, text } = await readyz(gateway);
  assert.equal(status, 503);
  assert.match(text, /keys/);
  assert.equal(await metric(gateway, 'sse_gateway_jwks_keys'), 0);
  assert.equal(await metric(gateway, 'sse_gateway_jwks_last_success_timestamp_seconds'), 0);
}

for (const [name, text, reason] of [
  ['is missing', null, /No such file/],
  ['is empty', '', /not a JSON object/],
  ['has no key that fits', JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }), /no key that can be used/],
]) {
  test(`a file that ${name} keeps the gateway from starting`, async (t) => {
    const keys = file(`bad-${name.replaceAll(' ', '-')}`);
    if (text !== null) fs.writeFileSync(keys, text);
    for (const more of [[], ['--check_config']]) {
      const program = new Program(t, gatewayBinary, ['--auth=jwt', `--jwt_jwks=${keys}`, '--http_listen=127.0.0.1:0', '--grpc_listen=127.0.0.1:0', '--admin_listen=127.0.0.1:0', ...more]);
      assert.deepEqual(await program.closed, { code: 2, signal: null });
      assert.match(program.stderr, reason);
      assert.match(program.stderr, /^sse-gateway: --jwt_jwks: .*\n$/);
    }
  });
}

test('a file is read again, and a faulty one changes nothing', async (t) => {
  const keys = file('keys.json');
  fs.writeFileSync(keys, setOf('first'));
  const gateway = await startWith(t, keys, []);
  assert.equal((await readyz(gateway)).status, 200);
  assert.match(gateway.program.stderr, /msg=keys keys=1 not_used=0 kids=first\n/);
  assert.ok(Math.abs(await metric(gateway, 'sse_gateway_jwks_last_success_timestamp_seconds') - Date.now() / 1000) < 60);

  fs.writeFileSync(keys, setOf('first', 'second'));
  gateway.program.child.kill('SIGHUP');
  await gateway.program.logged(/msg=keys keys=2 not_used=0 kids="first second"\n/);
  fs.writeFileSync(keys, '{');
  gateway.program.child.kill('SIGHUP');
  await gateway.program.logged(/msg="keys not read" error="[^"]*keys.json is not a JSON object[^"]*" keys=2\n/);
  assert.equal(await metric(gateway, 'sse_gateway_jwks_keys'), 2);
  assert.equal((await readyz(gateway)).status, 200);
});

test('the gateway is not ready before the first set, and tries again', async (t) => {
  const server = await startServer(t, (request, response) => response.writeHead(503).end());
  const gateway = await startWith(t, server.url);
  await neverReady(gateway, /msg="keys not read" error="https:\S+ answered with 503" keys=0\n/);
  server.answer = serves(setOf('a', 'b'), { 'cache-control': 'max-age=600' });
  await becomesReady(gateway);
  assert.equal(await metric(gateway, 'sse_gateway_jwks_keys'), 2);
  const requests = server.requests;
  assert.ok(requests <= 6, `${requests} tries`);
  // For 600 s it is not asked again.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(server.requests, requests);
});

test('a server that nobody has vouched for is not believed', async (t) => {
  const server = await startServer(t, serves(setOf('a')));
  await neverReady(await startWith(t, server.url, []), /msg="keys not read" error=".*certificate/);
  assert.equal(server.requests, 0);
});

test('a server with a certificate for another name is not believed', async (t) => {
  const server = await startServer(t, serves(setOf('a')));
  await neverReady(await startWith(t, server.url.replace('127.0.0.1', 'localhost')), /msg="keys not read" error=".*(localhost|connect)/);
  assert.equal(server.requests, 0);
});

test('a redirect leads to https alone', async (t) => {
  const clear = await startServer(t, serves(setOf('a')), http);
  const server = await startServer(t, (request, response) => response.writeHead(302, { location: clear.url }).end());
  const gateway = await startWith(t, server.url);
  await neverReady(gateway, /msg="keys not read" error=".*[Pp]rotocol/);
  assert.equal(clear.requests, 0);
  const other = await startServer(t, serves(setOf('a')));
  server.answer = (request, response) => response.writeHead(302, { location: other.url }).end();
  await becomesReady(gateway);
});

test('redirects have an end', async (t) => {
  const server = await startServer(t, (request, response) => response.writeHead(302, { location: '/keys' }).end());
  await neverReady(await startWith(t, server.url), /msg="keys not read" error=".*redirects/);
  assert.ok(server.requests >= 4);
});

test('an answer without end is not read to its end', async (t) => {
  let sent = 0;
  const server = await startServer(t, (request, response) => {
    const more = () => {
      for (let go = !response.destroyed; go; sent += 4096) go = response.write(' '.repeat(4096));
    };
    response.on('drain', more);
    response.writeHead(200);
    more();
  });
  await neverReady(await startWith(t, server.url), /msg="keys not read" error="\S+ answered with more than 65536 bytes"/);
  assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes`); // what sockets hold
});

test('an answer that claims to be compressed is not inflated', async (t) => {
  const server = await startServer(t, serves(Buffer.from('1f8b0800', 'hex'), { 'content-encoding': 'gzip' }));
  await neverReady(await startWith(t, server.url), /msg="keys not read" error=".*not a JSON object/);
});

test('100 keys are the most', async (t) => {
  const key = jwk('a');
  const server = await startServer(t, serves(JSON.stringify({ keys: Array(101).fill(key) })));
  const gateway = await startWith(t, server.url);
  await neverReady(gateway, /msg="keys not read" error=".*101 keys, 100 at most"/);
  server.answer = serves(JSON.stringify({ keys: Array(100).fill(key) })); // all with one kid
  await becomesReady(gateway);
  assert.equal(await metric(gateway, 'sse_gateway_jwks_keys'), 100);
});

test('a server that does not answer holds up neither the gateway nor its end', async (t) => {
  const server = await startServer(t, () => {});
  const gateway = await startWith(t, server.url);
  await waitFor('the request', () => server.requests === 1);
  assert.equal((await readyz(gateway)).status, 503);
  const start = Date.now();
  assert.deepEqual(await gateway.program.end(), { code: 0, signal: null });
  assert.ok(Date.now() - start < 5000);
});

test('a server that does not answer is left after 10 s', async (t) => {
  const server = await startServer(t, (request, response) => { response.writeHead(200); response.write('{'); });
  const gateway = await startWith(t, server.url);
  const start = Date.now();
  await gateway.program.logged(/msg="keys not read" error=".*[Tt]imed out|msg="keys not read" error=".*[Tt]imeout/);
  assert.ok(Date.now() - start > 5000);
  server.answer = serves(setOf('a'));
  await becomesReady(gateway);
});

test('a password in the URL is sent and not logged', async (t) => {
  let authorization;
  const server = await startServer(t, (request, response) => {
    ({ authorization } = request.headers);
    response.writeHead(403).end();
  });
  const gateway = await startWith(t, server.url.replace('https://', 'https://me:hidden@'));
  await gateway.program.logged(/msg="keys not read" error=".*answered with 403"/);
  assert.equal(authorization, `Basic ${Buffer.from('me:hidden').toString('base64')}`);
  assert.doesNotMatch(gateway.program.stderr, /hidden/);
});
