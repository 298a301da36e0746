// A gateway that is full: pages wait as they are told, are let in when there is room, and give up never.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

import { waitFor } from '../../e2e/support/wait.mjs';
import { Numbers } from '../support/numbers.mjs';
import { Setting } from '../support/setting.mjs';

// Takes the only place of a gateway. leave() gives it back.
async function takePlace(t, gateway) {
  const request = http.get(`http://${gateway.http}/v1/events`, { agent: false });
  request.on('error', () => {});
  t.after(() => request.destroy());
  const [response] = await once(request, 'response');
  response.on('error', () => {});
  await once(response, 'data');
  return { leave: () => request.destroy() };
}

export function overload({ engine, test }) {
  test('waits as it is told while the gateway is full, and is let in when it is not', async (t, browser) => {
    const setting = await Setting.start(t, browser, ['--max_connections=1']);
    const { proxy, gateway, numbers } = setting;
    const other = await takePlace(t, gateway);
    const recorder = await setting.record();
    await recorder.until('attempts', () => proxy.requests.length >= 3);
    const refused = proxy.requests.slice(0, 2);
    for (const [i, { at, lastByteAt, answer }] of refused.entries()) {
      const [told] = [...answer.matchAll(/^retry: (\d+)$/gm)].map(([, ms]) => Number(ms));
      const waited = proxy.requests[i + 1].at - lastByteAt;
      assert.ok(waited > told - 20 && waited < Math.max(told, engine.leastRetryMs ?? 0) + 2_000,
        `told ${told} ms, came after ${waited} ms`);
      assert.ok(lastByteAt - at > 1_800 && lastByteAt - at < 4_000, `held for ${lastByteAt - at} ms`);
    }
    other.leave();
    await recorder.untilEvent('gateway.hello');
    await numbers.publish();
    await recorder.until('an event', ({ last }) => last === 1);
    const { errors, readyState } = await recorder.state();
    assert.deepEqual([errors.every((error) => error.readyState === 0), readyState], [true, 1]);
    const byes = (await recorder.events()).filter(({ type }) => type === 'gateway.bye');
    assert.ok(byes.length >= 2);
    assert.ok(byes.every(({ data }) => JSON.parse(data).reason === 'busy'));
  });

  test('keeps its place in the log while it is turned away', async (t, browser) => {
    const setting = await Setting.start(t, browser, ['--max_connections=1', '--shed_hold=100ms']);
    const { proxy, gateway, numbers } = setting;
    const recorder = await setting.recordOpen();
    for (let i = 0; i < 3; ++i) await numbers.publish();
    await recorder.until('events', ({ last }) => last === 3);
    // A half event, then an answer without one, and one that is cut itself.
    proxy.hold();
    await Promise.all([
      proxy.cutIn(Numbers.markOf(4), (event) => event.length - 1, 'rst'), numbers.publish(),
    ]);
    await waitFor(() => proxy.waiting > 0, 'the browser comes back');
    const other = await waitFor(() => takePlace(t, gateway), 'the place');
    const cut = proxy.cutIn('gateway.bye', (block) => block.indexOf('retry'), 'rst');
    proxy.release();
    await cut;
    await numbers.publish();
    await waitFor(() => proxy.requests.length >= 5, 'more attempts', 20_000);
    other.leave();
    await numbers.publish();
    await recorder.until('all events', ({ last }) => last === numbers.last);
    await recorder.assertGot(numbers);
    const [first, ...more] = setting.lastEventIds();
    assert.deepEqual([first, ...new Set(more)], [undefined, numbers.idOf(3)]);
  });
}
