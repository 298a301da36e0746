// The pages of the documents, as people copy them, in Chromium: each comes back by itself, also from
// where the browser gives up.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import vm from "node:vm";

import { launchBrowser, openPage } from "./support/browser.mjs";
import {
  pageOfReact, pageOfTokens, pages, pagesWithOneStream, programs,
} from "./support/documents.mjs";
import { Front } from "./support/front.mjs";
import { startGateway } from "./support/gateway.mjs";
import { metric } from "./support/metrics.mjs";
import { Proxy } from "./support/proxy.mjs";
import { serve } from "./support/site.mjs";
import { waitFor } from "./support/wait.mjs";

const kCompletePage = pages.find(({ name }) => name.includes("complete"));

const state = (title, id = "web-1") => ({ dashboard: { id, title } });
const piece = (topic, text, more = {}) => ({
  topic, ...more,
  message: {
    type_url: "type.googleapis.com/google.protobuf.StringValue",
    value: Buffer.from([0x0a, text.length, ...Buffer.from(text)]),
  },
});
// Runs the scripts of a page without a browser: {sources, fail()}. fail() closes its newest source
// for good, as a browser does, and returns after which time (ms) it makes a new one, of which url.
function run(html) {
  const sources = [];
  const timers = [];
  class Source {
    static CLOSED = 2;
    readyState = 0;
    #listeners = {};
    constructor(url) {
      this.url = url;
      sources.push(this);
    }
    addEventListener(type, listener) { this.#listeners[type] = listener; }
    emit(type, data, lastEventId = "") {
      (this.#listeners[type] ?? this[`on${type}`])?.({ type, data, lastEventId });
    }
    close() {}
  }
  const nothing = () => {};
  const code = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text).join("\n");
  vm.runInNewContext(code, {
    EventSource: Source, URLSearchParams, location: { search: "" }, console: { log: nothing },
    setTimeout: (act, ms) => timers.push({ act, ms }), clearTimeout: nothing,
    addEventListener: nothing, state: {}, out: { classList: { toggle: nothing } },
    answer: { append: nothing }, document: {},
  });
  const fail = () => {
    const source = sources.at(-1);
    source.readyState = Source.CLOSED;
    source.onerror();
    const { act, ms } = timers.at(-1);
    act();
    assert.notEqual(sources.at(-1), source, "it makes a new one");
    return { ms, url: sources.at(-1).url };
  };
  return { sources, fail };
}

const idOf = (url) => new URL(url, "http://gateway").searchParams.get("lastEventId");

describe("pages of the documents", { timeout: 180_000 }, () => {
  let browser;
  let gateway;
  let toClose;

  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());
  beforeEach(async () => {
    toClose = [];
    gateway = await startGateway();
  });
  afterEach(async () => {
    for (const close of toClose.reverse()) await close();
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
  });

  // From an origin of its own.
  const open = async (files, query = "", prepare = undefined) => {
    const site = await serve(files);
    toClose.push(() => site.close());
    const page = await openPage(browser, `${site.url}${query}`, { prepare });
    toClose.push(() => page.context().close());
    return page;
  };
  const through = async (Kind) => {
    const proxy = await Kind.start(gateway.http);
    toClose.push(() => proxy.close());
    return proxy;
  };
  const restart = async () => { gateway = await startGateway({ ports: gateway }); };
  const connections = () => metric(gateway, "sse_gateway_connections");
  const opened = () => metric(gateway, "sse_gateway_connections_opened_total");

  test("come back after a killed gateway and a proxy's 502, with the last id", async () => {
    const all = [];
    for (const { name, path, html, shown } of pages) {
      const front = await through(Front);
      const page = await open(html(front.address), path(front.address));
      all.push({ name, page, front, titles: () => page.evaluate(shown) });
    }
    const has = (title) => Promise.all(all.map(({ name, titles }) => waitFor(
      async () => (await titles()).includes(title),
      async () => `"${title}" in ${name}, which has ${await titles()}`, 20_000)));
    const lastId = await gateway.publish(state("before"));
    await has("before");

    await gateway.kill();
    // The browser's own attempt gets the first 502, and closes the source for good.
    const refused = ({ streams }) => streams.filter(({ status }) => status === 502);
    for (const { name, front } of all) {
      await waitFor(() => refused(front).length >= 2, `${name} tries on`, 20_000);
    }
    await restart();
    await gateway.publish(state("after"));
    await has("after");
    for (const { name, page, front } of all) {
      for (const { url } of refused(front).slice(1)) assert.equal(idOf(url), lastId, name);
      assert.deepEqual(page.errors(), [], name);
    }
  });

  test("wait longer with each attempt, up to a limit, and not in step", () => {
    const firsts = new Set();
    for (const { name, html } of programs) {
      const { fail, sources } = run(html("gateway"));
      const waits = Array.from({ length: 30 }, () => fail().ms);
      firsts.add(waits[0]);
      assert.ok(waits[0] >= 500 && waits[0] <= 1500, `${name}: ${waits}`);
      assert.ok(waits.slice(10).every((ms) => ms >= 15_000 && ms <= 45_000), `${name}: ${waits}`);
      sources.at(-1).onopen?.();
      sources.at(-1).emit("gateway.hello", "{}");
      assert.ok(fail().ms <= 1500, `${name} begins again after a success`);
    }
    assert.equal(firsts.size, programs.length, "drawn at random");
  });

  test("keep the id of an event that they could read, and write it into the URL as text", () => {
    for (const { name, html } of programs) {
      const { fail, sources } = run(html("gateway"));
      assert.equal(idOf(fail().url), "", name);
      sources.at(-1).emit("message", '{"topic":"t","key":"k","data":{}}', "a&b=c d-1");
      assert.throws(() => sources.at(-1).emit("message", '{"topic":"t', "a&b=c d-2"), name);
      assert.equal(idOf(fail().url), "a&b=c d-1", name);
    }
  });

  test("the complete page tells an empty gateway from one that is loading", async () => {
    const front = await through(Front);
    let stream;
    front.answer = (request, response) => {
      stream = response;
      response.writeHead(200, { "Content-Type": "text/event-stream",
                                "Access-Control-Allow-Origin": "*" });
      response.write(`:\nevent: gateway.cut\ndata: {}\n\nevent: gateway.hello\n` +
                     `data: {"connection":"c","resumed":null}\n\n`);
    };
    const page = await open(kCompletePage.html(front.address));
    const text = (id) => page.locator(id).innerText();
    await waitFor(async () => (await text("#state")) === "loading", "it is loading");
    assert.notEqual(await text("#out"), "nothing there");
    stream.write("event: gateway.live\ndata: {}\n\n");
    await waitFor(async () => (await text("#state")) === "live", "it is live");
    assert.equal(await text("#out"), "nothing there");
    assert.deepEqual(page.faults(), []);
  });

  test("the complete page says that the log behind the gateway is away", async () => {
    const front = await through(Front);
    let stream;
    front.answer = (request, response) => {
      stream = response;
      response.writeHead(200, { "Content-Type": "text/event-stream",
                                "Access-Control-Allow-Origin": "*" });
      response.write(`:\nevent: gateway.cut\ndata: {}\n\nevent: gateway.hello\n` +
                     `data: {"connection":"c","resumed":null}\n\n` +
                     `event: gateway.stale\ndata: {"since":"2026-01-02T03:04:05.678Z"}\n\n`);
    };
    const page = await open(kCompletePage.html(front.address));
    const has = (text) => waitFor(
      async () => (await page.locator("#state").innerText()) === text, text);
    await has("loading");
    stream.write("event: gateway.live\ndata: {}\n\n");
    await has("as of 2026-01-02T03:04:05.678Z");
    assert.equal(await page.locator("#out").getAttribute("class"), "stale");
    stream.write("event: gateway.fresh\ndata: {}\n\n");
    await has("live");
    assert.deepEqual(page.faults(), []);
  });

  test("the complete page notices a link that died without a word", async () => {
    const front = await through(Front);
    const page = await open(kCompletePage.html(front.address), "",
                            ({ clock }) => clock.install());
    const titles = () => page.evaluate(kCompletePage.shown);
    await gateway.publish(state("before"));
    await waitFor(async () => (await titles()).includes("before"), "the first event");
    front.goSilent();
    const lastId = await gateway.publish(state("after"));
    await page.clock.fastForward(36_000);
    assert.deepEqual(await titles(), ["before"]);
    assert.equal(front.streams.length, 1, "two and a half heartbeats are not over");
    await page.clock.fastForward(2000);
    await waitFor(async () => (await titles()).includes("after"), "what was missed");
    await waitFor(async () => (await page.locator("#state").innerText()) === "live", "it is live");
    assert.notEqual(idOf(front.streams.at(-1).url), "");
    assert.equal(await page.evaluate("lastId"), lastId);
    assert.deepEqual(page.faults(), []);
  });

  test("the complete page takes heartbeats for life", async () => {
    const html = kCompletePage.html(gateway.http)
      .replace("15_000", "1_000").replace("heartbeatInterval=15", "heartbeatInterval=1");
    const page = await open(html);
    await page.evaluate(() => {
      globalThis.beats = 0;
      source.addEventListener("gateway.heartbeat", () => { ++beats; });
    });
    await waitFor(() => page.evaluate("beats >= 4"), "more heartbeats than it waits for");
    assert.equal(await opened(), 1);
    assert.deepEqual(page.faults(), []);
  });

  test("one worker has the stream for all tabs", async () => {
    await gateway.publish(state("one", "web-1"));
    await gateway.publish(state("two", "web-2"));
    const first = await open(pagesWithOneStream(gateway.http));
    const shows = (tab, ...titles) => waitFor(
      async () => JSON.stringify(titles) === JSON.stringify(await tab.evaluate(
        "[...has.values()].map((dashboard) => dashboard.title).sort()")),
      `the tab shows ${titles}`, 20_000);
    await shows(first, "one", "two");
    const second = await first.context().newPage();
    await second.goto(first.url());
    await shows(second, "one", "two");
    await gateway.publish({ topic: "dashboards.web-2", key: "web-2", deleted: true });
    await gateway.publish(state("new", "web-1"));
    await Promise.all([shows(first, "new"), shows(second, "new")]);
    assert.equal(await opened(), 1);
    await second.close();
    await gateway.kill();
    await restart();
    await gateway.publish(state("anew", "web-3"));
    await shows(first, "anew");
    assert.deepEqual(first.errors(), []);
  });

  test("the React hook keeps one stream in StrictMode, and the state through all", async () => {
    const proxy = await through(Proxy);
    await gateway.publish(state("one", "web-1"));
    await gateway.publish(state("two", "web-2"));
    const page = await open(pageOfReact(proxy.address));
    const shows = (text) => waitFor(
      async () => (await page.locator("#shown").innerText()) === text, `it shows "${text}"`, 20_000);
    await shows("live one two");
    await waitFor(async () => (await connections()) === 1, "only the second stream is left");
    await gateway.publish({ topic: "dashboards.web-2", key: "web-2", deleted: true });
    await shows("live one");
    proxy.cutAndHold();
    await shows("reconnecting one");
    await gateway.publish(state("three", "web-3"));
    proxy.release();
    await shows("live one three");
    await gateway.kill();
    await restart();
    await gateway.publish(state("four", "web-4"));
    await shows("live four");
    await page.evaluate("root.unmount()");
    await waitFor(async () => (await connections()) === 0, "the stream ends with the component");
    assert.deepEqual(page.errors(), []);
  });

  test("a stream of tokens is whole, in order and once, and ends", async () => {
    const proxy = await through(Proxy);
    const publish = async (text) => {
      for (const token of text.split(/(?= )/)) await gateway.publish(piece("answers.1", token));
    };
    await publish("An answer that began");
    const page = await open(pageOfTokens(proxy.address, "1"));
    const answer = () => page.locator("#answer").innerText();
    const reads = (text) => waitFor(async () => (await answer()) === text, `it reads "${text}"`);
    await reads("An answer that began");
    await publish(" before the page came");
    await reads("An answer that began before the page came");
    proxy.cutAndHold();
    await publish(" and was cut");
    await waitFor(() => proxy.waiting > 0, "the browser comes back");
    proxy.release();
    await gateway.publish(piece("answers.1", "", { type: "done" }));
    await reads("An answer that began before the page came and was cut");
    await waitFor(async () => (await connections()) === 0, "the stream is closed");
    assert.deepEqual(page.errors(), []);
  });
});
