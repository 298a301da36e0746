// Proxies that keep connections to the gateway and use them again. A request that meets the gateway's close of such a
// connection is answered by the proxy with 502, at which a native EventSource gives up for good.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { describe, test } from 'node:test';

import { startGateway, waitFor } from '../integration/gateway.mjs';
import { startHaproxy } from './support/haproxy.mjs';

// A reverse proxy as many have written it: a pool of connections, and 502 where one of them fails. {url, ports: of the
// connections that it opened to the gateway}
async function startNodeProxy(t, gateway, options) {
  const agent = new http.Agent({ keepAlive: true, ...options });
  const [host, port] = gateway.http.split(':');
  const ports = new Set();
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    const upstream = http.request({ agent, host, port, method, path: url, headers: { ...headers, connection: 'keep-alive' } });
    upstream.on('response', (answer) => {
      ports.add(upstream.socket.localPort);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', ({ code }) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'x-why': `${code}, ${upstream.reusedSocket ? 'used before' : 'new'}` }).end();
    });
    response.on('close', () => upstream.destroy());
    upstream.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.close(); server.closeAllConnections(); agent.destroy(); });
  return { url: `http://127.0.0.1:${server.address().port}`, ports };
}

// Resolves to the answer at its end: {status, headers, body}, or status 0 where the connection ended without one.
function ask(url, options = {}) {
  return new Promise((resolve) => {
    const { get } = url.startsWith('https:') ? https : http;
    get(url, { agent: false, ...options }, (response) => {
      let body = '';
      response.on('data', (text) => { body += text; });
      const done = () => resolve({ status: response.statusCode, headers: response.headers, body });
      response.on('end', done);
      response.on('error', done);
    }).on('error', () => resolve({ status: 0, headers: {}, body: '' }));
  });
}

// Asks `count` times, so many at a time, and returns how many answers were of each kind.
async function askOften(url, { count, atOnce, ...options }) {
  const kinds = {};
  let begun = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (begun++ < count) {
      const { status, headers } = await ask(url, options);
      const kind = status === 200 && 'x-connection-id' in headers ? 'gateway' : `proxy, ${status}`;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
  }));
  return kinds;
}

describe('proxies with pools of connections', { concurrency: 4 }, () => {
  // Each stream ends by its age, so its connection is asked for by the next request at that moment.
  const ageing = ['--max_connection_age=200ms'];

  test('streams that end leave none of the next requests without an answer, behind a pool of Node', async (t) => {
    const gateway = await startGateway(t, {}, ageing);
    const { url } = await startNodeProxy(t, gateway, { maxSockets: 5 });
    assert.deepEqual(await askOften(`${url}/v1/events`, { count: 120, atOnce: 20 }), { gateway: 120 });
  });

  test('the same behind HAProxy with http-reuse always', async (t) => {
    const gateway = await startGateway(t, {}, ageing);
    const reusing = [['backend events\n', 'backend events\n    http-reuse always\n']];
    const { url, ca } = await startHaproxy(t, gateway, { more: reusing });
    // A browser's next request comes by the connection of the one before.
    const agent = new https.Agent({ keepAlive: true, maxSockets: 40, ca });
    t.after(() => agent.destroy());
    assert.deepEqual(await askOften(`${url}/v1/events`, { count: 300, atOnce: 60, agent }), { gateway: 300 });
  });

  test('a connection on which nothing is asked stays open for longer than a request may take', async (t) => {
    const gateway = await startGateway(t, {}, ['--request_header_timeout=500ms', '--keepalive_timeout=4s']);
    const { url, ports } = await startNodeProxy(t, gateway, { maxSockets: 1 });
    for (let n = 0; n < 3; ++n) {
      assert.equal((await ask(`${url}/v1/snapshot`)).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 1200)); // the pool is idle
    }
    assert.equal((await ask(`${url}/v1/snapshot`)).status, 200);
    assert.equal(ports.size, 1, 'the gateway closed the connection of the pool');
  });

  test('answers that are polled come while the gateway drains, until it takes no more connections', async (t) => {
    const gateway = await startGateway(t, {}, ['--drain_delay=2s', '--drain_window=1s']);
    const { url } = await startNodeProxy(t, gateway, { maxSockets: 10 });
    const kinds = new Map();
    let isOver = false;
    const pollers = Array.from({ length: 10 }, async () => {
      while (!isOver) {
        const { status, headers } = await ask(`${url}/v1/snapshot`);
        const kind = `${status} ${headers['x-why'] ?? ''}`.trim();
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    });
    await waitFor('answers before it', () => kinds.get('200') > 100);
    await gateway.program.end('SIGTERM');
    isOver = true;
    await Promise.all(pollers);
    t.diagnostic(JSON.stringify(Object.fromEntries(kinds)));
    // Once nobody listens new connections are refused, and those that nobody has accepted are reset. But no connection of
    // the pool may end under a request.
    assert.deepEqual([...kinds.keys()].filter((kind) => kind.includes('used before')), []);
    assert.deepEqual([...kinds.keys()].filter((kind) => !/^(200|502 ECONN(REFUSED|RESET), new)$/.test(kind)), []);
  });
});
