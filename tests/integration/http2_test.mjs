// HTTP/2 by prior knowledge, by the clients that people have: Node, curl, nghttp and h2load.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { metric, startGateway, waitFor } from './gateway.mjs';

const run = promisify(execFile);
const streams = 100;

function connect(t, gateway) {
  const session = http2.connect(`http://${gateway.http}`);
  t.after(() => session.destroy());
  return session;
}

// One EventSource as a page has it: keeps its last id and comes back with it.
class Source {
  constructor(session, path) {
    this.path = path;
    this.events = [];
    this.lastId = '';
    this.ends = 0;
    this.open(session);
  }

  open(session) {
    this.text = '';
    this.stream = session.request({
      ':path': this.path, accept: 'text/event-stream', ...(this.lastId && { 'last-event-id': this.lastId }),
    });
    this.stream.setEncoding('utf8');
    this.stream.on('response', (head) => { this.status = head[':status']; });
    this.stream.on('data', (text) => this.take(text));
    this.stream.on('end', () => { this.ends += 1; });
    this.stream.on('error', (error) => { this.error = error; });
  }

  take(text) {
    const blocks = (this.text + text).split('\n\n');
    this.text = blocks.pop();
    for (const block of blocks) {
      const field = (name) => block.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (field('id')) this.lastId = field('id');
      this.events.push({ event: field('event') ?? 'message', data: field('data') });
    }
  }

  has(event) {
    return this.events.some((e) => e.event === event);
  }
}

// A gateway that speaks TLS, with a certificate that nobody else trusts.
async function startTlsGateway(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'http2-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(directory, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  const gateway = await startGateway(t, {}, [`--http_tls_cert_file=${certificate}`, `--http_tls_key_file=${key}`]);
  return { ...gateway, certificate };
}

test('a hundred sources of Node on one socket', async (t) => {
  const gateway = await startGateway(t);
  await checkHundred(gateway, connect(t, gateway));
});

test('a hundred sources of Node on one socket with TLS', async (t) => {
  const gateway = await startTlsGateway(t);
  const session = http2.connect(`https://${gateway.http}`, { ca: fs.readFileSync(gateway.certificate) });
  t.after(() => session.destroy());
  await checkHundred(gateway, session);
});

test('ALPN decides which protocol is spoken', async (t) => {
  const gateway = await startTlsGateway(t);
  for (const [flag, version] of [['--http2', '2'], ['--http1.1', '1.1']]) {
    const { stdout } = await run('curl', ['-s', flag, '--cacert', gateway.certificate, '-o', '/dev/null',
      '-w', '%{http_version} %{http_code}', `https://${gateway.http}/v1/snapshot`]);
    assert.equal(stdout, `${version} 200`);
  }
  const { stdout } = await run('h2load', ['-n', '500', '-c', '5', '-m', '20', `https://${gateway.http}/`]);
  assert.match(stdout, /Application protocol: h2/);
  assert.match(stdout, /500 succeeded, 0 failed, 0 errored/);
});

async function checkHundred(gateway, session) {
  const sources = Array.from({ length: streams }, (_, i) => new Source(session, `/v1/events?topic=t.${i}&start=live`));
  await waitFor('all of them', () => sources.every((s) => s.has('gateway.live')));
  assert.equal(await metric(gateway, 'sse_gateway_connections'), streams);
  // Half of them leave and come back to their place, on the same socket.
  for (const source of sources.slice(0, streams / 2)) source.stream.close(http2.constants.NGHTTP2_CANCEL);
  await waitFor('half of them gone', async () => await metric(gateway, 'sse_gateway_connections') === streams / 2);
  for (const source of sources.slice(0, streams / 2)) source.open(session);
  await waitFor('all of them again', async () => await metric(gateway, 'sse_gateway_connections') === streams);
  // The gateway leaves: each ends, none is cut.
  await gateway.program.end();
  await waitFor('the ends', () => sources.every((s) => s.has('gateway.bye')));
  assert.deepEqual(sources.filter((s) => s.error || s.status !== 200), []);
}

test('curl gets a stream and leaves it', async (t) => {
  const gateway = await startGateway(t);
  const curl = await run('curl', ['-sN', '--http2-prior-knowledge', '-m', '1', '-w', '%{http_version} %{http_code}',
    `http://${gateway.http}/sse`]).catch((error) => error);
  assert.match(curl.stdout, /event: gateway\.live\n/);
  assert.match(curl.stdout, /2 200$/);
  await waitFor('it to be gone', async () => await metric(gateway, 'sse_gateway_connections') === 0);
});

test('curl goes on with HTTP/1.1 where it asks for an upgrade', async (t) => {
  const gateway = await startGateway(t);
  const { stdout } = await run('curl', ['-s', '--http2', '-o', '/dev/null', '-w', '%{http_version} %{http_code}',
    `http://${gateway.http}/v1/snapshot`]);
  assert.equal(stdout, '1.1 200');
});

test('nghttp fetches many things at once', async (t) => {
  const gateway = await startGateway(t);
  const { stdout } = await run('nghttp', ['-v', '-m', '20', `http://${gateway.http}/`, `http://${gateway.http}/v1/snapshot`]);
  assert.equal(stdout.match(/:status: 200/g).length, 40);
  assert.doesNotMatch(stdout, /RST_STREAM|error_code=(?!NO_ERROR)/);
});

test('h2load asks thousands of times', async (t) => {
  const gateway = await startGateway(t);
  const { stdout } = await run('h2load', ['-n', '2000', '-c', '10', '-m', '50', `http://${gateway.http}/v1/snapshot`]);
  assert.match(stdout, /2000 succeeded, 0 failed, 0 errored/);
  assert.match(stdout, /status codes: 2000 2xx/);
});
