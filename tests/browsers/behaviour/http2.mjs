// A page's streams on one HTTP/2 socket with TLS: all of them hear of a drain and come back, and a tab
// that does not read holds up no other.

import assert from 'node:assert/strict';

import { temporaryDirectory } from '../../e2e/support/programs.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { metric, Proxy, startGateway } from '../../integration/gateway.mjs';
import { EventPublisher } from '../../operations/support/event_publisher.mjs';
import { makeCertificate } from '../../operations/support/proxy_ports.mjs';
import { Numbers } from '../support/numbers.mjs';
import { Streams } from '../support/streams.mjs';

// As many as a socket has by default.
const sources = 100;

const tlsFlags = () => {
  const { certificate, key } = makeCertificate(temporaryDirectory('certificate'));
  return [`--http_tls_cert_file=${certificate}`, `--http_tls_key_file=${key}`, '--retry=150ms'];
};
const sockets = (gateway) => metric(gateway, 'sse_gateway_transports{protocol="h2",tls="true"}');
const assertOneSocket = async (gateway) => {
  assert.equal(await metric(gateway, 'sse_gateway_connections'), sources);
  assert.equal(await metric(gateway, 'sse_gateway_transports{protocol="h1",tls="true"}'), 0);
  // Firefox opens a second one where the first takes a quarter of a second, and leaves it idle.
  assert.ok([1, 2].includes(await sockets(gateway)));
};

export function http2({ engine, test }) {
  test('has a hundred streams on one socket, through a drain', async (t, browser) => {
    const flags = tlsFlags();
    const first = await startGateway(t, {}, flags);
    const balancer = await Proxy.start(t, first.http);
    const streams = await Streams.open(t, browser);
    const url = `https://${balancer.address}/v1/events?mode=all`;
    // A browser that does not know yet that HTTP/2 is spoken opens a socket for each, up to six.
    await streams.start(url, 1);
    await streams.until('live', ({ lives }) => lives === 1);
    await streams.start(url, sources - 1);
    await streams.until('live', ({ lives }) => lives === 1);
    await assertOneSocket(first);
    const before = new Numbers(new EventPublisher(t, first.grpc));
    while (before.last < 5) await before.publish();
    await streams.until('five events', ({ got }) => got.length === 5);

    // The next one is there before this one leaves, as in a deploy. It has a log of its own.
    const next = await startGateway(t, {}, flags);
    balancer.target = next.http;
    const after = new Numbers(new EventPublisher(t, next.grpc));
    const ended = first.program.end();
    while (after.last < 10) await after.publish();
    const all = await streams.until('ten events more', ({ got }) => got.length >= 15);
    assert.deepEqual(await ended, { code: 0, signal: null });
    for (const one of all) {
      assert.deepEqual([one.readyState, one.lives, one.byes], [1, 2, 1]);
      assert.deepEqual(one.got, [...before.published, ...after.published].map(({ number }) => number));
    }
    await assertOneSocket(next);
  });

  if (!engine.stopsReadingForBusyTabs) return;
  // Three streams of Chromium's window each would take all of the connection's.
  test('goes on in other tabs while a tab with three hot streams does not read', async (t, browser) => {
    const gateway = await startGateway(t, {}, tlsFlags());
    const url = (topic) => `https://${gateway.http}/v1/events?topic=${topic}`;
    const tabs = await Promise.all([0, 1, 2].map(() => Streams.open(t, browser)));
    for (const [i, tab] of tabs.entries()) {
      await tab.start(url('ticks'), 1);
      await tab.start(url('hot'), i === 0 ? 3 : 1);
      await tab.until('live', ({ lives }) => lives === 1);
    }
    const publisher = new EventPublisher(t, gateway.grpc);
    let count = 0;
    const publish = (topic, bytes) => publisher.publish({
      topic, dashboard: { id: topic, user: ++count, title: 'x'.repeat(bytes) },
    });
    const timers = [setInterval(() => publish('ticks', 0), 100), setInterval(() => publish('hot', 100_000), 20)];
    t.after(() => timers.forEach(clearInterval));
    for (const tab of tabs) await tab.until('events', ({ got }) => got.length > 0);

    const begin = Date.now();
    const busy = tabs[0].tab.evaluate((end) => { while (Date.now() < end); }, begin + 5_000);
    await waitFor(async () => await metric(gateway, 'sse_gateway_lagging_connections') >= 3, 'its streams wait');
    await busy;
    const end = Date.now();
    timers.forEach(clearInterval);
    for (const tab of tabs.slice(1)) {
      const [{ at }] = await tab.all();
      const times = [begin, ...at.filter((time) => time > begin && time < end), end];
      const longest = Math.max(...times.slice(1).map((time, i) => time - times[i]));
      assert.ok(longest < 1_500, `nothing came for ${longest} ms`);
    }
    // It catches up where it was.
    await tabs[0].until('the last event', ({ got }) => got.at(-1) > count - 10);
    assert.equal(await sockets(gateway), 1);
    assert.equal(await metric(gateway, 'sse_gateway_connections'), 8);
  });
}
