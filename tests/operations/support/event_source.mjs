// An EventSource as the HTML standard has it (section 9.2), over TLS with HTTP/2 or HTTP/1.1, or over
// plain HTTP/1.1: it resumes with the last id, waits for as long as retry says, and gives up for good
// where a browser does. It can have an address of its own, stop reading, and tells what it got.

import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

// The time before the first retry: a browser's is some seconds.
const defaultRetryMs = 500;

// What frames a stream and is nothing that was published, nor the gateway's last word.
const framing = new Set(['gateway.cut', 'gateway.hello', 'gateway.live', 'gateway.heartbeat']);

export class EventSource {
  events = []; // [{id, type, data}], data as it came
  framing = []; // the same, of the types above
  answers = []; // [{status, headers}]
  heartbeats = 0; // comments
  emptyBlocks = 0; // blank lines that end no event: some libraries take each for an event
  retryMs = defaultRetryMs;
  lastEventId = '';
  gaveUp = ''; // why, once it has

  // options: ca, protocol ('h2' or 'http/1.1'), localAddress, headers
  constructor(t, url, options) {
    this.url = new URL(url);
    this.options = { protocol: 'h2', headers: {}, ...options };
    t.after(() => this.close());
    this.#run();
  }

  get isClosed() {
    return this.#closed || this.gaveUp !== '';
  }

  close() {
    this.#closed = true;
    this.#wake?.();
    this.#socket?.destroy();
  }

  // Nothing is taken from the connection until resume(), and not from a later one either.
  pause() {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume() {
    this.#isPaused = false;
    this.#stream?.resume();
  }

  #closed = false;
  #isPaused = false;
  #socket;
  #stream;
  #wake;

  async #run() {
    while (!this.isClosed) {
      try {
        await this.#connectOnce();
      } catch {
        // An error of the network: a browser comes back.
      }
      this.#stream = undefined;
      this.#socket?.destroy();
      if (this.isClosed) return;
      await new Promise((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, this.retryMs).unref();
      });
    }
  }

  async #connectOnce() {
    const { ca, protocol, localAddress } = this.options;
    const isPlain = this.url.protocol === 'http:';
    const to = { host: this.url.hostname, port: Number(this.url.port), localAddress };
    this.#socket = isPlain ? net.connect(to) : tls.connect({ ...to, ca, ALPNProtocols: [protocol] });
    this.#socket.on('error', () => {});
    await once(this.#socket, isPlain ? 'connect' : 'secureConnect');
    // A proxy that does not negotiate speaks HTTP/1.1.
    if (!isPlain && (this.#socket.alpnProtocol || 'http/1.1') !== protocol) throw new Error(`the proxy speaks ${this.#socket.alpnProtocol}`);
    const headers = {
      accept: 'text/event-stream', 'cache-control': 'no-cache', ...this.options.headers,
      ...(this.lastEventId ? { 'last-event-id': this.lastEventId } : {}),
    };
    const answer = protocol === 'h2' ? await this.#askHttp2(headers) : await this.#askHttp1(headers);
    this.answers.push({ status: answer.status, headers: answer.headers });
    const fault = faultOf(answer, this.options.headers.origin);
    if (fault) {
      this.gaveUp = fault;
      return;
    }
    this.#stream = answer.stream;
    if (this.#isPaused) answer.stream.pause();
    const parser = new Parser(this);
    answer.stream.setEncoding('utf8');
    answer.stream.on('data', (text) => parser.take(text));
    await new Promise((resolve) => answer.stream.once('close', resolve));
  }

  async #askHttp2(headers) {
    const session = http2.connect(this.url.origin, { createConnection: () => this.#socket });
    session.on('error', () => {});
    const stream = session.request({ ':path': this.url.pathname + this.url.search, ...headers });
    stream.on('error', () => {});
    const [fields] = await once(stream, 'response');
    return { status: fields[':status'], headers: fields, stream };
  }

  async #askHttp1(headers) {
    const { get } = this.url.protocol === 'http:' ? http : https;
    const request = get(this.url, { createConnection: () => this.#socket, headers });
    request.on('error', () => {});
    const [response] = await once(request, 'response');
    response.on('error', () => {});
    return { status: response.statusCode, headers: response.headers, stream: response };
  }
}

function faultOf({ status, headers }, origin) {
  if (status !== 200) return `status ${status}`;
  const type = headers['content-type'] ?? 'none';
  if (!/^text\/event-stream(;|$)/.test(type)) return `Content-Type ${type}`;
  const allowed = headers['access-control-allow-origin'];
  if (origin && allowed !== '*' && allowed !== origin) return `Access-Control-Allow-Origin ${allowed}`;
  return '';
}

class Parser {
  #source;
  #line = '';
  #event = {};

  constructor(source) {
    this.#source = source;
  }

  take(text) {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop(); // without its end yet
    for (const line of lines) this.#takeLine(line);
  }

  #takeLine(line) {
    if (line === '') return this.#dispatch();
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/s);
    if (field === '') this.#source.heartbeats += 1;
    if (field === 'retry' && /^\d+$/.test(value)) this.#source.retryMs = Number(value);
    if (field === 'id') this.#event.id = value;
    if (field === 'event') this.#event.type = value;
    if (field === 'data') this.#event.data = 'data' in this.#event ? `${this.#event.data}\n${value}` : value;
  }

  #dispatch() {
    const { id, type = 'message', data } = this.#event;
    this.#event = {};
    if (id !== undefined) this.#source.lastEventId = id;
    if (data === undefined) this.#source.emptyBlocks += 1;
    else (framing.has(type) ? this.#source.framing : this.#source.events).push({ id: this.#source.lastEventId, type, data });
  }
}
