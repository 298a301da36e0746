// Three gateways with one log, a proxy before them, and a publisher that never stops.

import assert from 'node:assert/strict';

import { quietPorts } from '../../e2e/support/ports.mjs';
import { killAtExit } from '../../e2e/support/programs.mjs';
import { startGateway } from '../../integration/gateway.mjs';
import { EventPublisher, status } from '../../operations/support/event_publisher.mjs';
import { NatsServers } from '../../operations/support/nats.mjs';

const size = 3;

export class Fleet {
  gateways = []; // those that are up, the oldest first
  #t;
  #flags;
  #free; // addresses that the proxy knows, and where nobody is

  // startProxy(t, places): one of tests/operations/support. servers: of NATS, 1 or 3. spare: how many
  // gateways more there may be during a rollout.
  static async start(t, startProxy, { spare, servers = 1, flags = [] }) {
    const fleet = new Fleet();
    fleet.#t = t;
    fleet.nats = await NatsServers.start(t, servers);
    fleet.#flags = [`--store=${fleet.nats.url}`, `--nats_replicas=${servers}`, '--trusted_proxies=127.0.0.1',
      '--retry=300ms', ...flags];
    const ports = await quietPorts(3 * (size + spare));
    const address = (i) => `127.0.0.1:${ports[i]}`;
    const places = Array.from({ length: size + spare }, (_, i) =>
      ({ http: address(3 * i), grpc: address(3 * i + 1), admin: address(3 * i + 2) }));
    fleet.#free = [...places];
    for (let i = 0; i < size; ++i) await fleet.#add();
    fleet.proxy = await startProxy(t, places);
    return fleet;
  }

  // A new gateway is there, and then an old one leaves.
  async replaceOneByOne() {
    for (const old of [...this.gateways]) {
      await this.#add();
      await this.#leave(old);
    }
  }

  // All new ones are there, and then the old ones leave.
  async replaceTogether() {
    const all = [...this.gateways];
    await Promise.all(all.map(() => this.#add()));
    await Promise.all(all.map((old) => this.#leave(old)));
  }

  kill(gateway) {
    return this.#end(gateway, 'SIGKILL');
  }

  async #add() {
    const place = this.#free.shift();
    const started = await startGateway(this.#t, place, this.#flags);
    // Ids of its connections begin with its name.
    const [, name] = started.program.stderr.match(/\breplica=(\S+)/);
    const gateway = { ...started, place, name };
    killAtExit(gateway.program.child);
    this.gateways.push(gateway);
  }

  async #leave(gateway) {
    assert.deepEqual(await this.#end(gateway, 'SIGTERM'), { code: 0, signal: null });
  }

  async #end(gateway, signal) {
    this.gateways.splice(this.gateways.indexOf(gateway), 1);
    const ended = await gateway.program.end(signal);
    this.#free.push(gateway.place);
    return ended;
  }
}

// Publishes 1, 2, … through the proxy; what was not acknowledged again, with the same message_id, before the
// next one.
export class EndlessPublisher {
  #publisher;
  #ended = false;
  #done;
  last = 0; // that was acknowledged

  constructor(t, { grpc }) {
    this.#publisher = new EventPublisher(t, grpc);
    this.#done = this.#run();
    this.#done.catch(() => {}); // whoever waits for the end is told
    t.after(() => this.end().catch(() => {}));
  }

  // Returns the last number.
  async end() {
    this.#ended = true;
    await this.#done;
    return this.last;
  }

  async #run() {
    while (!this.#ended) {
      await this.#publishUntilTaken(this.last + 1);
      this.last += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #publishUntilTaken(number) {
    const event = { topic: 'numbers.all', message_id: `number-${number}`, dashboard: { id: `number-${number}`, user: number } };
    for (;;) {
      try {
        return await this.#publisher.publish(event);
      } catch (error) {
        // A call that meets the end of its connection is cancelled.
        if (this.#ended || ![status.UNAVAILABLE, status.CANCELLED].includes(error.code)) throw error;
      }
    }
  }
}
