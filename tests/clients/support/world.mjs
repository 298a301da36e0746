// The gateways that all clients share, and what is published at them.

import { EventPublisher } from '../../operations/support/event_publisher.mjs';
import { startGateway } from '../../integration/gateway.mjs';
import { textOf } from './page.mjs';

// A generator of numbers in [0, 1): the same for the same seed.
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const numbered = (topic, n, size) => ({
  topic, key: `event-${n}`,
  dashboard: { id: `event-${n}`, user: n, ...(size && { title: textOf(n, size), labels: { size: String(size) } }) },
});

// Mostly small, some large: 50 B to 200 kB.
function sizeBy(random) {
  const kind = random();
  if (kind < 0.75) return Math.floor(50 + random() * 2_000);
  if (kind < 0.96) return Math.floor(2_000 + random() * 30_000);
  return Math.floor(150_000 + random() * 50_000);
}

// Publishes numbered events as long as it is open; ids[n - 1] is the id of the n-th.
class Feed {
  ids = [];
  #timer;
  #isClosed = false;

  constructor(publisher, topic, everyMs, random) {
    const publish = async () => {
      const n = this.ids.length + 1;
      try {
        this.ids.push(await publisher.publish(numbered(topic, n, random ? sizeBy(random) : 0)));
      } catch (error) {
        if (!this.#isClosed) throw error;
        return;
      }
      if (!this.#isClosed) this.#timer = setTimeout(publish, everyMs);
    };
    publish();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}

export const replayCount = 60;

export class World {
  nextTopic = 1;

  // t: what ends everything that is started.
  static async start(t, seed) {
    const world = new World();
    t.after(() => { // before the publishers, which were not there yet
      world.feed?.close();
      world.agedFeed?.close();
    });
    world.t = t;
    world.seed = seed;
    const random = randomOf(seed);
    world.live = await startGateway(t, {}, [
      '--retry=200ms', '--heartbeat_interval=1s', '--window_max_bytes=268435456', '--window_max_age=15m',
    ]);
    world.publisher = new EventPublisher(t, world.live.grpc);
    world.aged = await startGateway(t, {}, ['--retry=200ms', '--max_connection_age=1s']);
    world.replay = [];
    for (let n = 1; n <= replayCount; ++n) {
      world.replay.push(await world.publisher.publish(numbered('replay', n, sizeBy(random))));
    }
    world.sweep = [];
    for (let n = 1; n <= 3; ++n) world.sweep.push(await world.publisher.publish(numbered('sweep', n, 0)));
    world.feed = new Feed(world.publisher, 'feed', 60, random);
    world.agedFeed = new Feed(new EventPublisher(t, world.aged.grpc), 'feed', 100);
    return world;
  }
}
