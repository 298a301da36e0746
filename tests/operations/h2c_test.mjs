// Proxies that speak HTTP/2 by prior knowledge to the gateway: HAProxy's `proto h2`, and nghttpx.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';

import { Program, metric, startGateway, waitFor } from '../integration/gateway.mjs';
import { startHaproxy } from './support/haproxy.mjs';
import { freePorts, waitUntilListening } from './support/proxy_ports.mjs';

const proxies = {
  async HAProxy(t, gateway) {
    const { url } = await startHaproxy(t, gateway, {
      more: [[`server gateway1 ${gateway.http}`, `server gateway1 ${gateway.http} proto h2 check-proto h1`, 2]],
    });
    return http2.connect(url, { rejectUnauthorized: false });
  },
  async nghttpx(t, gateway) {
    const [port] = await freePorts(1);
    const [host, gatewayPort] = gateway.http.split(':');
    const program = new Program(t, 'nghttpx', ['--conf=/dev/null', `--frontend=127.0.0.1,${port};no-tls`,
      `--backend=${host},${gatewayPort};;proto=h2`, '--workers=1', '--add-x-forwarded-for']);
    await waitUntilListening(program, [port]);
    return http2.connect(`http://127.0.0.1:${port}`);
  },
};

for (const [name, start] of Object.entries(proxies)) {
  test(`${name} carries streams to the gateway over HTTP/2`, async (t) => {
    const gateway = await startGateway(t, {}, ['--trusted_proxies=127.0.0.1']);
    const session = await start(t, gateway);
    t.after(() => session.destroy());
    const streams = Array.from({ length: 20 }, () => {
      const stream = session.request({ ':path': '/v1/events?topic=a' });
      const got = { stream, text: '', ended: false };
      stream.setEncoding('utf8');
      stream.on('data', (text) => { got.text += text; });
      stream.on('end', () => { got.ended = true; });
      stream.on('error', (error) => { got.error = error; });
      return got;
    });
    await waitFor('all of them', () => streams.every(({ text }) => text.includes('event: gateway.live')));
    assert.ok(await metric(gateway, 'sse_gateway_transports{protocol="h2",tls="false"}') >= 1);
    // One that leaves is noticed.
    streams[0].stream.close(http2.constants.NGHTTP2_CANCEL);
    await waitFor('it to be gone', async () => await metric(gateway, 'sse_gateway_connections') === 19);
    // The gateway leaves: every browser hears of it, and none gets an error.
    await gateway.program.end();
    await waitFor('the ends', () => streams.slice(1).every(({ text, ended }) => ended && text.includes('"drain"')));
    assert.deepEqual(streams.slice(1).filter(({ error }) => error), []);
  });
}
