// An event stream that does what the gateway cannot be made to do. In the gateway's form, but without
// any `retry:` that the script does not give.

import { once } from 'node:events';
import http from 'node:http';

const settleMs = 25;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Mock {
  requests = []; // [{at, endedAt, path, lastEventId}], OPTIONS not among them
  #server;

  // script(i, answer): answers the i-th request.
  static async start(script) {
    const mock = new Mock();
    mock.#server = http.createServer((request, response) => mock.#answer(script, request, response));
    mock.#server.listen(0, '127.0.0.1');
    await once(mock.#server, 'listening');
    mock.url = `http://127.0.0.1:${mock.#server.address().port}`;
    return mock;
  }

  // For how long no request has been under way; 0 before the first.
  get idleMs() {
    return this.requests.length === 0 || this.requests.some(({ endedAt }) => endedAt === undefined)
      ? 0 : Date.now() - Math.max(...this.requests.map(({ endedAt }) => endedAt));
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  // From the end of each answer to the next request, in ms.
  get gaps() {
    return this.requests.slice(1).map(({ at }, i) => at - this.requests[i].endedAt);
  }

  #answer(script, request, response) {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Max-Age', '7200');
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Headers', request.headers['access-control-request-headers'] ?? '');
      response.writeHead(204).end();
      return;
    }
    const url = new URL(request.url, this.url);
    const taken = {
      at: Date.now(), path: url.pathname,
      lastEventId: request.headers['last-event-id'] ?? url.searchParams.get('lastEventId') ?? '',
    };
    response.on('close', () => { taken.endedAt ??= Date.now(); });
    this.requests.push(taken);
    script(this.requests.length - 1, new Answer(taken, response));
  }
}

export const hello = (retry) =>
  `:\nevent: gateway.cut\ndata: {}\n\nevent: gateway.hello\n${retry === undefined ? '' : `retry: ${retry}\n`}` +
  'data: {"connection":"mock-1","resumed":null}\n\n';

export const event = (n, { id = `mock-${n}`, name, data = JSON.stringify({ user: n }) } = {}) =>
  `${name ? `event: ${name}\n` : ''}data: ${data}\n${id ? `id: ${id}\n` : ''}\n`;

class Answer {
  #taken;
  #response;

  constructor(taken, response) {
    this.#taken = taken;
    this.#response = response;
  }

  get path() {
    return this.#taken.path;
  }

  // A stream of these texts, a chunk each, that stays open.
  async stream(...texts) {
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache, no-transform',
    });
    this.#response.socket.setNoDelay(true);
    this.#response.flushHeaders();
    for (const text of texts) {
      this.#response.write(text);
      await pause(2);
    }
    await pause(settleMs);
  }

  end() {
    this.#taken.endedAt = Date.now();
    this.#response.end();
  }

  reset() {
    this.#taken.endedAt = Date.now();
    this.#response.socket?.resetAndDestroy();
  }

  status(code, headers = {}) {
    this.#taken.endedAt = Date.now();
    const body = code === 204 ? '' : `<h1>${code}</h1>`;
    this.#response.writeHead(code, {
      ...(body && { 'Content-Type': 'text/html', 'Content-Length': body.length }), ...headers,
    });
    this.#response.end(body);
  }
}
