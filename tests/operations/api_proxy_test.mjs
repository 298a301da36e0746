// The HTTP API behind nginx with docs/operations/proxies/nginx-api.conf: TLS, and client certificates.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';

import { accessKey, connect, startApi, token } from '../integration/api.mjs';
import { root, subscribe, waitFor } from '../integration/gateway.mjs';
import { freePorts, startMaster, temporaryDirectory, waitUntilListening } from './support/proxy_ports.mjs';
import { committed, substitute } from './support/substitute.mjs';

const require = createRequire(path.join(root, 'tests/integration/api.mjs'));
const {
  ApiGatewayManagementApiClient, DeleteConnectionCommand, GetConnectionCommand, GoneException, PostToConnectionCommand,
} = require('@aws-sdk/client-apigatewaymanagementapi');

// {certificate, key: texts; files of the same names}
function makeIdentity(directory, name, host) {
  const file = (suffix) => path.join(directory, `${name}.${suffix}`);
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-keyout', file('key'), '-out', file('crt'),
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  return {
    files: { certificate: file('crt'), key: file('key') },
    certificate: fs.readFileSync(file('crt')), key: fs.readFileSync(file('key')),
  };
}

async function startProxy(t, gateway) {
  const directory = temporaryDirectory(t, 'nginx-api');
  fs.chmodSync(directory, 0o711);
  const server = makeIdentity(directory, 'server', 'api.example.com');
  const backend = makeIdentity(directory, 'backend', 'orders.example.com');
  const stranger = makeIdentity(directory, 'stranger', 'orders.example.com');
  const [port] = await freePorts(1);
  const site = substitute(committed('nginx-api.conf'), [
    ['listen 8443 ', `listen 127.0.0.1:${port} `],
    ['/etc/nginx/tls/api.example.com.crt', server.files.certificate],
    ['/etc/nginx/tls/api.example.com.key', server.files.key],
    ['/etc/nginx/tls/backends-ca.crt', backend.files.certificate],
    ['127.0.0.1:8090', gateway.api],
  ]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
  const file = path.join(directory, 'nginx.conf');
  fs.writeFileSync(file, `pid ${directory}/pid; events {} http { access_log off; ${temporary}\n${site}}\n`);
  const program = startMaster(t, 'nginx', ['-p', directory, '-c', file, '-e', 'stderr', '-g', 'daemon off;']);
  await waitUntilListening(program, [port]);
  const agentOf = (identity) => new https.Agent({
    ca: server.certificate, cert: identity?.certificate, key: identity?.key,
    lookup: (host, { all }, done) => done(null, ...(all ? [[{ address: '127.0.0.1', family: 4 }]] : ['127.0.0.1', 4])),
  });
  return { url: `https://api.example.com:${port}`, backend: agentOf(backend), stranger: agentOf(stranger), nobody: agentOf() };
}

const start = (t) => startApi(t, ['--allowed_hosts=api.example.com,127.0.0.1']);

test("Amazon's client signs through TLS, also with an id that has to be encoded", async (t) => {
  const gateway = await start(t);
  const { url, backend } = await startProxy(t, gateway);
  const client = new ApiGatewayManagementApiClient({
    region: 'eu-central-1', credentials: accessKey, maxAttempts: 1, endpoint: `${url}/prod`, requestHandler: { httpsAgent: backend },
  });
  t.after(() => client.destroy());
  const browser = await connect(t, gateway);
  await client.send(new PostToConnectionCommand({ ConnectionId: browser.id, Data: 'hello' }));
  await waitFor('the message', () => browser.events.some(({ data }) => data === 'hello'));
  assert.equal((await client.send(new GetConnectionCommand({ ConnectionId: browser.id }))).Identity.SourceIp, '127.0.0.1');
  await client.send(new DeleteConnectionCommand({ ConnectionId: browser.id }));
  await browser.ended;
  for (const id of [browser.id, 'L0SM9cOFvHcCIhw=', 'a b/c']) {
    await assert.rejects(client.send(new PostToConnectionCommand({ ConnectionId: id, Data: 'x' })), GoneException, id);
  }
});

test('events are published through TLS, and nobody without a certificate of yours gets as far as the gateway', async (t) => {
  const gateway = await start(t);
  const { url, backend, stranger, nobody } = await startProxy(t, gateway);
  const events = await subscribe(t, gateway, 'topic=t&mode=all');
  const publish = (agent, body) => new Promise((resolve, reject) => {
    https.request(`${url}/v1/publish?topic=t`, {
      method: 'POST', agent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    }, (response) => { response.resume(); resolve(response.statusCode); }).on('error', reject).end(body);
  });
  for (const agent of [stranger, nobody]) {
    // nginx answers 400 after the handshake, or the handshake fails: whichever TLS has it.
    assert.notEqual(await publish(agent, '1').catch((error) => error.code), 200);
  }
  const lines = Array.from({ length: 12 }, (_, i) => JSON.stringify(`${i}${'x'.repeat(200_000)}`));
  assert.equal(await publish(backend, lines.join('\n')), 200);
  await waitFor('the events', () => events.length === lines.length);
  assert.deepEqual(events.map(({ data }) => Number.parseInt(data, 10)), lines.map((_, i) => i));
});
