// What a page gets that is not cut.

import assert from 'node:assert/strict';

import { Setting } from '../support/setting.mjs';

const live = { type: 'gateway.live', data: {} };
const reset = (reason) => ({ type: 'gateway.reset', data: { reason, missed: null } });

// The events without their times, data as JSON.
const shown = (events) => events.map(({ type, id, data }) => ({ type, id, data: JSON.parse(data) }));

export function receiving({ test }) {
  test('gets the snapshot, and then what comes, with types, deletions and letters of every kind', async (t, browser) => {
    const setting = await Setting.start(t, browser);
    const publish = (event) => setting.publisher.publish({ topic: 'a.b', ...event });
    const titles = ['one', '"quoted" <b>\\u2028 \u2028\u2029\r\n\0\u007f', '😀→ü'.repeat(7000)];
    const ids = [];
    for (const [i, title] of titles.entries()) ids.push(await publish({ dashboard: { id: `d${i}`, title } }));
    const recorder = await setting.recordOpen(setting.stream(''));
    await recorder.untilEvent('gateway.live');
    for (const [i, title] of titles.entries()) ids.push(await publish({ dashboard: { id: `d${i}`, title } }));
    ids.push(await publish({ type: 'alert', dashboard: { id: 'd3' } }));
    ids.push(await publish({ key: 'd1', deleted: true }));
    await recorder.untilEvent('gateway.deleted');

    const [, connection] = setting.proxy.requests[0].answer.match(/^x-connection-id: (.*)\r$/im);
    const message = (i) => ({ type: 'message', id: ids[i], data: { id: `d${i % 3}`, title: titles[i % 3] } });
    assert.deepEqual(shown(await recorder.events()), [
      { type: 'gateway.cut', id: '', data: {} },
      { type: 'gateway.hello', id: '', data: { connection, resumed: null } },
      ...[0, 1, 2].map(message),
      { ...live, id: ids[2] },
      ...[3, 4, 5].map(message),
      { type: 'alert', id: ids[6], data: { id: 'd3' } },
      { type: 'gateway.deleted', id: ids[7], data: { topic: 'a.b', key: 'd1' } },
    ]);
    const { errors, faults } = await recorder.state();
    assert.deepEqual([errors, faults], [[], []]);
  });

  test('learns that there is nothing yet', async (t, browser) => {
    const setting = await Setting.start(t, browser);
    const recorder = await setting.recordOpen();
    await recorder.untilEvent('gateway.live');
    const types = (await recorder.events()).map(({ type }) => type);
    assert.deepEqual(types, ['gateway.cut', 'gateway.hello', 'gateway.live']);
  });

  for (const [id, reason, kept] of [
    ['aaaaaaaa-77', 'other_epoch', 'aaaaaaaa-77'],
    ['an id of another server', 'unknown_id', ''],
  ]) {
    test(`is told to forget what it had when it comes with "${id}"`, async (t, browser) => {
      const setting = await Setting.start(t, browser);
      await setting.numbers.publish();
      const url = setting.stream(`mode=all&lastEventId=${encodeURIComponent(id)}`);
      const recorder = await setting.recordOpen(url);
      await recorder.untilEvent('gateway.live');
      const [cut, hello, ...rest] = shown(await recorder.events());
      assert.deepEqual(cut, { type: 'gateway.cut', id: kept, data: {} });
      assert.deepEqual([hello.type, hello.id, hello.data.resumed], ['gateway.hello', kept, false]);
      const first = setting.numbers.idOf(1);
      assert.deepEqual(rest, [
        { ...reset(reason), id: kept },
        { type: 'message', id: first, data: { id: 'number-1', user: 1 } },
        { ...live, id: first },
      ]);
    });
  }

  test('sees heartbeats where it asked for them, and otherwise none', async (t, browser) => {
    const setting = await Setting.start(t, browser);
    const id = await setting.publisher.publish({ topic: 'a', dashboard: { id: 'd' } });
    const [asked, other] = await Promise.all(['heartbeat=event&heartbeatInterval=1', 'heartbeatInterval=1']
      .map((query) => setting.recordOpen(setting.stream(query))));
    await asked.until('heartbeats', ({ count }) => count >= 6);
    const [isLive, ...heartbeats] = shown(await asked.events()).slice(3);
    assert.deepEqual(isLive, { ...live, id });
    // More may have come while they were counted.
    assert.deepEqual(heartbeats, heartbeats.map(() => ({ type: 'gateway.heartbeat', id, data: {} })));

    const answer = () => setting.proxy.requests.find(({ line }) => !line.includes('heartbeat=event')).answer;
    await other.until('comments', () => answer().split('\r\n:\n\r\n').length > 2);
    const { faults, errors, count } = await other.state();
    assert.deepEqual([faults, errors, count], [[], [], 4]);
  });
}
