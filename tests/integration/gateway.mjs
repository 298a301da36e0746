// The real gateway, publishers and a subscriber, as the integration tests use them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const built = (name) => path.join(root, 'build/release/bin', name);
export const gatewayBinary = process.env.SSE_GATEWAY_BIN ?? built('sse-gateway');
export const hostDashboardBinary = process.env.HOST_DASHBOARD_BIN ?? built('host_dashboard');

const patienceMs = 20_000;

// Returns what the predicate returns once that is true.
export async function waitFor(what, predicate) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const result = await predicate();
    if (result) return result;
    if (Date.now() > deadline) assert.fail(`waited in vain for ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

// A program that ends with the test at the latest.
export class Program {
  constructor(t, command, args, options = {}) {
    this.stdout = '';
    this.stderr = '';
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.child.stdout.on('data', (text) => { this.stdout += text; });
    this.child.stderr.on('data', (text) => { this.stderr += text; });
    this.closed = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
    this.closed.catch(() => {}); // spawn failed: whoever waits is told
    t.after(() => this.end('SIGKILL'));
  }

  // Resolves to {code, signal}.
  async end(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.closed;
  }

  async logged(pattern) {
    return waitFor(() => `${pattern} in:\n${this.stderr}`, async () => {
      const found = this.stderr.match(pattern);
      if (!found && this.child.exitCode !== null) assert.fail(`ended early:\n${this.stderr}`);
      return found;
    });
  }
}

// Starts a gateway, on the addresses of `like` where that is given, otherwise on free ports; with more
// flags where those are given.
export async function startGateway(t, like = {}, flags = []) {
  const any = '127.0.0.1:0';
  const program = new Program(t, gatewayBinary, [
    `--http_listen=${like.http ?? any}`, `--grpc_listen=${like.grpc ?? any}`,
    `--admin_listen=${like.admin ?? any}`, '--drain_delay=0s', '--drain_window=1s',
    ...flags,
  ]);
  const [line] = await program.logged(/^.*msg=listening.*$/m);
  const address = (name) => line.match(new RegExp(`\\b${name}=(\\S+)`))[1];
  return { program, http: address('http'), grpc: address('grpc'), admin: address('admin') };
}

// One sample of /metrics, 0 where it is not there.
export async function metric(gateway, name) {
  const text = await (await fetch(`http://${gateway.admin}/metrics`)).text();
  const line = text.split('\n').find((l) => l.startsWith(`${name} `));
  return line ? Number(line.slice(name.length + 1)) : 0;
}

// Subscribes by fetch. Returns the events as they come: [{id, event, data}], without what the
// gateway says of the stream.
export async function subscribe(t, gateway, query = '', abort = new AbortController()) {
  t.after(() => abort.abort());
  const response = await fetch(`http://${gateway.http}/v1/events?${query}`, {
    headers: { accept: 'text/event-stream' }, signal: abort.signal,
  });
  assert.equal(response.status, 200);
  const events = [];
  readEvents(response.body, events).catch(() => {}); // cut: what came is what counts
  return events;
}

async function readEvents(body, events) {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const event = Object.fromEntries(text.slice(0, end).split('\n')
        .map((line) => line.match(/^(id|event|data): ?(.*)$/)?.slice(1)).filter(Boolean));
      if (['gateway.cut', 'gateway.hello', 'gateway.live'].includes(event.event)) continue;
      if ('data' in event) events.push({ ...event, data: JSON.parse(event.data) });
    }
  }
}

// Stands between a publisher, or a browser, and the gateway.
export class Proxy {
  static async start(t, target) {
    const proxy = new Proxy();
    proxy.target = target; // of connections from now on
    proxy.pairs = new Set();
    proxy.connections = 0; // so far
    proxy.answersAreLost = false;
    const server = net.createServer((publisher) => {
      const [host, port] = proxy.target.split(':');
      const gateway = net.connect(Number(port), host);
      proxy.connections += 1;
      const pair = [publisher, gateway];
      proxy.pairs.add(pair);
      publisher.on('data', (bytes) => gateway.write(bytes));
      gateway.on('data', (bytes) => { if (!proxy.answersAreLost) publisher.write(bytes); });
      for (const socket of pair) {
        socket.on('error', () => {});
        socket.on('close', () => {
          pair.forEach((s) => s.destroy());
          proxy.pairs.delete(pair);
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => { proxy.cut(); server.close(); });
    proxy.address = `127.0.0.1:${server.address().port}`;
    return proxy;
  }

  cut() {
    for (const pair of this.pairs) pair.forEach((socket) => socket.destroy());
  }
}
