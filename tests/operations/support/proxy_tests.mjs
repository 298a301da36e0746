// What docs/operations/proxies.md promises of a proxy in front of the gateway, for each proxy that can
// be run.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { describe, test } from 'node:test';

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

// What a proxy answers while no gateway is there: the id that it was told, and the time to come back.
export const awayStream = /^:\nevent: gateway\.cut\ndata: {}\n(?:(?:id: (.*)|:)\n)?\nevent: gateway\.bye\nretry: (\d+)\ndata: {"reason":"busy"}\n\n$/;

// What most proxies can do; one that cannot says so.
const most = {
  // What it speaks to browsers.
  protocols: ['h2', 'http/1.1'],
  // While no gateway is there a browser gets a stream that tells it to come back ('stream'), or its
  // connection is closed ('closed').
  whileAway: 'stream',
  // The times to come back, in ms.
  retries: [1000, 5500],
  // With these protocols it tells the gateway that a browser has left an idle stream, and not only when it
  // next writes to it.
  noticesLeaving: ['h2', 'http/1.1'],
  // Streams of one connection over HTTP/2.
  streamsOnOne: 100,
  // It adds the browser's address to X-Forwarded-For.
  tellsAddresses: true,
  // It cuts a stream that is silent.
  cutsSilence: true,
  // It takes no more from the gateway than a browser that does not read takes, and some buffers.
  holdsLittle: true,
  // After a reload it keeps the old streams for as long as it is told ('bounded'), until their end
  // ('kept'), or it cannot be reloaded with streams open (false).
  reload: 'bounded',
  // Publishers go through it too.
  carriesPublishers: true,
  // By how many ms what a slow browser reads may be older than without the proxy. undefined: not measured.
  addedMs: undefined,
  // A page in Chromium goes through it.
  inChromium: false,
};

// start(t, gateway, {idleSeconds, keepOldSeconds, more}) → {url, ca, grpc, reload()}
export function testProxy(name, start, abilities) {
  const can = { ...most, ...abilities };
  const { protocols } = can;

  // They wait more than they work. What measures time runs alone, below.
  describe(name, { concurrency: 6 }, () => {
    for (const protocol of protocols) {
      test(`${name}, ${protocol}: an event arrives before the next one is published, whatever its size`, async (t) => {
        const gateway = await startGateway(t, {}, trusting);
        const proxy = await start(t, gateway);
        const headers = { 'accept-encoding': 'gzip, deflate, br, zstd' };
        const source = subscribe(t, proxy, 'topic=sizes.>&mode=all', { protocol, headers });
        // Before any event: the head, and what frames a stream.
        await waitFor('the first blocks', () => source.framing.length === 3);

        const publisher = new EventPublisher(t, gateway.grpc);
        const sizes = [0, 100, 600, 5_000, 60_000, 250_000, 0];
        for (const [n, bytes] of sizes.entries()) {
          const id = await publisher.publish(eventOf('sizes.one', n + 1, bytes));
          await waitFor(`the event of ${bytes} bytes`, () => source.events.at(-1)?.id === id);
          assert.equal(JSON.parse(source.events.at(-1).data).title?.length ?? 0, bytes);
        }
        assert.equal(source.events.length, sizes.length);
        assert.equal(source.answers.length, 1);
        assert.equal(source.emptyBlocks, 0);
        assert.equal(source.answers[0].headers['content-encoding'], undefined);
      });

      test(`${name}, ${protocol}: the last id reaches the gateway, from the field and from the query`, async (t) => {
        const gateway = await startGateway(t, {}, trusting);
        const proxy = await start(t, gateway);
        const publisher = new EventPublisher(t, gateway.grpc);
        const ids = [];
        for (const n of [1, 2, 3]) ids.push(await publisher.publish(eventOf('numbers.one', n)));
        const query = 'topic=numbers.>&mode=all';
        for (const source of [
          subscribe(t, proxy, query, { protocol, headers: { 'last-event-id': ids[1] } }),
          subscribe(t, proxy, `${query}&lastEventId=${ids[1]}`, { protocol }),
        ]) {
          await waitFor('what came after it', () => source.framing.length === 3);
          assert.deepEqual(source.framing.map(({ type }) => type), ['gateway.cut', 'gateway.hello', 'gateway.live']);
          assert.equal(source.framing[0].id, ids[1]);
          assert.equal(JSON.parse(source.framing[1].data).resumed, true);
          assert.deepEqual(source.events.map(numberOf), [3]);
        }
      });

      test(`${name}, ${protocol}: a browser that leaves an idle stream is gone for the gateway too`, async (t) => {
        const gateway = await startGateway(t, {}, [...trusting, ...(can.noticesLeaving.includes(protocol) ? silent : beating)]);
        const proxy = await start(t, gateway);
        const source = subscribe(t, proxy, '', { protocol });
        await whenAnswered(source);
        const open = () => metric(gateway, 'sse_gateway_connections');
        assert.equal(await open(), 1);
        source.close();
        await waitFor('the gateway to notice', async () => await open() === 0);
      });

      // The gateway takes heads of 32 KiB; some is left for the fields that browsers and proxies add.
      test(`${name}, ${protocol}: a head as large as the gateway takes passes`, async (t) => {
        const gateway = await startGateway(t, {}, trusting);
        const proxy = await start(t, gateway);
        const longId = subscribe(t, proxy, 'start=live', { protocol, headers: { 'last-event-id': 'x'.repeat(16_384) } });
        const filters = Array.from({ length: 1000 }, (_, n) => `topic=numbers.of-a-topic-${n}`).join('&');
        const manyFilters = subscribe(t, proxy, filters, { protocol });
        await waitFor(() => `the answer to a long id: ${longId.gaveUp}`, () => longId.events.length > 0);
        assert.deepEqual(JSON.parse(longId.events[0].data), { reason: 'unknown_id', missed: null });
        await waitFor(() => `the answer to a long query: ${manyFilters.gaveUp}`, () => manyFilters.framing.length > 0);
        const id = await new EventPublisher(t, gateway.grpc).publish(eventOf('numbers.of-a-topic-999', 1));
        await waitFor('an event of the last filter', () => manyFilters.events.at(-1)?.id === id);
      });

      test(`${name}, ${protocol}: 300 streams at a time, and an event for each`, async (t) => {
        const gateway = await startGateway(t, {}, trusting);
        const proxy = await start(t, gateway);
        const streams = await openStreams(t, proxy, 'topic=numbers.>', { protocol, count: 300, onOne: can.streamsOnOne });
        await waitFor(() => `${streams.holding('gateway.live')} streams`, () => streams.holding('gateway.live') === 300);
        await new EventPublisher(t, gateway.grpc).publish(eventOf('numbers.one', 77));
        await waitFor(() => `${streams.holding('event-77')} events`, () => streams.holding('event-77') === 300);
      });

      test(`${name}, ${protocol}: heartbeats hold an idle stream past the proxy's time-out`, async (t) => {
        const gateway = await startGateway(t, {}, [...trusting, ...beating]);
        const proxy = await start(t, gateway, { idleSeconds });
        const source = subscribe(t, proxy, '', { protocol });
        const begun = await whenAnswered(source);
        // Heartbeats come up to a tenth early.
        await waitFor('heartbeats', () => Date.now() - begun > 3.5 * idleSeconds * 1000);
        assert.ok(source.heartbeats >= 10, `${source.heartbeats} heartbeats`);
        assert.equal(source.answers.length, 1, 'the stream was cut');
        assert.equal(source.emptyBlocks, 0);
      });

      test(`${name}, ${protocol}: without heartbeats the proxy cuts an idle stream, and the browser comes back`,
        { skip: !can.cutsSilence && 'it has no time-out for silence' }, async (t) => {
          const gateway = await startGateway(t, {}, [...trusting, ...silent]);
          const proxy = await start(t, gateway, { idleSeconds });
          const source = subscribe(t, proxy, '', { protocol });
          await waitFor('a reconnect', () => source.answers.length > 1);
          assert.equal(source.gaveUp, '');
        });

      test(`${name}, ${protocol}: a reload loses no event and repeats none`,
        { skip: !can.reload && 'it cannot be reloaded' }, async (t) => {
          const gateway = await startGateway(t, {}, [...trusting, '--retry=300ms']);
          const proxy = await start(t, gateway, { keepOldSeconds: 4 });
          const source = subscribe(t, proxy, 'topic=numbers.>&mode=all', { protocol });
          await whenAnswered(source);
          const numbers = publishNumbers(t, new EventPublisher(t, gateway.grpc), 'numbers.all');
          const reach = (n) => waitFor(() => `event ${n} of ${source.events.length}`, () => source.events.length >= n);
          await reach(20);

          proxy.reload();
          // Some of these were on their way before the reload, but not as many.
          await reach(source.events.length + 20);
          assert.deepEqual(source.answers.map(kindOf), ['gateway'], 'the old workers did not keep the stream');
          // Meanwhile new ones are served.
          const other = subscribe(t, proxy, 'topic=numbers.>', { protocol });
          await waitFor('an event on a new stream', () => other.events.length > 0);

          if (can.reload === 'bounded') await waitFor('the old workers to go', () => source.answers.length > 1);
          await reach(source.events.length + 20);
          const last = await numbers.end();
          await reach(last);
          assert.deepEqual(source.events.map(numberOf), Array.from({ length: last }, (_, i) => i + 1));
          assert.deepEqual(source.answers.map(kindOf), can.reload === 'bounded' ? ['gateway', 'gateway'] : ['gateway']);
          assert.equal(await metric(gateway, 'sse_gateway_resumes_total{outcome="reset"}'), 0);
        });
    }

    const lastProtocol = protocols.at(-1);

    test(`${name}: the answer's fields arrive as the gateway wrote them`, async (t) => {
      const gateway = await startGateway(t, {}, ['--allow_origins=https://page.example.com']);
      const proxy = await start(t, gateway);
      const source = subscribe(t, proxy, '', { protocol: protocols[0], headers: { origin: 'https://page.example.com' } });
      await waitFor('the answer', () => source.answers.length > 0);
      const { headers } = source.answers[0];
      assert.match(headers['content-type'], /^text\/event-stream(;|$)/);
      assert.equal(headers['cache-control'], 'no-cache, no-transform');
      assert.equal(headers['x-accel-buffering'], 'no');
      assert.match(headers['x-connection-id'], /./);
      assert.equal(headers['access-control-allow-origin'], 'https://page.example.com');
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.match(headers.vary, /Origin/);
      assert.equal(headers['content-encoding'], undefined);

      // A page that comes by the same address, as the console does, is nobody else's.
      assert.equal((await get(proxy, '/v1/snapshot', { headers: { origin: proxy.url } })).status, 200);

      // What the gateway refuses is refused: these errors are of the page's making.
      assert.equal((await get(proxy, '/v1/events?topic=')).status, 400);
      assert.equal((await get(proxy, '/v1/events', { headers: { origin: 'https://else.example.com' } })).status, 403);
      assert.equal((await get(proxy, '/nothing')).status, 404);
    });

    test(`${name}: the limit for one address counts browsers, and believes none of them`,
      { skip: !can.tellsAddresses && 'it does not speak HTTP' }, async (t) => {
        const gateway = await startGateway(t, {}, [...trusting, '--max_connections_per_ip=1']);
        const proxy = await start(t, gateway);
        const first = subscribe(t, proxy, 'start=live', { protocol: lastProtocol, localAddress: '127.0.0.2' });
        await whenAnswered(first);
        const other = subscribe(t, proxy, 'start=live', { protocol: lastProtocol, localAddress: '127.0.0.3' });
        await whenAnswered(other);
        for (const headers of forgeries) {
          const second = subscribe(t, proxy, 'start=live', { protocol: lastProtocol, localAddress: '127.0.0.2', headers });
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
      await whenAnswered(subscribe(t, proxy, 'start=live', { protocol: lastProtocol, localAddress: '127.0.0.2' }));
      for (const headers of forgeries) {
        const other = subscribe(t, proxy, 'start=live', { protocol: lastProtocol, localAddress: '127.0.0.3', headers });
        await waitFor('busy', () => other.events.length > 0);
        assert.equal(other.events[0].type, 'gateway.bye');
        other.close();
      }
    });

    test(`${name}: a browser that does not read delays no other, and ends at the latest state`,
      { skip: !can.holdsLittle && 'it holds all of it' }, async (t) => {
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

    test(`${name}: Chromium's own EventSource, of a page of another origin, outlives the gateway`,
      { skip: !can.inChromium && 'tried with others' }, async (t) => {
        const site = await startSite(t);
        const flags = [...trusting, `--allow_origins=${site.origin}`];
        const first = await startGateway(t, {}, flags);
        const proxy = await start(t, first);
        const page = await site.open(t, `${proxy.url}/v1/events?topic=numbers.>`);
        await waitFor('the page to be subscribed', () => page.opened === 1);
        await first.program.end('SIGKILL');
        // Each answer of the proxy is a stream to it, which opens and ends.
        if (can.whileAway === 'stream') {
          await waitFor(() => `the page to come back, ${JSON.stringify(page)}`, () => page.opened >= 2);
        }
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

      if (can.whileAway === 'stream') {
        await checkAwayStreams(proxy, sources, { id, origin, retries: can.retries });
      } else {
        // Nobody listens: the connection ends before any answer.
        await assert.rejects(get(proxy, '/sse'));
        for (const source of sources) assert.deepEqual([source.answers.length, source.gaveUp], [1, '']);
      }

      const second = await startGateway(t, first, trusting);
      await new EventPublisher(t, second.grpc).publish(eventOf('numbers.one', 2));
      for (const source of sources) {
        await waitFor(() => `the new gateway: ${source.gaveUp}`, () => {
          const { type, data } = source.events.at(-1);
          return type === 'message' && numberOf({ data }) === 2;
        });
        assert.deepEqual([source.gaveUp, source.emptyBlocks], ['', 0]);
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
          () => source.answers.slice(1).map(kindOf).includes('gateway'));
        assert.equal(source.gaveUp, '');
      }
    });

    test(`${name}: publishers reach the gateway, with streams that are long, and idle for long`,
      { skip: !can.carriesPublishers && 'it is for browsers' }, async (t) => {
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
  });

  test(`${name}: what a slow browser reads is about as fresh as without the proxy`,
    { skip: can.addedMs === undefined && 'measured for others' }, async (t) => {
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
      assert.ok(within - without < can.addedMs, `${within - without} ms older`);
    });
}

// Whose answer it is.
const kindOf = ({ status, headers }) => ('x-connection-id' in headers ? 'gateway' : `proxy, ${status}`);

// While nobody listens the proxy tells each browser when to come back.
async function checkAwayStreams(proxy, sources, { id, origin, retries: [least, latest] }) {
  const ofProxy = (source) => source.answers.find((answer) => kindOf(answer) !== 'gateway');
  for (const source of sources) {
    const { headers } = await waitFor(() => `an answer of the proxy: ${source.gaveUp}`, () => ofProxy(source));
    assert.equal(headers['cache-control'], 'no-cache, no-transform');
    assert.equal(headers['access-control-allow-origin'], origin);
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.equal(headers.vary, 'Origin');
  }
  const retries = new Set();
  const paths = ['/sse', '/sse/', '/v1/events', '/v1/events/'];
  await waitFor(() => `different times to come back, not ${[...retries]}`, async () => {
    paths.push(paths.shift());
    const answer = await get(proxy, paths[0]);
    assert.equal(answer.status, 200);
    const [, , retryMs] = answer.body.match(awayStream) ?? assert.fail(answer.body);
    assert.ok(retryMs >= least && retryMs <= latest, retryMs);
    return retries.add(retryMs).size >= 4 && paths[0] === '/sse';
  });
  // The id is the browser's own, so that the next gateway is asked for what comes after it.
  const [, echoed] = (await get(proxy, '/v1/events?topic=a', { headers: { 'last-event-id': id } })).body.match(awayStream);
  assert.equal(echoed, id);
  for (const nonsense of ['x', 'a b-1', `${id}{`, `${id}x`, '"']) {
    const { body } = await get(proxy, '/v1/events', { headers: { 'last-event-id': nonsense } });
    assert.equal(body.match(awayStream)?.[1], undefined, body);
  }
  // But this is no stream: who polls has to see the error.
  assert.match(String((await get(proxy, '/v1/snapshot')).status), /^50[234]$/);
}

const forgeries = [{}, { 'x-forwarded-for': '127.0.0.9' }, { forwarded: 'for=127.0.0.9' },
  { 'x-forwarded-for': '127.0.0.9, 127.0.0.1', forwarded: 'for=127.0.0.9' }];

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
    const { get: ask } = proxy.url.startsWith('https:') ? https : http;
    ask(proxy.url + path, { ca: proxy.ca, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => { body += text; });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}

// Streams as browsers with many tabs have them: over HTTP/2 several on one connection.
// {holding(text): how many have got it}
async function openStreams(t, proxy, query, { protocol, count, onOne }) {
  const url = new URL(`${proxy.url}/v1/events?${query}`);
  const texts = Array.from({ length: count }, () => '');
  const take = (n, stream) => {
    stream.setEncoding('utf8');
    stream.on('error', () => {});
    stream.on('data', (text) => { texts[n] += text; });
  };
  if (protocol === 'h2') {
    for (let n = 0; n < count; n += onOne) {
      const session = http2.connect(url.origin, { ca: proxy.ca });
      t.after(() => session.destroy());
      await once(session, 'connect');
      for (let i = n; i < Math.min(n + onOne, count); ++i) take(i, session.request({ ':path': url.pathname + url.search }));
    }
  } else {
    const { get: ask } = url.protocol === 'https:' ? https : http;
    for (let n = 0; n < count; ++n) {
      const request = ask(url, { ca: proxy.ca, agent: false }, (response) => take(n, response));
      request.on('error', () => {});
      t.after(() => request.destroy());
    }
  }
  return { holding: (text) => texts.filter((had) => had.includes(text)).length };
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
