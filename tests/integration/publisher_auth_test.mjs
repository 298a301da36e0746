// Who may publish, with the example publishers: by token and by certificate.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import {
  gatewayBinary, hostDashboardBinary, metric, Program, root, startGateway, subscribe, waitFor,
} from './gateway.mjs';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'publishers-'));
test.after(() => fs.rmSync(directory, { recursive: true }));
const file = (name) => path.join(directory, name);
const write = (name, text) => { fs.writeFileSync(file(name), text); return file(name); };

// --- An issuer.

const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = write('keys.json', JSON.stringify({ keys: [{ ...issuer.publicKey.export({ format: 'jwk' }), kid: 'a' }] }));
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenOf(claims) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const text = `${encode({ alg: 'ES256', kid: 'a' })}.${encode({ sub: 'shop', exp, ...claims })}`;
  const signature = sign('sha256', text, { key: issuer.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

// --- An authority, and certificates of it.

const openssl = (...args) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=stranger', '-keyout', 'stranger.key', '-out', 'stranger.pem');

function certificate(name, san, authority = 'ca') {
  write(`${name}.ext`, `subjectAltName=${san}\n`);
  openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`,
    '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  return { PUBLISH_CA: file('ca.pem'), PUBLISH_CERT: file(`${name}.pem`), PUBLISH_KEY: file(`${name}.key`) };
}

certificate('server', 'DNS:localhost,IP:127.0.0.1');
const tls = [
  `--grpc_tls_cert_file=${file('server.pem')}`, `--grpc_tls_key_file=${file('server.key')}`,
  `--grpc_client_ca_file=${file('ca.pem')}`,
];

// --- The example publishers, which publish dashboards.<id>.

function stubs() {
  const gen = file('gen');
  if (!fs.existsSync(gen)) {
    fs.mkdirSync(gen);
    execFileSync('protoc', [
      '-I', 'proto', `--python_out=${gen}`, `--grpc_python_out=${gen}`,
      '--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin',
      'ssegateway/v1/dashboard.proto', 'ssegateway/v1/publisher.proto',
    ], { cwd: root });
  }
  return gen;
}

function startPython(t, gateway, environment, args = []) {
  return new Program(t, '/usr/bin/python3', [path.join(root, 'examples/python/publish.py'), ...args, gateway.grpc], {
    env: { ...process.env, ...environment, PYTHONPATH: stubs(), PYTHONDONTWRITEBYTECODE: '1' },
  });
}

function startNode(t, gateway, environment, args = []) {
  return new Program(t, process.execPath, [path.join(root, 'examples/node/publish.js'), ...args, gateway.grpc], {
    env: { ...process.env, ...environment },
  });
}

function startHost(t, gateway, { PUBLISH_TOKEN, PUBLISH_CA, PUBLISH_CERT, PUBLISH_KEY }) {
  const flags = [`--target=${gateway.grpc}`, '--id=host', '--interval=100ms'];
  if (PUBLISH_TOKEN) flags.push(`--token_file=${write('token', `${PUBLISH_TOKEN}\n`)}`);
  if (PUBLISH_CA) flags.push(`--ca_file=${PUBLISH_CA}`);
  if (PUBLISH_CERT) flags.push(`--cert_file=${PUBLISH_CERT}`, `--key_file=${PUBLISH_KEY}`);
  return new Program(t, hostDashboardBinary, flags);
}

// calls: what each makes; host_dashboard watches the demand too.
const examples = [
  { name: 'publish.py', start: startPython, topic: 'dashboards.orders', calls: 1 },
  { name: 'publish.js', start: startNode, topic: 'dashboards.checkout', calls: 1 },
  { name: 'host_dashboard', start: startHost, topic: 'dashboards.host', calls: 2 },
];

const authTotal = (gateway, result) =>
  metric(gateway, `sse_gateway_auth_total{side="publisher",result="${result}"}`);

for (const { name, start, topic, calls } of examples) {
  test(`${name} shows a token and publishes what it grants`, async (t) => {
    const gateway = await startGateway(t, {}, ['--publisher_auth=jwt', `--jwt_jwks=${keys}`]);
    const events = await subscribe(t, gateway, `topic=${topic}&mode=all`);
    start(t, gateway, { PUBLISH_TOKEN: tokenOf({ publish: [topic] }) });
    await waitFor('three events', () => events.length >= 3);
    await waitFor('each call to be counted', async () => await authTotal(gateway, 'ok') === calls);
    assert.match(gateway.program.stderr, /msg="publisher stream opened" peer=\S+ subject=shop\n/);
  });

  test(`${name} is told that its token does not grant its topic`, async (t) => {
    const gateway = await startGateway(t, {}, ['--publisher_auth=jwt', `--jwt_jwks=${keys}`]);
    const program = start(t, gateway, { PUBLISH_TOKEN: tokenOf({ publish: ['other.>'] }) });
    await program.logged(new RegExp(`topic \\\\?"${topic}\\\\?" is outside`));
    await waitFor('the count', async () => await authTotal(gateway, 'forbidden') > 0);
    assert.ok(await metric(gateway, 'sse_gateway_events_received_total{result="forbidden"}') > 0);
    assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="ok"}'), 0);
    await gateway.program.logged(/msg="event refused" code=PERMISSION_DENIED .* subject=shop topic=/);
  });

  test(`${name} is told that it needs a token`, async (t) => {
    const gateway = await startGateway(t, {}, ['--publisher_auth=jwt', `--jwt_jwks=${keys}`]);
    await start(t, gateway, {}).logged(/a token is needed/);
    assert.ok(await authTotal(gateway, 'missing') > 0);
  });

  test(`${name} shows a certificate and publishes what its name may`, async (t) => {
    const grants = write('grants', `# who\nspiffe://example/${name} ${topic}\n* other.>\n`);
    const gateway = await startGateway(t, {}, ['--publisher_auth=mtls', `--publisher_grants_file=${grants}`, ...tls]);
    const events = await subscribe(t, gateway, `topic=${topic}&mode=all`);
    start(t, gateway, certificate(`uri-${name}`, `URI:spiffe://example/${name},DNS:other.example`));
    await waitFor('three events', () => events.length >= 3);
    await waitFor('each call to be counted', async () => await authTotal(gateway, 'ok') === calls);
    assert.match(gateway.program.stderr, new RegExp(`msg="publisher stream opened" peer=\\S+ subject=spiffe://example/${name}\n`));
  });
}

for (const [name, start] of [['publish.py', startPython], ['publish.js', startNode]]) {
  test(`${name} is told of each event of a batch that its token does not grant`, async (t) => {
    const gateway = await startGateway(t, {}, ['--publisher_auth=jwt', `--jwt_jwks=${keys}`]);
    const program = start(t, gateway, { PUBLISH_TOKEN: tokenOf({ publish: ['other.>'] }) }, ['--batch']);
    assert.deepEqual(await program.closed, { code: 1, signal: null });
    assert.deepEqual(program.stderr.match(/^\d(?=: topic .* is outside)/gm), ['1', '2', '3'], program.stderr);
  });
}

test('a certificate counts by its DNS name too, and by none at all under the star', async (t) => {
  const grants = write('grants-dns', 'orders.example dashboards.orders\n* dashboards.checkout\n');
  const gateway = await startGateway(t, {}, ['--publisher_auth=mtls', `--publisher_grants_file=${grants}`, ...tls]);
  const named = certificate('dns', 'DNS:orders.example');
  const other = certificate('other', 'DNS:nobody.example');
  assert.equal((await startPython(t, gateway, named).closed).code, 0);
  assert.equal((await startNode(t, gateway, other).closed).code, 0);
  // Each is refused what is the other's.
  assert.equal((await startNode(t, gateway, named).closed).code, 1);
  assert.equal((await startPython(t, gateway, other).closed).code, 1);
  // A changed file counts at once.
  fs.writeFileSync(grants, 'nobody.example dashboards.orders\n');
  gateway.program.child.kill('SIGHUP');
  await waitFor('the grants', () => gateway.program.stderr.match(/msg="publisher grants"/g).length === 2);
  assert.equal((await startPython(t, gateway, other).closed).code, 0);
  fs.writeFileSync(grants, 'x ..\n');
  gateway.program.child.kill('SIGHUP');
  await gateway.program.logged(/msg="publisher grants not read" .*line 1: /);
  assert.equal((await startPython(t, gateway, other).closed).code, 0);
});

test('a certificate of another authority, or none, does not get in', async (t) => {
  const grants = write('grants-all', '* >\n');
  const gateway = await startGateway(t, {}, ['--publisher_auth=mtls', `--publisher_grants_file=${grants}`, ...tls]);
  assert.equal((await startPython(t, gateway, certificate('strange', 'DNS:orders.example', 'stranger')).closed).code, 1);
  assert.equal((await startPython(t, gateway, { PUBLISH_CA: file('ca.pem') }).closed).code, 1);
  assert.equal((await startPython(t, gateway, {}).closed).code, 1);
  assert.equal(await metric(gateway, 'sse_gateway_events_received_total{result="ok"}'), 0);
});

for (const [name, flags, reason] of [
  ['mtls without grants', ['--publisher_auth=mtls', ...tls], /needs --publisher_grants_file/],
  ['mtls without an authority', ['--publisher_auth=mtls', `--publisher_grants_file=${write('g', '')}`], /needs --grpc_client_ca_file/],
  ['grants with a fault', ['--publisher_auth=mtls', `--publisher_grants_file=${write('bad', 'a b..c\n')}`, ...tls], /--publisher_grants_file=\S+: line 1: /],
  ['jwt without keys', ['--publisher_auth=jwt'], /needs --jwt_jwks/],
]) {
  test(`${name}: exit 2, and --check_config says so`, async (t) => {
    for (const more of [[], ['--check_config']]) {
      const program = new Program(t, gatewayBinary, [...flags, ...more]);
      assert.deepEqual(await program.closed, { code: 2, signal: null });
      assert.match(program.stderr, reason);
    }
  });
}
