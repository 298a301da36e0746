// Gateways with one log behind a proxy, as docs/operations/replicas.md has them: whatever leaves or is killed, a
// browser reconnects once at most, and gets every event once and in order.

import assert from 'node:assert/strict';

import { startHaproxy } from '../../operations/support/haproxy.mjs';
import { startNginx } from '../../operations/support/nginx.mjs';
import { EndlessPublisher, Fleet } from '../support/fleet.mjs';
import { Streams } from '../support/streams.mjs';

const sources = 12;
const unmoved = { lives: 0, byes: 0, errors: 0 };

class Trial {
  missing = () => false; // whether a stream gets nothing any more

  static async start(t, browser, startProxy, options) {
    const trial = new Trial();
    trial.fleet = await Fleet.start(t, startProxy, options);
    trial.publisher = new EndlessPublisher(t, trial.fleet.proxy);
    trial.streams = await Streams.open(t, browser);
    await trial.streams.start(`${trial.fleet.proxy.url}/v1/events?mode=all`, sources);
    await trial.streams.until('live', ({ lives }) => lives === 1);
    return trial;
  }

  // How many streams each gateway has that has any.
  async perGateway() {
    const counts = {};
    for (const { gateways } of await this.streams.all()) counts[gateways.at(-1)] = (counts[gateways.at(-1)] ?? 0) + 1;
    return Object.values(counts);
  }

  // Until events flow again that were published after this.
  async untilMore() {
    const { last } = this.publisher;
    await this.streams.until(`events after ${last}`, ({ got }) => got.at(-1) > last + 10);
  }

  // What each stream had beyond what it had before: {lives, byes, errors}.
  async during(act) {
    const before = await this.streams.all();
    await act();
    await this.untilMore();
    return (await this.streams.all()).map((one, i) => Object.fromEntries(
      ['lives', 'byes', 'errors'].map((name) => [name, one[name] - before[i][name]])));
  }

  async assertMovesAllOnce(rollout) {
    const all = await this.during(rollout);
    assert.deepEqual(all, Array(sources).fill({ lives: 1, byes: 1, errors: 1 }));
  }

  // {gateway, isIts(stream)}: one that has streams.
  async oneOfFleet() {
    const [{ gateways }] = await this.streams.all();
    const gateway = this.fleet.gateways.find(({ name }) => name === gateways.at(-1));
    return { gateway, isIts: (one) => one.gateways.at(-1) === gateway.name };
  }

  // The streams of the gateway that is killed reconnect once, and the others notice nothing.
  async assertKillMovesItsOwn() {
    const { gateway, isIts } = await this.oneOfFleet();
    const were = (await this.streams.all()).map(isIts);
    const all = await this.during(() => this.fleet.kill(gateway));
    assert.deepEqual(all, were.map((its) => (its ? { lives: 1, byes: 0, errors: 1 } : unmoved)));
  }

  // The same, but the browser does not notice what the proxy tells it of the streams.
  async assertKillIsMissed() {
    const { gateway, isIts } = await this.oneOfFleet();
    const before = await this.streams.all();
    await this.fleet.kill(gateway);
    const { last } = this.publisher;
    const all = await this.streams.until('a hundred events more', (one) => isIts(one) || one.got.at(-1) > last + 100);
    const ofIts = (list) => list.filter(isIts).map(({ lives, errors, readyState }) => ({ lives, errors, readyState }));
    assert.deepEqual(ofIts(all), ofIts(before));
    this.missing = isIts;
  }

  async assertIsNotNoticed(act) {
    assert.deepEqual(await this.during(act), Array(sources).fill(unmoved));
  }

  async assertGotAllOnceAndInOrder() {
    const last = await this.publisher.end();
    const all = await this.streams.until('the last event', (one) => this.missing(one) || one.got.at(-1) === last);
    for (const { got, others } of all) {
      assert.deepEqual(got, Array.from({ length: got.length }, (_, i) => i + 1));
      assert.ok(!others.includes('reset'));
    }
  }
}

export function replicas({ engine, test }) {
  test('reconnects once in a rollout, one gateway after the other, behind nginx', async (t, browser) => {
    const trial = await Trial.start(t, browser, startNginx, { spare: 1 });
    const { fleet } = trial;
    await trial.assertMovesAllOnce(() => fleet.replaceOneByOne());
    // As even as before: where a new gateway got few, the next rollout would move the others twice.
    assert.deepEqual(await trial.perGateway(), [4, 4, 4]);
    await trial.assertIsNotNoticed(async () => {
      await fleet.nats.kill();
      await fleet.nats.restart();
    });
    await (engine.missesCuts ? trial.assertKillIsMissed() : trial.assertKillMovesItsOwn());
    await trial.assertGotAllOnceAndInOrder();
  });

  // What is behind the browser is the same for all of them.
  if (engine.name !== 'Chromium') return;
  test('reconnects once in a rollout, all gateways together, behind HAProxy and with three NATS servers', async (t, browser) => {
    // As a Service of Kubernetes balances; and a check in less time than the gateways stay for.
    const start = (t1, places) => startHaproxy(t1, places, {
      more: [['balance leastconn', 'balance random', 3], ['inter 1s', 'inter 200ms', 3]],
    });
    const trial = await Trial.start(t, browser, start, { spare: 3, servers: 3, flags: ['--drain_delay=1s'] });
    const { fleet } = trial;
    await trial.assertMovesAllOnce(() => fleet.replaceTogether());
    await trial.assertKillMovesItsOwn();
    await trial.assertIsNotNoticed(async () => fleet.nats.kill(await fleet.nats.leaderOf('ssegw_log')));
    await trial.assertGotAllOnceAndInOrder();
  });
}
