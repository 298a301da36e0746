// Connections that are cut at every kind of place: no event is lost, none comes twice, and no page gets
// a half one.

import assert from 'node:assert/strict';

import { randomOf } from '../../clients/support/world.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { metric } from '../../integration/gateway.mjs';
import { Numbers } from '../support/numbers.mjs';
import { Setting } from '../support/setting.mjs';

const letters = 'ü→😀';

// Where an event is cut: how many of its bytes get through.
const behind = (text, more = 0) => (event) => event.indexOf(text) + Buffer.byteLength(text) + more;
const beforeItsEnd = (bytes) => (event) => event.length - bytes;
const wholeEvent = {
  'behind its blank line': beforeItsEnd(0),
  'inside the end of its chunk': beforeItsEnd(-1),
};
const halfEvent = {
  'inside the size of its chunk': () => -3,
  'before its first byte': () => 0,
  'inside the word event': () => 3,
  'inside its type': behind('event: al'),
  'behind the line of its type': behind('event: alert\n'),
  'inside the word data': behind('\nda'),
  'behind the word data': behind('\ndata'),
  'before its data': behind('\ndata: '),
  'inside its data': behind('"user":'),
  'inside a letter of 2 bytes': behind('ü', -1),
  'inside a letter of 4 bytes': behind('😀', -2),
  'behind its data': behind('"}'),
  'behind the line of its data': behind('"}\n'),
  'inside the word id': behind('"}\ni'),
  'behind the word id': behind('"}\nid'),
  'before its id': behind('"}\nid: '),
  'inside the epoch of its id': behind('"}\nid: ', 3),
  'inside its id': beforeItsEnd(3),
  'behind its id': beforeItsEnd(2),
  'behind the line of its id': beforeItsEnd(1),
};

// And the first blocks of a stream, which resumes.
const firstBlocks = {
  'behind the first byte': () => 1,
  'inside the word event': behind('\nev'),
  'inside the word cut': behind('gateway.c'),
  'behind the line of gateway.cut': behind('gateway.cut\n'),
  'behind the data of gateway.cut': behind('gateway.cut\ndata: {}\n'),
  'inside the id of gateway.cut': behind('\nid: ', 3),
  'behind the id line of gateway.cut': (block) => block.indexOf('\n\n') + 1,
  'between the blocks': behind('\n\n'),
  'inside the type of gateway.hello': behind('gateway.h'),
  'inside retry': behind('retry: '),
  'behind the line of retry': (block) => block.indexOf('\ndata', block.indexOf('retry')) + 1,
  'inside the data of gateway.hello': behind('"connection":"'),
  'inside the id of gateway.hello': beforeItsEnd(3),
  'behind the id line of gateway.hello': beforeItsEnd(1),
  'behind gateway.hello': beforeItsEnd(0),
};

export function cuts({ engine, test }) {
  for (const how of ['fin', 'rst']) {
    test(`has what it missed, and no half event, after a cut inside an event (${how})`, async (t, browser) => {
      const setting = await Setting.start(t, browser);
      const { proxy, numbers } = setting;
      const recorder = await setting.recordOpen();
      await numbers.publish();
      const expected = [undefined];
      for (const [place, at] of Object.entries({ ...halfEvent, ...wholeEvent })) {
        const number = numbers.last + 1;
        const done = proxy.cutIn(Numbers.markOf(number), at, how);
        await numbers.publish({ type: 'alert', text: letters });
        await done;
        await numbers.publish();
        await recorder.until(`what came after a cut ${place}`, ({ last }) => last === number + 1);
        expected.push(numbers.idOf(place in wholeEvent ? number : number - 1));
      }
      await recorder.assertGot(numbers);
      assert.deepEqual(setting.lastEventIds(), expected);
    });
  }

  test('has what it missed after a second cut inside the first blocks', async (t, browser) => {
    const setting = await Setting.start(t, browser);
    const { proxy, numbers } = setting;
    const recorder = await setting.recordOpen();
    await numbers.publish();
    const expected = [undefined];
    const first = ['inside its data', 'behind the line of its id', 'inside its id', 'behind the word data'];
    for (const [i, [place, at]] of Object.entries(firstBlocks).entries()) {
      const [one, other] = i % 2 ? ['fin', 'rst'] : ['rst', 'fin'];
      const number = numbers.last + 1;
      const done = [
        proxy.cutIn(Numbers.markOf(number), halfEvent[first[i % first.length]], one),
        proxy.cutIn('gateway.cut', at, other),
      ];
      await numbers.publish({ type: 'alert', text: letters });
      await Promise.all(done);
      await numbers.publish();
      await recorder.until(`what came after a second cut ${place}`, ({ last }) => last === number + 1);
      expected.push(...Array(2).fill(numbers.idOf(number - 1)));
    }
    await recorder.assertGot(numbers);
    assert.deepEqual(setting.lastEventIds(), expected);
  });

  for (const how of ['fin', 'rst']) {
    const what = engine.closesWhenNobodyIsThere ? 'is closed for good' : 'has what it missed';
    test(`${what} after a cut between the head and the first byte (${how})`, async (t, browser) => {
      const setting = await Setting.start(t, browser);
      const { proxy, numbers } = setting;
      const recorder = await setting.recordOpen();
      await numbers.publish();
      await recorder.until('an event', ({ last }) => last === 1);
      const cut = proxy.cutIn('gateway.cut', () => 0, how);
      proxy.cut(how);
      await cut;
      await numbers.publish();
      await recorder.until('what follows', engine.closesWhenNobodyIsThere
        ? ({ readyState }) => readyState === 2 : ({ last }) => last === 2);
    });
  }

  test('has control events once after cuts inside them', async (t, browser) => {
    const setting = await Setting.start(t, browser, ['--heartbeat_interval=300ms']);
    const { proxy, publisher } = setting;
    const stream = setting.stream('mode=all&heartbeat=event');
    const recorder = await setting.recordOpen(stream, { page: `${proxy.url}/` });
    await setting.numbers.publish();
    await recorder.until('an event', ({ last }) => last === 1);
    const cutAndComeBack = async (type, at, how) => {
      const answered = () => proxy.requests.filter(({ answer }) => answer !== '').length;
      const count = answered();
      await proxy.cutIn(type, at, how);
      await recorder.until(`it comes back from a cut inside ${type}`,
        ({ opened }) => opened > count && opened === answered());
    };
    const deletion = { topic: 'numbers.all', key: 'number-1', deleted: true };
    const deleted = cutAndComeBack('gateway.deleted', beforeItsEnd(1), 'rst');
    const id = await publisher.publish(deletion);
    await deleted;
    await cutAndComeBack('gateway.heartbeat', beforeItsEnd(1), 'rst');
    await cutAndComeBack('gateway.heartbeat', behind('data: {'), 'fin');
    const live = cutAndComeBack('gateway.live', behind('data: {}'), 'rst');
    proxy.cut('rst');
    await live;
    const reset = cutAndComeBack('gateway.reset', beforeItsEnd(1), 'rst');
    await setting.kill();
    await setting.startGateway();
    await setting.numbers.publish();
    await reset;
    const last = setting.numbers.idOf(1);
    await waitFor(async () => (await recorder.events()).at(-1).id === last, 'the new gateway\'s events');

    const events = await recorder.events();
    const all = (type) => events.filter((event) => event.type === type);
    assert.deepEqual(all('gateway.deleted').map((event) => [event.id, JSON.parse(event.data)]),
      [[id, { topic: deletion.topic, key: deletion.key }]]);
    assert.deepEqual(all('gateway.reset').map((event) => [event.id, JSON.parse(event.data)]),
      [[id, { reason: 'other_epoch', missed: null }]]);
    assert.ok(all('gateway.heartbeat').every(({ data }) => data === '{}'));
    assert.ok(all('gateway.live').every(({ data }) => data === '{}'));
    assert.equal(all('message').length, 2);
    assert.deepEqual((await recorder.state()).faults, []);
  });

  // Nothing has come yet, so that no id can be presented: a half event must not leave one behind.
  for (const query of ['mode=all', 'mode=latest', 'mode=all&start=earliest', 'mode=all&lastEventId=another-servers']) {
    test(`has the whole snapshot after cuts inside it (${query})`, async (t, browser) => {
      const setting = await Setting.start(t, browser);
      const { proxy, numbers } = setting;
      for (let i = 0; i < 5; ++i) await numbers.publish({ text: letters });
      const expected = [undefined];
      const cut = (what, at, how, presented) => {
        expected.push(presented);
        return proxy.cutIn(what, at, how);
      };
      const done = [
        cut(Numbers.markOf(1), halfEvent['behind the line of its id'], 'rst'),
        cut('gateway.cut', firstBlocks['behind gateway.hello'], 'rst'),
        cut(Numbers.markOf(1), halfEvent['inside its id'], 'rst'),
        cut('gateway.cut', firstBlocks['between the blocks'], 'fin'),
        cut(Numbers.markOf(3), halfEvent['behind the line of its id'], 'rst', numbers.idOf(2)),
        cut('gateway.cut', firstBlocks['behind gateway.hello'], 'rst', numbers.idOf(2)),
        cut(Numbers.markOf(4), halfEvent['inside its data'], 'fin', numbers.idOf(3)),
      ];
      const recorder = await setting.record(setting.stream(query));
      await Promise.race([Promise.all(done), recorder.untilEvent('gateway.live')]);
      await recorder.untilEvent('gateway.live');
      assert.deepEqual(setting.lastEventIds(), expected);
      await recorder.assertGot(numbers);
    });
  }

  test('has what was published during a cut before the first event of start=live', async (t, browser) => {
    const setting = await Setting.start(t, browser);
    const { proxy, numbers } = setting;
    await numbers.publish();
    numbers.forget();
    const recorder = await setting.recordOpen(setting.stream('mode=all&start=live'));
    const connections = [];
    for (const how of ['fin', 'rst']) {
      await recorder.untilEvent('gateway.hello', proxy.requests.length);
      proxy.cutAndHold(how);
      await waitFor(() => proxy.waiting > 0, 'the browser comes back');
      connections.push(proxy.requests.at(-1).headers['last-event-id']);
      await numbers.publish();
      proxy.release();
      await recorder.until('what was published meanwhile', ({ last }) => last === numbers.last);
    }
    await recorder.assertGot(numbers);
    const [hello] = (await recorder.events()).filter(({ type }) => type === 'gateway.hello');
    assert.deepEqual(connections, [hello.id, numbers.idOf(1)]);
  });

  test('has everything once after cuts at random', async (t, browser) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e6);
    t.diagnostic(`SEED=${seed}`);
    const random = randomOf(seed);
    const below = (limit) => Math.floor(random() * limit);
    const setting = await Setting.start(t, browser, ['--heartbeat_interval=50ms']);
    const { proxy, numbers } = setting;
    const recorder = await setting.recordOpen();
    const expected = [undefined];
    let lastWhole = 0;
    for (let round = 0; round < 8; ++round) {
      const number = numbers.last + 1 + below(3);
      const cuts = [proxy.cutIn(Numbers.markOf(number), (event) => {
        const bytes = below(2) ? event.length - below(60) : below(event.length + 1);
        lastWhole = bytes >= event.length ? number : number - 1;
        return bytes;
      }, below(2) ? 'fin' : 'rst')];
      for (let more = below(3); more > 0; --more) {
        cuts.push(proxy.cutIn('gateway.cut', (block) => 1 + below(block.length), below(2) ? 'fin' : 'rst'));
      }
      while (numbers.last < number) {
        await numbers.publish({
          type: below(2) ? 'message' : 'alert', text: letters.repeat(below(4) ? below(20) : below(6000)),
        });
      }
      await cuts[0];
      for (let more = 1 + below(3); more > 0; --more) await numbers.publish({ text: letters });
      await Promise.all(cuts);
      await recorder.until('what was published', ({ last }) => last === numbers.last);
      expected.push(...Array(cuts.length).fill(lastWhole > 0 ? numbers.idOf(lastWhole) : undefined));
    }
    await recorder.assertGot(numbers);
    assert.deepEqual(setting.lastEventIds(), expected);
  });

  test('has everything once after the gateway reset a connection that took nothing', async (t, browser) => {
    const setting = await Setting.start(t, browser, ['--write_stall_timeout=500ms']);
    const { proxy, numbers, gateway } = setting;
    const recorder = await setting.recordOpen();
    const closed = () => metric(gateway, 'sse_gateway_connections_closed_total{reason="write_stall"}');
    for (let round = 1; round <= 2; ++round) {
      const before = await closed();
      proxy.stall(true);
      // How much the sockets between them hold is the kernel's to say. One that comes back meanwhile is closed as well.
      await waitFor(async () => {
        await numbers.publish({ text: letters.repeat(15_000) });
        return await closed() > before;
      }, 'a connection that is closed for that');
      proxy.stall(false);
      await recorder.until('what was published', ({ last }) => last === numbers.last);
    }
    await recorder.assertGot(numbers);
  });
}
