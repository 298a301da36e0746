// Where clients run: a Node process of their own, or a page of Debian's Chromium of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Link } from './link.mjs';
import { Mock } from './mock.mjs';

const clientsDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

// One stream of a client, and what its page got of it.
class Stream {
  shown = []; // [{n, id, isIntact}]
  controls = []; // [{name, text, id}]
  empty = 0; // events without data
  garbage = []; // data that is no JSON

  take(what, detail) {
    if (what === 'shown') this.shown.push(detail);
    if (what === 'control') this.controls.push(detail);
    if (what === 'empty') this.empty += 1;
    if (what === 'garbage') this.garbage.push(detail.text);
  }
}

class Host {
  name = '';
  details = {}; // of what was measured, for who looks for the reason
  crashes = []; // exceptions that nobody caught
  #streams = [];
  #closers = [];

  // What a stream goes through, or comes from: closed with the host at the latest.
  async link(...args) {
    return this.keep(await Link.start(...args));
  }

  async mock(script) {
    return this.keep(await Mock.start(script));
  }

  // What else ends with this host: close() of it is called.
  keep(closer) {
    this.#closers.push(closer);
    return closer;
  }

  // The client goes first: it would try again and again to reach what has gone.
  async end() {
    await this.close();
    await Promise.all(this.#closers.map((closer) => closer.close()));
  }

  newStream() {
    this.#streams.push(new Stream());
    return { key: this.#streams.length - 1, stream: this.#streams.at(-1) };
  }

  take(key, what, detail) {
    if (what === 'crash') this.crashes.push(detail.text);
    else this.#streams[key].take(what, detail);
  }
}

export class NodeHost extends Host {
  #child;

  static async start({ page, nodeFlags = [] }) {
    const host = new NodeHost();
    host.#child = fork(path.join(clientsDir, 'support/in_node.mjs'), [`../pages/${page}.mjs`], {
      execArgv: nodeFlags, stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    host.#child.stderr.on('data', (text) => { errors += text; });
    host.#child.on('message', ([key, what, detail]) => host.take(key, what, detail));
    const [first] = await Promise.race([once(host.#child, 'message'), once(host.#child, 'exit')]);
    if (!Array.isArray(first) || first[1] !== 'ready') throw new Error(`${page}: ${first?.[2]?.text ?? errors}`);
    return host;
  }

  open(url) {
    const { key, stream } = this.newStream();
    this.#child.send([key, url]);
    return stream;
  }

  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  take(key, what, detail) {
    if (what !== 'ready') super.take(key, what, detail);
  }
}

// A browser, and the site whose pages it loads.
export class Browser {
  static async start() {
    const { chromium } = await import('playwright-core');
    const browser = new Browser();
    browser.site = http.createServer(serveFile);
    browser.site.listen(0, '127.0.0.1');
    await once(browser.site, 'listening');
    browser.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
      // As root, as in a container, there is no sandbox; nothing here loads a foreign page.
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    return browser;
  }

  get url() {
    return `http://127.0.0.1:${this.site.address().port}`;
  }

  async close() {
    await this.chromium.close();
    this.site.close();
    this.site.closeAllConnections();
  }
}

export class ChromiumHost extends Host {
  #context;
  #page;

  static async start(browser, { page }) {
    const host = new ChromiumHost();
    host.#context = await browser.chromium.newContext();
    host.#page = await host.#context.newPage();
    await host.#page.exposeBinding('report', (_, key, what, detail) => host.take(key, what, detail));
    host.#page.on('pageerror', (error) => host.take(undefined, 'crash', { text: error.message }));
    await host.#page.goto(`${browser.url}/?${page}`);
    if (!await host.#page.evaluate(() => globalThis.subscribe !== undefined)) {
      throw new Error(`the page does not load: ${host.crashes}`);
    }
    return host;
  }

  open(url) {
    const { key, stream } = this.newStream();
    this.#page.evaluate(([k, u]) => globalThis.subscribe(k, u), [key, url])
      .catch((error) => this.take(key, 'crash', { text: error.message }));
    return stream;
  }

  close() {
    return this.#context.close();
  }
}

// What a bundler would resolve.
const imports = {
  '@microsoft/fetch-event-source': '/node_modules/@microsoft/fetch-event-source/lib/esm/index.js',
  'event-source-polyfill': '/node_modules/event-source-polyfill/src/eventsource.js',
  'react-native-sse': '/node_modules/react-native-sse/src/EventSource.js',
  'reconnecting-eventsource': '/node_modules/reconnecting-eventsource/build/esm/reconnecting-eventsource.js',
  'sse.js': '/node_modules/sse.js/lib/sse.js',
};

const html = (page) => `<!doctype html><meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { newPage } from '/support/page.mjs';
  import { subscribe } from '/pages/${page}.mjs';
  globalThis.subscribe = (key, url) => {
    subscribe(url, newPage((what, detail) => globalThis.report(key, what, detail)));
  };
</script>`;

function serveFile(request, response) {
  const url = new URL(request.url, 'http://127.0.0.1');
  const file = path.join(clientsDir, path.normalize(url.pathname));
  const found = [file, `${file}.js`].find((name) => fs.existsSync(name) && fs.statSync(name).isFile());
  if (url.pathname === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(html(url.search.slice(1)));
  } else if (found) {
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(fs.readFileSync(found));
  } else {
    response.writeHead(404).end();
  }
}
