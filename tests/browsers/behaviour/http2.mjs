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
    // In the second tab one that is read, and in the third none.
    const hotStreams = [3, 1, 0];
    const tabs = await Promise.all(hotStreams.map(() => Streams.open(t, browser)));
    for (const [i, tab] of tabs.entries()) {
      await tab.start(url('ticks'), 1);
      await tab.start(url('hot'), hotStreams[i]);
      await tab.until('live', ({ lives }) => lives === 1);
    }
    const publisher = new EventPublisher(t, gateway.grpc);
    let count = 0;
    const publish = (topic, bytes) => publisher.publish({
      topic, dashboard: { id: topic, user: ++count, title: 'x'.repeat(bytes) },
    });
    const ticks = [];
    const tick = async () => {
      const number = count + 1;
      await publish('ticks', 0);
      ticks.push({ number, at: Date.now() });
    };
    const timers = [setInterval(tick, 100), setInterval(() => publish('hot', 100_000), 40)];
    t.after(() => timers.forEach(clearInterval));
    for (const tab of tabs) await tab.until('events', ({ got }) => got.length > 0);

    const end = Date.now() + 8_000;
    const busy = tabs[0].tab.evaluate((until) => { while (Date.now() < until); }, end);
    await waitFor(async () => await metric(gateway, 'sse_gateway_lagging_connections') >= 3, 'its streams wait');
    const waiting = Date.now();
    await busy;
    timers.forEach(clearInterval);
    // A browser on a busy machine may be late by seconds; one that is held up is so until the end.
    const due = ticks.filter(({ at }) => at > waiting && at < end - 3_000).map(({ number }) => number);
    assert.ok(due.length > 5, `${due.length} ticks were published while the streams waited`);
    for (const tab of tabs.slice(1)) {
      const [{ got, at }] = await tab.all();
      const newest = Math.max(...got.filter((_, i) => at[i] < end));
      assert.ok(newest >= due.at(-1), `the newest in time was ${newest}, published were ${due}`);
    }
    // It catches up where it was.
    await tabs[0].until('the last event', ({ got }) => got.at(-1) > count - 10);
    assert.equal(await sockets(gateway), 1);
    assert.equal(await metric(gateway, 'sse_gateway_connections'), 7);
  });
}
