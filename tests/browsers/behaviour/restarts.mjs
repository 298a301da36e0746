// A gateway that goes and one that follows: what an EventSource alone makes of it, and the pages that
// this project shows to people, which must all come back.

import assert from 'node:assert/strict';

import { pagesWithOneStream } from '../../e2e/support/documents.mjs';
import { Front } from '../../e2e/support/front.mjs';
import { Proxy } from '../../e2e/support/proxy.mjs';
import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { DocumentPages } from '../support/document_pages.mjs';
import { Setting } from '../support/setting.mjs';

const closed = 2;

// Long enough for every engine to try more than once.
const nobodyFor = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// It tried, or will not do so any more.
const hasTried = ({ errors, readyState }) => errors.length >= 3 || readyState === closed;

export function restarts({ engine, test }) {
  // The new gateway has another log: what the page had is void, and the snapshot follows.
  const assertBack = async (recorder, setting) => {
    await setting.numbers.publish();
    await recorder.until('the first event of the new gateway', ({ last }) => last === 1);
    await recorder.untilEvent('gateway.reset');
    const events = await recorder.events();
    const { data, id } = events.find(({ type }) => type === 'gateway.reset');
    assert.deepEqual(JSON.parse(data), { reason: 'other_epoch', missed: null });
    assert.notEqual(id, '');
    assert.equal(events.filter(({ type }) => type === 'message').at(-1).id, setting.numbers.idOf(1));
    assert.deepEqual((await recorder.state()).faults, []);
  };
  const assertClosed = async (recorder) => {
    const { readyState } = await recorder.until('the end', (state) => state.readyState === closed);
    assert.equal(readyState, closed);
  };
  const begin = async (t, browser, url, more) => {
    const setting = await Setting.start(t, browser);
    for (let i = 0; i < 3; ++i) await setting.numbers.publish();
    const recorder = await setting.recordOpen(url(setting), more?.(setting));
    await recorder.until('the snapshot', ({ last }) => last === 3);
    return { setting, recorder };
  };
  const ofSameOrigin = (setting) => ({ page: `${setting.proxy.url}/` });
  const alone = engine.closesWhenNobodyIsThere ? 'is closed for good' : 'comes back';

  test(`${alone} after kill -9 and a while without anybody, from another origin`, async (t, browser) => {
    const { setting, recorder } = await begin(t, browser, (s) => s.stream('mode=all', s.gateway.http));
    await setting.kill();
    await recorder.until('attempts', hasTried);
    await setting.startGateway();
    await (engine.closesWhenNobodyIsThere ? assertClosed(recorder) : assertBack(recorder, setting));
  });

  test('comes back after kill -9 and a while without anybody, from the same origin', async (t, browser) => {
    const { setting, recorder } = await begin(t, browser, (s) => s.stream(), ofSameOrigin);
    setting.proxy.refuse();
    await setting.kill();
    await recorder.until('attempts', hasTried);
    await setting.startGateway();
    await setting.proxy.listen();
    await assertBack(recorder, setting);
  });

  test(`${alone} when it finds nobody at first, from another origin`, async (t, browser) => {
    const setting = await Setting.start(t, browser);
    setting.proxy.refuse();
    const recorder = await setting.record();
    // Without a retry so far the next attempt is some seconds away.
    await recorder.until('an attempt', ({ errors }) => errors.length > 0);
    await setting.proxy.listen();
    await (engine.closesWhenNobodyIsThere ? assertClosed(recorder)
      : recorder.until('the stream', ({ opened }) => opened === 1));
  });

  for (const [origin, more, isClosed] of [
    ['another origin', undefined, engine.closesWhenNobodyIsThere], ['the same origin', ofSameOrigin, false],
  ]) {
    test(`${isClosed ? alone : 'comes back'} where a balancer takes and resets connections, from ${origin}`,
      async (t, browser) => {
        const { setting, recorder } = await begin(t, browser, (s) => s.stream(), more);
        await setting.kill();
        await recorder.until('attempts', hasTried);
        await setting.startGateway();
        await (isClosed ? assertClosed(recorder) : assertBack(recorder, setting));
      });
  }

  test('is told when to come back by a gateway that leaves, and does so', async (t, browser) => {
    const { setting, recorder } = await begin(t, browser, (s) => s.stream(), ofSameOrigin);
    await setting.gateway.program.end('SIGTERM');
    await setting.startGateway();
    await assertBack(recorder, setting);
    const bye = (await recorder.events()).find(({ type }) => type === 'gateway.bye');
    assert.deepEqual([JSON.parse(bye.data), bye.id !== ''], [{ reason: 'drain' }, true]);
    const [left, next] = setting.proxy.requests;
    const told = Number(left.answer.match(/retry: \d+/g).at(-1).slice('retry: '.length));
    const waited = next.at - left.lastByteAt;
    assert.ok(waited > told - 20 && waited < Math.max(told, engine.leastRetryMs ?? 0) + 2_000,
      `told ${told} ms, came after ${waited} ms`);
  });

  // away(setting): what happens between the last event of the one gateway and the start of the next.
  const killed = async (setting) => {
    await setting.kill();
    await nobodyFor(1_500);
  };
  for (const [what, away, Between] of [
    ['a gateway that was killed, 1.5 s later', killed],
    ['a gateway that left, at once', (setting) => setting.gateway.program.end('SIGTERM')],
    ['a gateway that left, 3 s later', async (setting) => {
      await setting.gateway.program.end('SIGTERM');
      await nobodyFor(3_000);
    }],
    ['a proxy that answered 502 for 1.5 s', killed, Front],
    ['a balancer that reset all connections for 1.5 s', killed, Proxy],
  ]) {
    test(`brings the documents' pages back after ${what}`, async (t, browser) => {
      const setting = await Setting.start(t, browser);
      const between = await Between?.start(setting.gateway.http);
      if (between) t.after(() => between.close());
      const pages = await DocumentPages.open(t, browser, between?.address ?? setting.gateway.http);
      await pages.assertShow(setting, 'before');
      await away(setting);
      await setting.startGateway();
      await pages.assertShow(setting, 'after');
    });
  }

  test('brings the stream of a worker back that all tabs share', async (t, browser) => {
    const setting = await Setting.start(t, browser);
    const site = await serve(pagesWithOneStream(setting.gateway.http));
    t.after(() => site.close());
    const tabs = [await browser.open(site.url), await browser.open(site.url)];
    for (const tab of tabs) t.after(() => tab.close());
    const assertShow = async (title) => {
      await setting.publisher.publish({ dashboard: { id: 'web-1', title } });
      for (const tab of tabs) {
        await waitFor(() => tab.evaluate((expected) => window.eval('has').get('web-1')?.title === expected, title),
          `"${title}" in every tab`, 30_000, 100);
      }
    };
    await assertShow('before');
    await killed(setting);
    await setting.startGateway();
    await assertShow('after');
  });
}
