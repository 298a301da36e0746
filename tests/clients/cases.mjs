// What is tried with every client, and the words for what it did. Each case is (host, world) => words;
// all cases of a client run beside each other.

import http from 'node:http';

import { quietPorts } from '../e2e/support/ports.mjs';
import { EventPublisher } from '../operations/support/event_publisher.mjs';
import { startGateway } from '../integration/gateway.mjs';
import { Link } from './support/link.mjs';
import { Mock, event, hello } from './support/mock.mjs';
import { textOf } from './support/page.mjs';
import { numbered, randomOf, replayCount } from './support/world.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// How long a client has to come back: longer than any of them waits.
const patienceMs = 7_000;

// Whether the predicate became true in time; source: a Link or Mock that the client would come back to.
async function within(ms, predicate, source) {
  const end = Date.now() + ms;
  for (;;) {
    if (predicate()) return true;
    if (Date.now() > end || source?.idleMs > patienceMs) return false;
    await pause(20);
  }
}

// A gateway of this client's own, which is there as long as the client.
async function gatewayFor(host, world, like = {}, flags = ['--retry=200ms']) {
  const gateway = await startGateway(world.t, like, flags);
  host.keep({ close: () => gateway.program.end('SIGKILL') });
  return gateway;
}

const hasShown = (stream, n) => stream.shown.some((shown) => shown.n === n);

// What is wrong however slow the machine is.
export const isWrongDelivery = (words) => wrongDeliveries.includes(words);
const wrongDeliveries = [
  'messages without data', 'garbled events', 'events twice', 'loses events', 'events out of order', 'ids of other events',
];

// What a client made of numbered events: ids[i] is the id of the event first + i. `undefined`: all right.
function faultOf(stream, ids, first = 1) {
  if (stream.empty > 0) return 'messages without data';
  if (stream.garbage.length > 0) return 'garbled events';
  if (stream.shown.some(({ isIntact }) => !isIntact)) return 'garbled events';
  const shown = stream.shown.filter(({ n }) => n !== undefined); // where all comes to one callback
  const numbers = shown.map(({ n }) => n);
  if (new Set(numbers).size < numbers.length) return 'events twice';
  if (numbers.at(-1) < first + ids.length - 1 || numbers.length === 0) return 'never comes back';
  if (numbers.length < ids.length) return 'loses events';
  if (numbers.some((n, i) => n !== first + i)) return 'events out of order';
  if (shown.some(({ n, id }) => id !== null && id !== ids[n - first])) return 'ids of other events';
  return undefined;
}

// The same for the events of a feed, from the first that the client got to the one numbered `last`.
function faultInFeed(stream, feed, last) {
  const shown = stream.shown.filter(({ n }) => n <= last);
  const first = shown[0]?.n ?? 1;
  return faultOf({ ...stream, shown }, feed.ids.slice(first - 1, last), first);
}

// Cuts of both kinds, one after the other, at random offsets: the first where `retry:` is known by then.
function randomCuts(random, count, largest) {
  const cuts = Array.from({ length: count }, (_, i) => ({
    how: random() < 0.5 ? 'fin' : 'rst',
    after: Math.floor(i === 0 ? 400 + random() * 400 : random() * largest),
  }));
  return (i) => cuts[i];
}

const seedOf = (world, host) => world.seed + [...host.name].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7);

async function cutInReplay(host, world) {
  const link = await host.link(world.live.http, randomCuts(randomOf(seedOf(world, host)), 10, 60_000));
  const stream = host.open(`${link.url}/v1/events?topic=replay&mode=all&start=earliest`);
  await within(25_000, () => hasShown(stream, replayCount) && link.requests.length > 10, link);
  return faultOf(stream, world.replay);
}

async function cutInFeed(host, world) {
  const link = await host.link(world.live.http, randomCuts(randomOf(seedOf(world, host) + 1), 8, 30_000));
  const stream = host.open(`${link.url}/v1/events?topic=feed&mode=all&start=live`);
  await within(25_000, () => link.requests.length > 8, link);
  const last = world.feed.ids.length;
  await within(10_000, () => hasShown(stream, last), link);
  return faultInFeed(stream, world.feed, last);
}

// The second of three events is cut in front of each of its bytes, each in a stream of its own.
async function cutAtEveryByte(host, world) {
  const text = await textOfStream(`http://${world.live.http}/v1/events?topic=sweep&mode=all&start=earliest`, '"user":3');
  const begin = 'data: {"id":"event-2"';
  const frame = text.slice(text.indexOf(begin), text.indexOf('data: {"id":"event-3"'));
  const beforeLastByte = frame.lastIndexOf('\n');
  const offsets = Array.from({ length: frame.length + 3 }, (_, i) => i);
  const lost = [];
  const tryOne = async (offset, how) => {
    const find = (seen) => {
      const start = seen.indexOf(begin);
      return start >= 0 && seen.length >= start + offset ? start + offset : -1;
    };
    const link = await host.link(world.live.http, (i) => (i === 0 ? { how, find, settleMs: 400 } : undefined));
    const stream = host.open(`${link.url}/v1/events?topic=sweep&mode=all&start=earliest`);
    await within(15_000, () => hasShown(stream, 3) && link.requests.length > 1, link);
    const fault = faultOf(stream, world.sweep);
    if (fault) lost.push({ offset, how, fault });
  };
  const tries = offsets.map((offset) => [offset, offset % 2 === 0 ? 'fin' : 'rst'])
    .concat([beforeLastByte - 1, beforeLastByte, beforeLastByte + 1].map((o) => [o, o % 2 === 0 ? 'rst' : 'fin']));
  while (tries.length > 0) await Promise.all(tries.splice(0, 40).map(([offset, how]) => tryOne(offset, how)));
  host.details.sweep = lost;
  if (lost.length === 0) return undefined;
  if (lost.every(({ offset, fault }) => offset === beforeLastByte && fault === 'loses events')) return 'last byte';
  return lost[0].fault;
}

function textOfStream(url, until) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (more) => {
        text += more;
        if (!text.includes(until) || !text.endsWith('\n\n')) return;
        resolve(text);
        request.destroy();
      });
    });
    request.on('error', reject);
  });
}

// A cut in an event: does it resume with nothing lost, twice or garbled?
export async function cut(host, world) {
  const [replay, feed, byte] = await Promise.all([cutInReplay(host, world), cutInFeed(host, world), cutAtEveryByte(host, world)]);
  Object.assign(host.details, { replay, feed, byte });
  if (replay ?? feed) return replay ?? feed;
  if (byte === 'last byte') return 'exact but for 1 byte';
  return byte ?? 'exact';
}

// The stream ends in order: by its age, and because the gateway leaves and another takes over.
export async function ends(host, world) {
  const [aged, drained] = await Promise.all([endsByAge(host, world), endsByDrain(host, world)]);
  Object.assign(host.details, { aged, drained });
  return aged ?? drained ?? 'comes back';
}

async function endsByAge(host, world) {
  const link = await host.link(world.aged.http);
  const stream = host.open(`${link.url}/v1/events?topic=feed&mode=all&start=live`);
  if (!await within(12_000, () => link.requests.length > 3, link)) return 'stops';
  const last = world.agedFeed.ids.length;
  await within(10_000, () => hasShown(stream, last), link);
  return faultInFeed(stream, world.agedFeed, last);
}

async function endsByDrain(host, world) {
  const [old, successor] = await Promise.all([1, 2].map(() => gatewayFor(host, world)));
  await new EventPublisher(world.t, old.grpc).publish(numbered('state', 1, 0));
  await new EventPublisher(world.t, successor.grpc).publish(numbered('state', 2, 0));
  const link = await host.link(old.http);
  const stream = host.open(`${link.url}/v1/events?topic=state`);
  if (!await within(10_000, () => hasShown(stream, 1))) return 'never connects';
  link.target = successor.http;
  await old.program.end('SIGTERM');
  const isBack = await within(9_000, () => hasShown(stream, 2), link);
  return isBack ? undefined : 'stops';
}

// The gateway is killed, nobody listens for 2 s, and it is there again.
export async function killed(host, world) {
  const [port] = await quietPorts(1);
  const http = `127.0.0.1:${port}`;
  const first = await gatewayFor(host, world, { http });
  await new EventPublisher(world.t, first.grpc).publish(numbered('state', 1, 0));
  const stream = host.open(`http://${first.http}/v1/events?topic=state`);
  if (!await within(10_000, () => hasShown(stream, 1))) return 'never connects';
  await first.program.end('SIGKILL');
  await pause(2_000);
  const second = await gatewayFor(host, world, { http });
  await new EventPublisher(world.t, second.grpc).publish(numbered('state', 2, 0));
  const isBack = await within(9_000, () => hasShown(stream, 2));
  return isBack ? 'comes back' : 'gives up';
}

// The gateway is full for 7 s, and then it is not.
export async function full(host, world) {
  const gateway = await gatewayFor(host, world, {}, ['--retry=500ms', '--max_connections=1']);
  await new EventPublisher(world.t, gateway.grpc).publish(numbered('state', 1, 0));
  const holder = http.get(`http://${gateway.http}/v1/events?topic=state`, (response) => response.resume());
  holder.on('error', () => {});
  await new Promise((resolve) => holder.on('response', resolve));
  const link = await host.link(gateway.http);
  const stream = host.open(`${link.url}/v1/events?topic=state`);
  await pause(7_000);
  const { requests } = link;
  const gaps = requests.slice(1).map(({ at }, i) => at - requests[i].endedAt - requests[i].told);
  const intervals = requests.slice(1).map(({ at }, i) => at - requests[i].at);
  host.details.full = { requests: requests.length, gaps, intervals };
  holder.destroy();
  const isIn = await within(9_000, () => hasShown(stream, 1), link);
  if (requests.length < 2) return 'stops';
  if (!isIn) return 'never gets in';
  if (gaps.every((gap) => gap > -30)) return 'waits as told';
  return requests.length <= 6 ? 'at most 1 request in 2 s' : 'a request at once, again and again';
}

// Names: who gets events with one, those of publishers and of the gateway?
export async function names(host, world) {
  const topic = `names.${world.nextTopic++}`;
  const link = await host.link(world.live.http);
  const stream = host.open(`${link.url}/v1/events?topic=${topic}`);
  await within(10_000, () => link.requests[0]?.bytes > link.requests[0]?.headBytes);
  await world.publisher.publish({ ...numbered(topic, 1, 0), type: 'alert' });
  await world.publisher.publish(numbered(topic, 2, 0));
  await world.publisher.publish({ topic, key: 'event-2', deleted: true });
  await within(5_000, () => stream.controls.length >= 5 || stream.shown.length >= 6);
  host.details.names = { controls: stream.controls.map(({ name }) => name), shown: stream.shown };
  const got = new Set(stream.controls.map(({ name }) => name));
  const all = ['gateway.hello', 'gateway.live', 'alert', 'gateway.deleted'];
  if (all.every((name) => got.has(name)) && stream.shown.every(({ n }) => n === 2)) return 'by name';
  return stream.shown.length > 1 ? 'all in one callback' : 'not seen';
}

// Heartbeats, each second, and nothing else.
export async function heartbeats(host, world) {
  const link = await host.link(world.live.http);
  const stream = host.open(`${link.url}/v1/events?topic=nothing`);
  await within(10_000, () => link.requests.length > 0);
  await pause(4_500);
  if (stream.empty > 0 || stream.garbage.length > 0) return 'messages without data';
  return link.requests.length === 1 ? 'unseen' : 'comes again';
}

// A stream on which nothing comes, not even a heartbeat.
export async function silence(host) {
  const mock = await host.mock((i, answer) => answer.stream(hello(300), event(1)));
  host.open(`${mock.url}/v1/events`);
  await within(10_000, () => mock.requests.length > 0);
  const seconds = 8;
  await within(seconds * 1000, () => mock.requests.length > 1);
  if (mock.requests.length === 1) return `${seconds} s and more`;
  return `cuts at ${Math.floor((mock.requests[0].endedAt - mock.requests[0].at) / 1000 + 0.1)} s`;
}

// Letters of several bytes, each byte in a chunk of its own.
export async function letters(host) {
  const data = JSON.stringify({ user: 1, title: textOf(1, 60), labels: { size: '60' } });
  const bytes = Buffer.from(event(1, { data: data.replaceAll('\u2028', '\\u2028') }));
  const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  const mock = await host.mock((i, answer) => answer.stream(hello(300), ...chunks));
  const stream = host.open(`${mock.url}/v1/events`);
  if (!await within(20_000, () => stream.shown.length > 0 || stream.garbage.length > 0)) return 'not seen';
  return stream.shown[0]?.isIntact ? 'right' : 'garbled';
}

// A busy machine makes a gap longer and never shorter: so the shortest of several counts.
const shortest = (gaps) => Math.min(...gaps);
const secondsOf = (ms) => (ms < 900 ? 'at once' : `${Math.floor(ms / 1000 + 0.1)} s`);

// A stream of its own for each request, until `end(i, answer)` ends it, once the client has shown its event:
// a reset can overtake what a busy client has not read yet.
async function openMock(host, { retryOf = () => undefined, end = () => {}, answerOf = () => undefined }) {
  let stream;
  const mock = await host.mock(async (i, answer) => {
    if (answerOf(i, answer, mock)) return;
    await answer.stream(hello(retryOf(i)), event(i + 1));
    await within(10_000, () => stream && hasShown(stream, i + 1));
    end(i, answer);
  });
  stream = host.open(`${mock.url}/v1/events`);
  return { mock, stream };
}

// Before any `retry:` was told.
export async function delay(host) {
  const { mock } = await openMock(host, { end: (i, answer) => i < 3 && answer.reset() });
  await within(11_500, () => mock.requests.length > 3, mock);
  host.details.delay = mock.gaps;
  return mock.gaps.length > 0 ? secondsOf(shortest(mock.gaps)) : 'never comes back';
}

const retries = [300, 2000, 300, 300];

// Is `retry:` kept, after a cut and after an end?
export async function retry(host) {
  const kindAfter = async (how) => {
    const { mock } = await openMock(host, {
      retryOf: (i) => retries[i], end: (i, answer) => i < retries.length && answer[how](),
    });
    await within(20_000, () => mock.gaps.length === retries.length, mock);
    host.details[`retry after ${how}`] = mock.gaps;
    if (mock.gaps.length < retries.length) return 'never comes back';
    const long = mock.gaps[1];
    const short = shortest(mock.gaps.filter((_, i) => retries[i] === 300));
    if (long < 1980 || short < 280 || short > 1980) return `ignored: ${secondsOf(shortest([long, short]))}`;
    return short < 980 ? 'kept' : 'kept, but 1 s at least';
  };
  const [afterCut, afterEnd] = await Promise.all([kindAfter('reset'), kindAfter('end')]);
  if (afterCut === afterEnd || afterEnd === 'never comes back') return afterCut;
  if (afterCut === 'never comes back') return `${afterEnd}, after an end`;
  return `${afterCut} after a cut, ${afterEnd} after an end`;
}

// A stream that is cut, then twice this answer, then a stream again.
const answered = (status) => async (host) => {
  const { mock, stream } = await openMock(host, {
    retryOf: () => 300, end: (i, answer) => i === 0 && answer.reset(),
    answerOf(i, answer) {
      if (i !== 1 && i !== 2) return false;
      answer.status(status);
      return true;
    },
  });
  await within(15_000, () => hasShown(stream, 4), mock);
  host.details[status] = { gaps: mock.gaps, ids: mock.requests.map(({ lastEventId }) => lastEventId) };
  if (mock.requests.length === 1) return 'never comes back';
  if (!hasShown(stream, 4)) return 'gives up';
  return mock.requests[3].lastEventId === 'mock-1' ? 'comes back' : 'comes back without its id';
};

export const status500 = answered(500);
export const status503 = answered(503);
export const status204 = answered(204);

// A redirect to the stream, which is cut: where does it go then?
export async function redirect(host) {
  const { mock, stream } = await openMock(host, {
    retryOf: () => 300, end: (i, answer) => i < 3 && answer.reset(),
    answerOf(i, answer, { url }) {
      if (answer.path !== '/v1/events') return false;
      answer.status(307, { Location: `${url}/elsewhere` });
      return true;
    },
  });
  await within(8_000, () => stream.shown.some(({ n }) => n > 2) || mock.requests.length > 4, mock);
  host.details.redirect = mock.requests.map(({ path }) => path);
  if (mock.requests.length < 2) return 'not followed';
  if (mock.requests.length < 3) return 'followed, then gives up';
  return mock.requests[2]?.path === '/v1/events' ? 'followed' : 'followed, for good';
}

// The lastEventId of an event without an id, after one with.
export async function inherits(host) {
  const mock = await host.mock((i, answer) => answer.stream(hello(300), event(1), event(2, { id: '', name: 'alert' })));
  const stream = host.open(`${mock.url}/v1/events`);
  await within(10_000, () => stream.controls.some(({ name }) => name === 'alert') || hasShown(stream, 2));
  const alert = stream.controls.find(({ name }) => name === 'alert') ?? stream.shown.find(({ n }) => n === 2);
  if (!alert) return 'not seen';
  return alert.id === 'mock-1' ? 'the last one' : alert.id === null ? 'none' : `\`"${alert.id}"\``;
}
