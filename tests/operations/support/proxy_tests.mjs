// What docs/operations/proxies.md promises of a proxy in front of the gateway, for each proxy that can
// be run.

import assert from 'node:assert/strict';
import https from 'node:https';
import { test } from 'node:test';

import { metric, startGateway, waitFor } from '../../integration/gateway.mjs';
import { EventPublisher, eventOf, numberOf, status } from './event_publisher.mjs';
import { EventSource } from './event_source.mjs';
import { startSite } from './site.mjs';
import { SlowReader } from './slow_reader.mjs';

const trusting = ['--trusted_proxies=127.0.0.1'];

// Of the promises about time-outs: the proxy's is shortened to idleSeconds, and the heartbeat is well
// below it or far above.
const idleSeconds = 2;
const beating = ['--heartbeat_interval=500ms', '--retry=300ms'];
const silent = ['--heartbeat_interval=60s', '--retry=300ms'];

// start(t, gateway, {idleSeconds, keepOldSeconds, more}) → {url, ca, grpc, reload()}. addedMs: by how
// much what a slow browser reads may be older than without the proxy.
export function testProxy(name, start, { addedMs }) {
  const protocols = ['h2', 'http/1.1'];

  for (const protocol of protocols) {
    test(`${name}, ${protocol}: an event arrives before the next one is published, whatever its size`, async (t) => {
      const gateway = await startGateway(t, {}, trusting);
      const proxy = await start(t, gateway);
      const source = subscribe(t, proxy, 'topic=sizes.>&mode=all', { protocol });
      // Before any event: the head, and the comment behind it.
      await waitFor('the first bytes', () => source.heartbeats > 0);

      const publisher = new EventPublisher(t, gateway.grpc);
      const sizes = [0, 100, 5_000, 60_000, 250_000, 0];
      for (const [n, bytes] of sizes.entries()) {
        const id = await publisher.publish(eventOf('sizes.one', n + 1, bytes));
        await waitFor(`the event of ${bytes} bytes`, () => source.events.at(-1)?.id === id);
        assert.equal(JSON.parse(source.events.at(-1).data).title?.length ?? 0, bytes);
      }
      assert.equal(source.events.length, sizes.length);
      assert.equal(source.answers.length, 1);
    });
  }

  test(`${name}: the answer's fields arrive as the gateway wrote them`, async (t) => {
    const gateway = await startGateway(t, {}, ['--allow_origins=https://page.example.com']);
    const proxy = await start(t, gateway);
    const source = subscribe(t, proxy, '', { headers: { origin: 'https://page.example.com' } });
    await waitFor('the answer', () => source.answers.length > 0);
    const { headers } = source.answers[0];
    assert.equal(headers['content-type'], 'text/event-stream');
    assert.equal(headers['cache-control'], 'no-cache, no-transform');
    assert.equal(headers['x-accel-buffering'], 'no');
    assert.match(headers['x-connection-id'], /./);
    assert.equal(headers['access-control-allow-origin'], 'https://page.example.com');
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.match(headers.vary, /Origin/);
    assert.equal(headers['content-encoding'], undefined);

    // What the gateway refuses is refused: these errors are of the page's making.
    assert.equal((await get(proxy, '/v1/events?topic=')).status, 400);
    assert.equal((await get(proxy, '/v1/events', { headers: { origin: 'https://else.example.com' } })).status, 403);
    assert.equal((await get(proxy, '/nothing')).status, 404);
  });

  for (const protocol of protocols) {
    test(`${name}, ${protocol}: heartbeats hold an idle stream past the proxy's time-out`, async (t) => {
      const gateway = await startGateway(t, {}, [...trusting, ...beating]);
      const proxy = await start(t, gateway, { idleSeconds });
      const source = subscribe(t, proxy, '', { protocol });
      const begun = await whenAnswered(source);
      // Heartbeats come up to a tenth early.
      await waitFor('heartbeats', () => Date.now() - begun > 3.5 * idleSeconds * 1000);
      assert.ok(source.heartbeats >= 10, `${source.heartbeats} heartbeats`);
      assert.equal(source.answers.length, 1, 'the stream was cut');
    });

    test(`${name}, ${protocol}: without heartbeats the proxy cuts an idle stream, and the browser comes back`,
      async (t) => {
        const gateway = await startGateway(t, {}, [...trusting, ...silent]);
        const proxy = await start(t, gateway, { idleSeconds });
        const source = subscribe(t, proxy, '', { protocol });
        await waitFor('a reconnect', () => source.answers.length > 1);
        assert.equal(source.gaveUp, '');
      });

    test(`${name}, ${protocol}: a reload loses no event and repeats none`, async (t) => {
      const gateway = await startGateway(t, {}, [...trusting, '--retry=300ms']);
      const proxy = await start(t, gateway, { keepOldSeconds: 4 });
      const source = subscribe(t, proxy, 'topic=numbers.>&mode=all', { protocol });
      await whenAnswered(source);
      const numbers = publishNumbers(t, new EventPublisher(t, gateway.grpc), 'numbers.all');
      const reach = (n) => waitFor(`event ${n} of ${source.events.length}`, () => source.events.length >= n);
      await reach(20);

      proxy.reload();
      // Some of these were on their way before the reload, but not as many.
      await reach(source.events.length + 20);
      assert.equal(source.answers.length, 1, 'the old workers did not keep the stream');
      // Meanwhile new ones are served.
      const other = subscribe(t, proxy, 'topic=numbers.>', { protocol });
      await waitFor('an event on a new stream', () => other.events.length > 0);

      await waitFor('the old workers to go', () => source.answers.length > 1);
      await reach(source.events.length + 20);
      const last = await numbers.end();
      await reach(last);
      assert.deepEqual(source.events.map(numberOf), Array.from({ length: last }, (_, i) => i + 1));
      assert.deepEqual(source.answers.map((answer) => answer.status), [200, 200]);
      assert.equal(await metric(gateway, 'sse_gateway_resumes_total{outcome="reset"}'), 0);
    });
  }

  test(`${name}: the limit for one address counts browsers, and believes none of them`, async (t) => {
    const gateway = await startGateway(t, {}, [...trusting, '--max_connections_per_ip=1']);
    const proxy = await start(t, gateway);
    const first = subscribe(t, proxy, 'start=live', { localAddress: '127.0.0.2' });
    await whenAnswered(first);
    const other = subscribe(t, proxy, 'start=live', { localAddress: '127.0.0.3' });
    await whenAnswered(other);
    for (const headers of [{}, { 'x-forwarded-for': '127.0.0.9' }, { forwarded: 'for=127.0.0.9' },
      { 'x-forwarded-for': '127.0.0.9, 127.0.0.1', forwarded: 'for=127.0.0.9' }]) {
      const second = subscribe(t, proxy, 'start=live', { localAddress: '127.0.0.2', headers });
      await waitFor(`busy, with ${JSON.stringify(headers)}`, () => second.events.length > 0);
      assert.deepEqual(second.events[0], { id: '', type: 'gateway.bye', data: '{"reason":"busy"}' });
      second.close();
    }
    assert.equal(await metric(gateway, 'sse_gateway_connections'), 2);
    assert.deepEqual([first.events, other.events], [[], []]);
  });

  test(`${name}: with the proxy not trusted all browsers have its address`, async (t) => {
    const gateway = await startGateway(t, {}, ['--max_connections_per_ip=1']);
    const proxy = await start(t, gateway);
    await whenAnswered(subscribe(t, proxy, 'start=live', { localAddress: '127.0.0.2' }));
    const other = subscribe(t, proxy, 'start=live', { localAddress: '127.0.0.3' });
    await waitFor('busy', () => other.events.length > 0);
    assert.equal(other.events[0].type, 'gateway.bye');
  });

  test(`${name}: a browser that does not read delays no other, and ends at the latest state`, async (t) => {
    const gateway = await startGateway(t, {}, trusting);
    const proxy = await start(t, gateway);
    const slow = subscribe(t, proxy, 'topic=states.>', { protocol: 'http/1.1' });
    const others = protocols.map((protocol) => subscribe(t, proxy, 'topic=states.>&mode=all', { protocol }));
    for (const source of [slow, ...others]) await whenAnswered(source);
    slow.pause();

    const publisher = new EventPublisher(t, gateway.grpc);
    let last;
    // 15 MB: what the proxy and the kernel hold for the slow one is less.
    for (let n = 1; n <= 75; ++n) {
      const dashboard = { id: 'one', user: n, title: 'x'.repeat(200_000) };
      last = await publisher.publish({ topic: 'states.one', dashboard });
      await waitFor(`event ${n}`, () => others.every((source) => source.events.length === n));
    }
    await waitFor('it to be behind, and no other',
      async () => await metric(gateway, 'sse_gateway_lagging_connections') === 1);
    slow.resume();
    await waitFor('the latest state', () => slow.events.at(-1)?.id === last);
    assert.equal(slow.answers.length, 1);
  });

  test(`${name}: what a slow browser reads is about as fresh as without the proxy`, async (t) => {
    const gateway = await startGateway(t, {}, trusting);
    const proxy = await start(t, gateway);
    const direct = new SlowReader(t, `http://${gateway.http}/v1/events?topic=states.>`);
    const behind = new SlowReader(t, `${proxy.url}/v1/events?topic=states.>`, { ca: proxy.ca });
    const stream = new EventPublisher(t, gateway.grpc).openStream();
    const began = Date.now();
    while (Date.now() - began < 12_000) {
      const title = `${Date.now()} ${'x'.repeat(20_000)}`;
      await stream.publish({ topic: 'states.one', dashboard: { id: 'one', title } });
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    stream.close();
    const [without, within] = [direct, behind].map((reader) => reader.medianAgeMs());
    t.diagnostic(`age of events at 500 kB/s: ${without} ms without the proxy, ${within} ms with it`);
    // On the way to both is the same machine, however busy it is.
    assert.ok(within - without < addedMs, `${within - without} ms older`);
  });

  test(`${name}: Chromium's own EventSource, of a page of another origin, outlives the gateway`, async (t) => {
    const site = await startSite(t);
    const flags = [...trusting, `--allow_origins=${site.origin}`];
    const first = await startGateway(t, {}, flags);
    const proxy = await start(t, first);
    const page = await site.open(t, `${proxy.url}/v1/events?topic=numbers.>`);
    await waitFor('the page to be subscribed', () => page.opened === 1);
    await first.program.end('SIGKILL');
    // Each answer of the proxy is a stream to it, which opens and ends.
    await waitFor(() => `the page to come back, ${JSON.stringify(page)}`, () => page.opened >= 2);
    const second = await startGateway(t, first, flags);
    await new EventPublisher(t, second.grpc).publish(eventOf('numbers.one', 2));
    await waitFor(() => `an event of the new gateway, ${JSON.stringify(page)}`, () => page.events.length > 0);
    assert.equal(numberOf({ data: page.events[0] }), 2);
    assert.equal(page.closed, false);
  });

  test(`${name}: a gateway is replaced behind it, and no browser gives up`, async (t) => {
    const first = await startGateway(t, {}, trusting);
    const proxy = await start(t, first);
    const origin = 'https://page.example.com';
    const sources = protocols.map((protocol) =>
      subscribe(t, proxy, 'topic=numbers.>', { protocol, headers: { origin } }));
    for (const source of sources) await whenAnswered(source);
    const id = await new EventPublisher(t, first.grpc).publish(eventOf('numbers.one', 1));
    for (const source of sources) await waitFor('an event', () => source.events.length > 0);

    assert.deepEqual(await first.program.end('SIGTERM'), { code: 0, signal: null });
    for (const source of sources) {
      await waitFor('its last words', () => source.events.length > 1);
      assert.deepEqual(source.events[1], { id, type: 'gateway.bye', data: '{"reason":"drain"}' });
      source.retryMs = 100; // not as long as it was told to wait
    }

    // Nobody listens: the proxy tells each when to come back.
    const away = (source) => source.answers.find(({ headers }) => !('x-connection-id' in headers));
    for (const source of sources) {
      const { headers } = await waitFor('an answer of the proxy', () => away(source));
      assert.equal(headers['cache-control'], 'no-cache, no-transform');
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.equal(headers.vary, 'Origin');
    }
    const retries = new Set();
    await waitFor(() => `different times to come back, not ${[...retries]}`, async () => {
      const answer = await get(proxy, '/sse');
      assert.equal(answer.status, 200);
      const [, retryMs] = answer.body.match(/^retry: (\d+)\n: no gateway\n\n$/);
      assert.ok(retryMs >= 1000 && retryMs <= 5500, retryMs);
      return retries.add(retryMs).size >= 4;
    });
    // But this is no stream: who polls has to see the error.
    assert.match(String((await get(proxy, '/v1/snapshot')).status), /^50[234]$/);

    const second = await startGateway(t, first, trusting);
    await new EventPublisher(t, second.grpc).publish(eventOf('numbers.one', 2));
    for (const source of sources) {
      await waitFor('the new gateway', () => {
        const { type, data } = source.events.at(-1);
        return type === 'message' && numberOf({ data }) === 2;
      });
      assert.equal(source.gaveUp, '');
    }
  });

  test(`${name}: a gateway that is killed leaves its browsers coming back`, async (t) => {
    const first = await startGateway(t, {}, [...trusting, '--retry=300ms']);
    const proxy = await start(t, first);
    const sources = protocols.map((protocol) => subscribe(t, proxy, '', { protocol }));
    for (const source of sources) await whenAnswered(source);
    await first.program.end('SIGKILL');
    await startGateway(t, first, trusting);
    for (const source of sources) {
      await waitFor('the new gateway',
        () => source.answers.slice(1).some(({ headers }) => 'x-connection-id' in headers));
      assert.equal(source.gaveUp, '');
    }
  });

  test(`${name}: publishers reach the gateway, with streams that are long, and idle for long`, async (t) => {
    const first = await startGateway(t, {}, [...trusting, ...beating]);
    const proxy = await start(t, first, { idleSeconds });
    const source = subscribe(t, proxy, 'topic=numbers.>&mode=all');
    await whenAnswered(source);
    const publisher = new EventPublisher(t, proxy.grpc);
    await publisher.publish(eventOf('numbers.one', 1));

    // 4 MB in one stream.
    const stream = publisher.openStream();
    for (let n = 2; n <= 21; ++n) await stream.publish(eventOf('numbers.one', n, 200_000));
    // Longer than a browser's stream may be silent.
    const { heartbeats } = source;
    await waitFor('heartbeats', () => source.heartbeats > heartbeats + 6);
    const id = await stream.publish(eventOf('numbers.one', 22));
    stream.close();
    await waitFor('the last event', () => source.events.at(-1)?.id === id);
    assert.deepEqual(source.events.map(numberOf), Array.from({ length: 22 }, (_, i) => i + 1));

    await first.program.end('SIGKILL');
    await assert.rejects(publisher.publish(eventOf('numbers.one', 23)), { code: status.UNAVAILABLE });
    await startGateway(t, first, trusting);
    await waitFor('the new gateway', async () => {
      try {
        return await publisher.publish(eventOf('numbers.one', 24));
      } catch (error) {
        assert.equal(error.code, status.UNAVAILABLE);
        return false;
      }
    });
  });
}

const subscribe = (t, proxy, query, options) =>
  new EventSource(t, `${proxy.url}/v1/events?${query}`, { ca: proxy.ca, ...options });

// The time of the answer.
async function whenAnswered(source) {
  await waitFor(() => `the answer ${source.gaveUp}`, () => source.heartbeats > 0);
  return Date.now();
}

// {status, body}
function get(proxy, path, options = {}) {
  return new Promise((resolve, reject) => {
    https.get(proxy.url + path, { ca: proxy.ca, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => { body += text; });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}

// Publishes 1, 2, … until end(), which returns the last one.
function publishNumbers(t, publisher, topic) {
  let ended = false;
  t.after(() => { ended = true; });
  const done = (async () => {
    for (let n = 1; ; ++n) {
      await publisher.publish(eventOf(topic, n));
      if (ended) return n;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  done.catch(() => {}); // whoever waits for the end is told
  return { end: () => { ended = true; return done; } };
}
