// What a test of a stream needs: a gateway, a proxy in front of it, numbered events, and pages.

import { randomUUID } from 'node:crypto';

import { quietPorts } from '../../e2e/support/ports.mjs';
import { killAtExit } from '../../e2e/support/programs.mjs';
import { Proxy } from '../../e2e/support/proxy.mjs';
import { startGateway } from '../../integration/gateway.mjs';
import { EventPublisher } from '../../operations/support/event_publisher.mjs';
import { Numbers } from './numbers.mjs';
import { record, recorderPage } from './recorder.mjs';

export class Setting {
  #t;
  #browser;
  #flags;
  #token = randomUUID();

  // flags: of the gateway.
  static async start(t, browser, flags = []) {
    const setting = new Setting();
    setting.#t = t;
    setting.#browser = browser;
    // Browsers wait for as long as they are told, Firefox for 500 ms at least.
    setting.#flags = ['--retry=150ms', ...flags];
    const [port, ...ports] = await quietPorts(4);
    const [http, grpc, admin] = ports.map((each) => `127.0.0.1:${each}`);
    setting.gateway = { http, grpc, admin };
    await setting.startGateway();
    // A page at the proxy's own address is of the same origin as the stream.
    setting.proxy = await Proxy.start(setting.gateway.http, {
      page: recorderPage, token: setting.#token, port,
    });
    t.after(() => setting.proxy.close());
    return setting;
  }

  // The stream's address behind the proxy, or direct. What the token is for: see Proxy.
  stream(query = 'mode=all', host = this.proxy.address) {
    return `http://${host}/v1/events?${query}&test=${this.#token}`;
  }

  // A page with its stream. More: see record.
  record(url = this.stream(), more = {}) {
    return record(this.#t, this.#browser, url, more);
  }

  async recordOpen(url, more) {
    const recorder = await this.record(url, more);
    await recorder.until('the stream is open', ({ opened }) => opened === 1);
    return recorder;
  }

  kill() {
    return this.gateway.program.end('SIGKILL');
  }

  // The first, or the one that follows it: on the same ports, with a log of its own.
  async startGateway() {
    this.gateway = await startGateway(this.#t, this.gateway, this.#flags);
    killAtExit(this.gateway.program.child);
    this.publisher = new EventPublisher(this.#t, this.gateway.grpc);
    this.numbers = new Numbers(this.publisher);
  }

  lastEventIds() {
    return this.proxy.requests.map(({ headers }) => headers['last-event-id']);
  }
}
