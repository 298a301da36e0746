// A hundred EventSources of one page in Chromium, over one HTTP/2 connection with TLS.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { Program, metric, startGateway, waitFor } from '../integration/gateway.mjs';

const sources = 100;

const pageOf = (url) => `<!doctype html><script>
  const said = { open: 0, bye: 0, closed: 0 };
  const say = () => fetch("/said", { method: "POST", body: JSON.stringify(said) });
  for (let i = 0; i < ${sources}; ++i) {
    const source = new EventSource("${url}/v1/events?topic=t." + i);
    source.addEventListener("gateway.live", () => { said.open += 1; say(); });
    source.addEventListener("gateway.bye", () => { said.bye += 1; say(); });
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) { said.closed += 1; say(); } };
  }
</script>`;

function temporaryDirectory(t, name) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  // After the end of the browser's other processes, which write to the last.
  t.after(() => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
  return directory;
}

async function openPage(t, url) {
  const page = {};
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const text of request) body += text;
    if (request.url === '/said') Object.assign(page, JSON.parse(body));
    response.writeHead(200, { 'content-type': 'text/html' }).end(request.url === '/' ? pageOf(url) : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.close(); server.closeAllConnections(); });
  const directory = temporaryDirectory(t, 'chromium');
  // As root, as in a container, there is no sandbox; the certificate is the test's own.
  new Program(t, process.env.CHROMIUM_BIN ?? 'chromium', [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-dev-shm-usage', '--ignore-certificate-errors',
    '--remote-debugging-port=0', `--user-data-dir=${directory}`, `http://127.0.0.1:${server.address().port}/`,
  ]);
  return page;
}

test('Chromium has a hundred sources on one socket, through a drain', async (t) => {
  const directory = temporaryDirectory(t, 'certificate');
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(directory, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  const flags = [`--http_tls_cert_file=${certificate}`, `--http_tls_key_file=${key}`, '--retry=300ms'];
  const gateway = await startGateway(t, {}, flags);
  const page = await openPage(t, `https://${gateway.http}`);
  await waitFor('all of them', () => page.open === sources);
  assert.equal(await metric(gateway, 'sse_gateway_connections'), sources);
  assert.equal(await metric(gateway, 'sse_gateway_transports{protocol="h2",tls="true"}'), 1);
  // Another takes its place: each source hears of it, and each comes back by itself.
  await gateway.program.end();
  await waitFor('the goodbyes', () => page.bye >= sources);
  const next = await startGateway(t, gateway, flags);
  await waitFor('all of them again', async () => await metric(next, 'sse_gateway_connections') === sources);
  assert.equal(page.closed, 0, 'a source has given up');
});
