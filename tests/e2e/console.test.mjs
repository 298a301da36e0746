// The console, as a browser shows it.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { launchBrowser, openPage } from "./support/browser.mjs";
import { Front } from "./support/front.mjs";
import { startGateway, timestamp } from "./support/gateway.mjs";
import { waitFor } from "./support/wait.mjs";

const gauge = (id, value, more = {}) => ({ id, title: id.toUpperCase(), gauge: value, ...more });
const dashboard = (id, panels, more = {}) => ({
  dashboard: { id, title: `Title of ${id}`, observed_at: timestamp(), panels, ...more },
});

const panel = (page, title) =>
  page.locator(".panel").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
const valueOf = async (page, title) =>
  (await panel(page, title).locator(".value").innerText()).trim().replaceAll(/\s+/g, " ");
const card = (page, topic) => page.locator(`.card[data-topic="${topic}"]`);
const topicsShown = (page) =>
  page.locator(".card").evaluateAll((cards) => cards.map((node) => node.dataset.topic));
// Begins a stream as the gateway does, up to gateway.hello.
const greet = (response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(`:\nevent: gateway.cut\ndata: {}\n\nevent: gateway.hello\n` +
                 `data: {"connection":"its-id","resumed":null}\n\n`);
};
const isLive = (page) => page.getByRole("status").filter({ hasText: "Live" }).waitFor();

describe("console", { timeout: 180_000 }, () => {
  let browser;
  let gateway;
  let page;

  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());
  beforeEach(async () => { gateway = await startGateway(); });
  afterEach(async () => {
    await page?.context().close();
    page = undefined;
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
  });

  // Every page has to end without an error and without a violation of its policy.
  const open = async (query = "", options = {}) => {
    page = await openPage(browser, `${gateway.url}/${query}`, options);
    await isLive(page);
    return page;
  };

  test("says how to publish a first event while there is none", async () => {
    await open();
    await page.getByRole("heading", { name: "Waiting for the first event" }).waitFor();
    assert.match(await page.locator("#example-grpcurl").innerText(),
                 /grpcurl .*ssegateway\.v1\.PublisherService\/Publish/s);
    assert.match(await page.locator("#example-python").innerText(), /PublisherServiceStub/);
    await gateway.publish(dashboard("first", [gauge("cpu", 1)]));
    await card(page, "dashboards.first").waitFor();
    assert.equal(await page.locator("#empty").isVisible(), false);
    assert.deepEqual(page.faults(), []);
  });

  test("shows a dashboard published before it was opened, and updates it in place", async () => {
    await gateway.publish(dashboard("host", [
      gauge("cpu", 12.34, { unit: "%", status: "STATUS_OK" }),
      { id: "uptime", title: "UPTIME", unit: "s", counter: "277200" },
    ]));
    await open();
    await page.getByRole("heading", { name: "Title of host" }).waitFor();
    assert.equal(await valueOf(page, "CPU"), "12.3 %");
    assert.equal(await valueOf(page, "UPTIME"), "3 d 5 h");

    const before = await card(page, "dashboards.host").elementHandle();
    const panelBefore = await panel(page, "CPU").elementHandle();
    const id = await gateway.publish(dashboard("host", [
      gauge("cpu", 99.9, { unit: "%", status: "STATUS_CRITICAL" }),
      { id: "uptime", title: "UPTIME", unit: "s", counter: "277200" },
    ]));
    await waitFor(async () => (await valueOf(page, "CPU")) === "99.9 %", "the value changes");
    assert.match(await panel(page, "CPU").innerText(), /Critical/);
    assert.ok(await before.evaluate((node) => node.isConnected), "the same card");
    assert.ok(await panelBefore.evaluate((node) => node.isConnected), "the same panel");
    assert.equal(await page.locator("#fact-id").innerText(), id);
    assert.deepEqual(page.faults(), []);
  });

  test("draws every kind of panel", async () => {
    const now = Date.now();
    const points = Array.from({ length: 20 }, (_, i) => (
      { time: timestamp(new Date(now - (20 - i) * 1000)), value: i * 1024 * 1024 }));
    await gateway.publish(dashboard("all", [
      gauge("memory", 6 * 2 ** 30, { unit: "By" }),
      { id: "events", title: "EVENTS", unit: "{events}", counter: "18446744073709551615" },
      { id: "kernel", title: "KERNEL", text: "6.1.0" },
      { id: "net", title: "NET", unit: "By/s", series: { points } },
      { id: "ps", title: "PS", table: { columns: ["pid", "name", "CPU %"],
                                        rows: [{ cells: ["1", "init", "0.5"] }] } },
      { id: "nothing", title: "NOTHING" },
    ], { labels: { os: "linux" }, user: 7 }));
    await open();
    assert.equal(await valueOf(page, "MEMORY"), "6.00 GiB");
    assert.equal(await panel(page, "EVENTS").locator(".value").getAttribute("title"),
                 "18446744073709551615 {events}");
    assert.equal(await panel(page, "KERNEL").locator(".text").innerText(), "6.1.0");
    assert.equal(await valueOf(page, "NET"), "19.0 MiB/s");
    assert.equal(await panel(page, "NOTHING").locator(".text").innerText(), "no value");
    assert.deepEqual(await panel(page, "PS").locator("td").allInnerTexts(), ["1", "init", "0.5"]);
    const labels = await card(page, "dashboards.all").locator(".labels .chip").allInnerTexts();
    assert.deepEqual(labels, ["user: 7", "os: linux"]);
    const drawn = await panel(page, "NET").locator("canvas").evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((byte) => byte !== 0);
    });
    assert.ok(drawn, "the chart has pixels");
    assert.deepEqual(page.faults(), []);
  });

  test("keeps a sparkline of what it saw of a gauge", async () => {
    await gateway.publish(dashboard("host", [gauge("cpu", 0)]));
    await open();
    await card(page, "dashboards.host").waitFor();
    for (let value = 1; value <= 5; ++value) {
      await gateway.publish(dashboard("host", [gauge("cpu", value)]));
    }
    const pointsOf = async () => {
      const path = await panel(page, "CPU").locator(".spark-line").getAttribute("d");
      return (path ?? "").match(/[ML]/g)?.length ?? 0;
    };
    await waitFor(async () => (await pointsOf()) === 6, "six points");
    assert.deepEqual(page.faults(), []);
  });

  test("shows what is not a dashboard as JSON", async () => {
    // google.protobuf.StringValue{value: "hello"}
    const value = Buffer.from([0x0a, 5, ...Buffer.from("hello")]);
    const type_url = "type.googleapis.com/google.protobuf.StringValue";
    await gateway.publish({ topic: "greetings.en", key: "k1", message: { type_url, value } });
    await open();
    const text = await card(page, "greetings.en").locator("pre").innerText();
    assert.deepEqual(JSON.parse(text), { "@type": type_url, value: "hello" });
    assert.deepEqual(page.faults(), []);
  });

  test("shows markup as the text that it is", async () => {
    const markup = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>";
    const type = "<b>type</b>";
    await gateway.publish({ topic: "xss", key: markup, type, ...dashboard("xss", [
      { id: markup, title: markup, text: markup },
      gauge("cpu", 1, { unit: markup }),
      { id: "t", title: "TABLE", table: { columns: [markup], rows: [{ cells: [markup] }] } },
    ], { title: markup, labels: { [markup]: markup } }) });
    await open(`?type=${encodeURIComponent(type)}`);
    await page.getByRole("heading", { name: markup, exact: true }).first().waitFor();
    assert.equal(await panel(page, markup).locator(".text").innerText(), markup);
    assert.equal(await page.locator(".card td").innerText(), markup);
    await page.getByRole("button", { name: "Frames of xss" }).click();
    await page.locator(".frame pre").waitFor();
    assert.equal(await page.locator("img, b").count(), 0);
    assert.equal(await page.title(), "grpc-sse-gateway console");
    assert.deepEqual(page.faults(), []);
  });

  test("follows the filters of its address, and those that are typed in", async () => {
    for (const topic of ["alpha.one", "alpha.two", "beta.one", "gamma"]) {
      await gateway.publish({ topic, ...dashboard(topic, [gauge("cpu", 1)]) });
    }
    await open("?topic=alpha.*&topic=gamma");
    await waitFor(async () => (await topicsShown(page)).length === 3, "three cards");
    assert.deepEqual(await topicsShown(page), ["alpha.one", "alpha.two", "gamma"]);
    assert.equal(await page.locator("#filters").inputValue(), "alpha.* gamma");

    await page.locator("#filters").fill("beta.>, *.two");
    await page.getByRole("button", { name: "Apply" }).click();
    await waitFor(async () => (await topicsShown(page)).join() === "alpha.two,beta.one",
                  "the new filters");
    assert.deepEqual(new URL(page.url()).searchParams.getAll("topic"), ["beta.>", "*.two"]);

    await page.locator("#filters").fill("al*");
    await page.getByRole("button", { name: "Apply" }).click();
    assert.match(await page.locator("#subscribe-error").innerText(), /“al\*”.*wildcard/);
    assert.deepEqual(await topicsShown(page), ["alpha.two", "beta.one"], "nothing else changed");
    assert.deepEqual(page.faults(), []);
  });

  test("gets an event with a type only where the type is listened for", async () => {
    await open("?type=alert");
    await gateway.publish({ topic: "other", type: "other", ...dashboard("other", []) });
    await gateway.publish({ topic: "alerts", type: "alert", ...dashboard("alerts", []) });
    await gateway.publish({ topic: "last", ...dashboard("last", []) });
    await card(page, "last").waitFor();
    assert.deepEqual(await topicsShown(page), ["alerts", "last"]);
    assert.match(await card(page, "alerts").locator(".card-sub").innerText(), /alert$/m);
    assert.deepEqual(page.faults(), []);
  });

  test("removes the card of a deleted key, and no other", async () => {
    await gateway.publish(dashboard("stays", [gauge("cpu", 1)]));
    await gateway.publish(dashboard("goes", [gauge("cpu", 1)]));
    await open();
    await card(page, "dashboards.goes").waitFor();
    await gateway.publish({ topic: "dashboards.goes", key: "goes", deleted: true });
    await card(page, "dashboards.goes").waitFor({ state: "detached" });
    assert.deepEqual(await topicsShown(page), ["dashboards.stays"]);
    assert.deepEqual(page.faults(), []);
  });

  test("forgets all cards at a reset, and comes back by itself", async () => {
    await gateway.publish(dashboard("old", [gauge("cpu", 1)]));
    await open();
    await card(page, "dashboards.old").waitFor();
    await gateway.kill();
    await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
    assert.deepEqual(await topicsShown(page), ["dashboards.old"], "what is known stays meanwhile");
    gateway = await startGateway({ ports: gateway });
    await gateway.publish(dashboard("new", [gauge("cpu", 2)]));
    await card(page, "dashboards.new").waitFor({ timeout: 20_000 });
    await card(page, "dashboards.old").waitFor({ state: "detached" });
    await isLive(page);
    assert.match(await page.locator("#log").innerText(), /Reset: the gateway has a new log/);
  });

  test("says that the gateway leaves, and that it reconnects", async () => {
    await open();
    await gateway.process.stop();
    await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
    assert.match(await page.locator("#log").innerText(), /Goodbye: the gateway is leaving/);
    gateway = await startGateway({ ports: gateway });
    await isLive(page);
  });

  test("says why the gateway refused the stream", async () => {
    const problem = { status: 403, title: "Forbidden", detail: "the Origin is not an allowed one" };
    await open();
    await page.route("**/v1/events?*", (route) => route.fulfill({
      status: 403, contentType: "application/problem+json", body: JSON.stringify(problem),
    }));
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("status").filter({ hasText: "Closed" }).waitFor();
    assert.match(await page.locator("#notice").innerText(),
                 /403 Forbidden: the Origin is not an allowed one/);
    await page.unroute("**/v1/events?*");
    await page.getByRole("button", { name: "Connect now" }).click();
    await isLive(page);
  });

  test("comes back after a proxy's 502, where the browser gives up", async () => {
    await gateway.publish(dashboard("host", [gauge("cpu", 1)]));
    await open();
    await card(page, "dashboards.host").waitFor();
    let refused = 0;
    await page.route("**/v1/events?*", (route) => (
      ++refused <= 2 ? route.fulfill({ status: 502, body: "Bad Gateway" }) : route.continue()));
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
    await isLive(page);
    assert.ok(refused >= 3);
    await card(page, "dashboards.host").waitFor();
  });

  test("tries on where a proxy says that there is nothing, and says what it said", async () => {
    await open();
    let answers = 0;
    await page.route("**/v1/events?*", (route) => (++answers <= 2
      ? route.fulfill({ status: 404, contentType: "text/html", body: "default backend" })
      : route.continue()));
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
    await isLive(page);
    assert.match(await page.locator("#log").innerText(), /the answer was 404/);
  });

  test("notices a link that died without a word, and gets what it missed", async () => {
    const front = await Front.start(gateway.http);
    try {
      await gateway.publish(dashboard("host", [gauge("cpu", 1, { unit: "%" })]));
      page = await openPage(browser, `http://${front.address}/`,
                            { prepare: ({ clock }) => clock.install() });
      await isLive(page);
      await card(page, "dashboards.host").waitFor();
      front.goSilent();
      await gateway.publish(dashboard("host", [gauge("cpu", 2, { unit: "%" })]));
      await page.clock.fastForward(24_000);
      assert.doesNotMatch(await page.locator("#log").innerText(), /Reconnecting/);
      await page.clock.fastForward(2000);
      await waitFor(async () => (await valueOf(page, "CPU")) === "2.0 %", "what was missed");
      await isLive(page);
      assert.match(await page.locator("#log").innerText(),
                   /Resumed: after the last id[^]*Reconnecting: nothing came any more/);
      assert.deepEqual(page.faults(), []);
    } finally {
      await front.close();
    }
  });

  test("takes heartbeats for life", async () => {
    const front = await Front.start(gateway.http);
    try {
      let stream;
      front.answer = (request, response) => {
        stream = response;
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write("event: gateway.live\ndata: {}\n\n");
      };
      const prepare = async (tab) => {
        await tab.clock.install();
        await tab.addInitScript(() => {
          globalThis.beats = 0;
          globalThis.EventSource = class extends EventSource {
            constructor(url) {
              super(url);
              this.addEventListener("gateway.heartbeat", () => { ++globalThis.beats; });
            }
          };
        });
      };
      page = await openPage(browser, `http://${front.address}/`, { prepare });
      await isLive(page);
      assert.equal(new URL(front.streams[0].url, gateway.url).searchParams.get("heartbeat"), "event");
      for (let beat = 1; beat <= 3; ++beat) {
        await page.clock.fastForward(20_000);
        stream.write("event: gateway.heartbeat\ndata: {}\n\n");
        await waitFor(() => page.evaluate((n) => globalThis.beats === n, beat), "it arrives");
      }
      assert.equal(front.streams.length, 1, "one stream for a minute");
      await page.clock.fastForward(26_000);
      await waitFor(() => front.streams.length === 2, "a new one when they stop");
      assert.deepEqual(page.faults(), []);
    } finally {
      await front.close();
    }
  });

  test("tells an empty gateway from one that is still loading", async () => {
    const front = await Front.start(gateway.http);
    try {
      let stream;
      front.answer = (request, response) => {
        stream = response;
        greet(response);
      };
      page = await openPage(browser, `http://${front.address}/`);
      await page.getByRole("status").filter({ hasText: "Loading" }).waitFor();
      await page.getByRole("heading", { name: "Loading" }).waitFor();
      stream.write("event: gateway.live\ndata: {}\n\n");
      await isLive(page);
      await page.getByRole("heading", { name: "Waiting for the first event" }).waitFor();
      assert.deepEqual(page.faults(), []);
    } finally {
      await front.close();
    }
  });

  test("says that it is out of date while the gateway cannot reach its log", async () => {
    const front = await Front.start(gateway.http);
    try {
      let stream;
      front.answer = (request, response) => {
        stream = response;
        greet(response);
        response.write("event: gateway.live\ndata: {}\n\n");
      };
      page = await openPage(browser, `http://${front.address}/`);
      await isLive(page);
      stream.write(`event: gateway.stale\ndata: {"since":"2026-01-02T03:04:05.678Z"}\n\n`);
      await page.getByRole("status").filter({ hasText: "Out of date" }).waitFor();
      await page.getByText(/What is shown may be out of date: the gateway cannot reach its log since \d/)
        .waitFor();
      assert.equal(await page.locator("#connection-id").isVisible(), true, "it is open");
      assert.equal(await page.locator("#reconnect").isVisible(), false, "to connect again is no help");
      stream.write("event: gateway.fresh\ndata: {}\n\n");
      await isLive(page);
      assert.equal(await page.locator("#notice").isVisible(), false);
      assert.deepEqual(page.faults(), []);
    } finally {
      await front.close();
    }
  });

  test("shows the connection's id and when the gateway got an event", async () => {
    const value = Buffer.from([0x0a, 5, ...Buffer.from("hello")]);
    const type_url = "type.googleapis.com/google.protobuf.StringValue";
    await gateway.publish({ topic: "greetings.en", message: { type_url, value } });
    await open();
    const { connections } = await (await fetch(`http://${gateway.admin}/debug/connections`)).json();
    assert.equal(await page.locator("#connection-id").innerText(), connections[0].id);
    const { events } = await (await fetch(`${gateway.url}/v1/snapshot`)).json();
    const time = card(page, "greetings.en").locator("time");
    await time.waitFor();
    assert.equal(await time.getAttribute("datetime"), events[0].time);
    assert.match(await time.getAttribute("title"), new RegExp(`^at the gateway ${events[0].time}$`, "m"));
    assert.deepEqual(page.faults(), []);
  });

  test("works below a path, with its last slash and without", async () => {
    const front = await Front.start(gateway.http, "/some/path");
    try {
      await gateway.publish(dashboard("host", [gauge("cpu", 1)]));
      for (const path of ["/some/path/", "/some/path?topic=dashboards.*", "/some/path#main"]) {
        page = await openPage(browser, `http://${front.address}${path}`);
        await isLive(page);
        await card(page, "dashboards.host").waitFor();
        assert.equal(page.url(), `http://${front.address}${path}`.replace(/path(?=[?#]|$)/, "path/"));
        assert.ok(await page.evaluate(() => typeof Chart === "function"), "every file is there");
        assert.deepEqual(page.faults(), [], path);
        await page.context().close();
      }
      page = undefined;
    } finally {
      await front.close();
    }
  });

  test("works with any list of origins", async () => {
    assert.equal(await gateway.stop(), 0);
    gateway = await startGateway({ args: ["--allow_origins=https://app.example"] });
    await gateway.publish(dashboard("host", [gauge("cpu", 1)]));
    await open();
    await card(page, "dashboards.host").waitFor();
    assert.deepEqual(page.faults(), []);
  });

  test("holds still while paused and shows the newest state afterwards", async () => {
    await gateway.publish(dashboard("host", [gauge("cpu", 1, { unit: "%" })]));
    await open();
    await card(page, "dashboards.host").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    const id = await gateway.publish(dashboard("host", [gauge("cpu", 2, { unit: "%" })]));
    await waitFor(async () => (await page.locator("#fact-id").innerText()) === id, "it arrives");
    assert.equal(await valueOf(page, "CPU"), "1.0 %");
    await page.getByRole("button", { name: "Resume" }).click();
    await waitFor(async () => (await valueOf(page, "CPU")) === "2.0 %", "it is shown");
    assert.deepEqual(page.faults(), []);
  });

  test("shows the frames of a chosen topic, newest first", async () => {
    await gateway.publish(dashboard("a", [gauge("cpu", 1)]));
    await gateway.publish(dashboard("b", [gauge("cpu", 1)]));
    await open();
    await card(page, "dashboards.a").waitFor();
    await page.getByRole("button", { name: "Frames of dashboards.a" }).click();
    const first = await gateway.publish(dashboard("a", [gauge("cpu", 2)]));
    await gateway.publish(dashboard("b", [gauge("cpu", 2)]));
    const second = await gateway.publish(dashboard("a", [gauge("cpu", 3)]));
    await waitFor(async () => (await page.locator(".frame").count()) === 3, "three frames");
    const texts = await page.locator(".frame pre").allTextContents();
    assert.ok(texts[0].startsWith(`data: {"topic":"dashboards.a","key":"a",`));
    assert.ok(texts[0].endsWith(`\nid: ${second}\n`));
    assert.ok(texts[1].endsWith(`\nid: ${first}\n`));
    assert.deepEqual((await page.locator(".frame-id").allTextContents()).slice(0, 2),
                     [second, first]);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#frames").isVisible(), false);
    assert.deepEqual(page.faults(), []);
  });

  test("does not scroll sideways on a phone", async () => {
    const long = "a_very_long_name_without_any_place_to_break_".repeat(5);
    await gateway.publish({ topic: `phones.${long}`, ...dashboard(long, [
      gauge("cpu", 123456789.125, { title: long, unit: "By/s", status: "STATUS_WARNING" }),
      { id: "text", title: "TEXT", text: long },
      { id: "wide", title: "WIDE", table: { columns: Array(12).fill("a wide column"),
                                            rows: [{ cells: Array(12).fill("a wide cell") }] } },
      { id: "line", title: "LINE", unit: "By/s",
        series: { points: [{ time: timestamp(), value: 1 }, { time: timestamp(), value: 5e6 }] } },
    ], { labels: { [long]: long } }) });
    await open("", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await page.locator(".card").waitFor();
    for (const step of ["at first", "#rail-toggle", "#frames-toggle"]) {
      if (step.startsWith("#")) await page.locator(step).click();
      const widths = await page.evaluate(() => ({
        window: innerWidth,
        page: document.documentElement.scrollWidth,
        // A table scrolls by itself; everything else has to fit.
        widest: Math.max(...[...document.querySelectorAll(".card *:not(table, table *)")].map(
          (node) => Math.ceil(node.getBoundingClientRect().right))),
        text: Math.max(...[...document.querySelectorAll(".card :is(h3, h4, p, code, span)")].map(
          (node) => node.scrollWidth)),
      }));
      assert.equal(widths.window, 360, step);
      for (const width of Object.values(widths)) {
        assert.ok(width <= 360, `${step}: ${JSON.stringify(widths)}`);
      }
    }
    assert.deepEqual(page.faults(), []);
  });

  // The longest time in which the page did nothing else, in ms.
  const watchPauses = (tab) => tab.addInitScript(() => {
    let last = performance.now();
    globalThis.longestPause = 0;
    setInterval(() => {
      const now = performance.now();
      globalThis.longestPause = Math.max(globalThis.longestPause, now - last);
      last = now;
    }, 20);
  });
  const sizeOf = (tab) => tab.evaluate(() => ({
    elements: document.querySelectorAll("*").length,
    charts: document.querySelectorAll("canvas").length,
    text: document.body.textContent.length,
    pause: globalThis.longestPause,
  }));

  test("draws a part of what is too large, and says how much there is", async () => {
    const t = timestamp();
    const table = (topic, columns, rows) => dashboard(topic, [
      { id: "t", title: "TABLE", table: { columns, rows: rows.map((cells) => ({ cells })) } }]);
    const gauges = (count) => Array.from({ length: count }, (_, i) => gauge(`g${i}`, i));
    const long = "x".repeat(100_000);
    await gateway.publish(table("wide", ["a"], [Array(120_000).fill("")]));
    await gateway.publish(table("tall", ["a"], Array(40_000).fill(["1"])));
    await gateway.publish(table("columns", Array(60_000).fill("c"), []));
    await gateway.publish(table("both", ["a"], Array(250).fill(Array(250).fill("1"))));
    await gateway.publish(dashboard("tables", Array.from({ length: 40 }, (_, i) => (
      { id: `${i}`, table: { columns: [], rows: Array(100).fill({ cells: Array(20).fill("1") }) } }))));
    await gateway.publish(dashboard("panels",
      [...gauges(6000), gauge("last", 1, { status: "STATUS_CRITICAL" })]));
    await gateway.publish(dashboard("charts", Array.from({ length: 100 }, (_, i) => (
      { id: `${i}`, title: `${i}`, series: { points: Array(10).fill({ time: t, value: i }) } }))));
    await gateway.publish(dashboard("points", [
      { id: "p", title: "P", series: { points: Array(9000).fill({ time: t, value: 1 }) } }]));
    await gateway.publish(dashboard("labels", [], { labels:
      Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`label-${i}`, "value"])) }));
    await gateway.publish(dashboard("texts", [
      { id: "t", title: "TEXT", text: long }, gauge("g", 1, { title: long })], { title: "Texts" }));
    await open("", { prepare: watchPauses });
    const says = (topic, text) =>
      card(page, `dashboards.${topic}`).getByText(text, { exact: true }).waitFor();
    await says("wide", "and 119,970 more columns");
    await says("tall", "and 39,900 more rows");
    await says("columns", "and 59,970 more columns");
    await says("both", "and 184 more rows, and 220 more columns");
    await says("panels", "and 5,941 more panels");
    await says("charts", "and 76 more panels");
    await says("points", "the newest 1,000 readings, and 8,000 more readings");
    await says("labels", "and 5,980 more labels");
    assert.equal(await card(page, "dashboards.wide").locator("td").count(), 30);
    assert.equal(await card(page, "dashboards.tables").locator("td").count(), 2000);
    // What is not drawn counts for the status all the same.
    assert.match(await card(page, "dashboards.panels").locator(".card-meta").textContent(), /Critical/);
    assert.match(await card(page, "dashboards.texts").locator(".text").textContent(),
                 /^x{2000}… and 98,000 more characters$/);
    const { elements, text, pause } = await sizeOf(page);
    assert.ok(elements < 35_000, `${elements} elements`);
    assert.ok(text < 200_000, `${text} characters`);
    assert.ok(pause < 3000, `it stood still for ${pause} ms`);
    assert.deepEqual(page.faults(), []);
  });

  test("has the contents of as many cards as there is room for, and of each that is looked at", async () => {
    const t = timestamp();
    const points = [{ time: t, value: 1 }, { time: t, value: 2 }];
    const chart = (id) => ({ id, title: id, series: { points } });
    for (let i = 0; i < 230; ++i) {
      await gateway.publish(dashboard(`host-${i}`, Array.from({ length: 20 }, (_, n) => chart(`c${n}`))));
    }
    await open("", { prepare: watchPauses });
    await page.getByText("The first 200 are shown, and 30 more are not.").waitFor();
    await waitFor(async () => (await sizeOf(page)).charts >= 200, "what there is room for is drawn");
    // What is drawn above it may push it out of sight again.
    for (const topic of ["host-199", "host-0", "host-100", "host-50", "host-150"]) {
      const looked = card(page, `dashboards.${topic}`);
      await waitFor(async () => {
        await looked.scrollIntoViewIfNeeded();
        return (await looked.locator("canvas").count()) === 20;
      }, `${topic} is drawn when it is looked at`);
    }
    const { charts, elements, pause } = await sizeOf(page);
    assert.ok(charts < 600, `${charts} charts`);
    assert.ok(elements < 35_000, `${elements} elements`);
    assert.ok(pause < 3000, `it stood still for ${pause} ms`);
    assert.deepEqual(page.faults(), []);
  });

  test("follows the system's theme until one is chosen, and keeps the choice", async () => {
    await open("", { colorScheme: "dark" });
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), "dark");
    await page.emulateMedia({ colorScheme: "light" });
    await waitFor(async () => (await theme()) === "light", "the system's new theme");
    await page.getByRole("button", { name: "Dark theme" }).click();
    assert.equal(await theme(), "dark");
    await page.reload();
    assert.equal(await theme(), "dark");
    assert.deepEqual(page.faults(), []);
  });

  test("writes numbers with their units", async () => {
    await open();
    const cases = [
      [0, "%", "0.0 %"], [12.345, "%", "12.3 %"], [100, "%", "100.0 %"],
      [0, "By", "0 B"], [1023, "By", "1,023 B"], [1536, "By", "1.50 KiB"],
      [1023.9 * 1024, "By", "1.00 MiB"], [3 * 2 ** 40, "By", "3.00 TiB"],
      [1500, "By/s", "1.46 KiB/s"], [2, "MiBy", "2.00 MiB"], [2500, "kBy", "2.38 MiB"],
      [12.5, "ms", "12.5 ms"], [0.0125, "s", "12.5 ms"], [1500, "ms", "1.50 s"], [90, "s", "90 s"],
      [150, "s", "2 min 30 s"], [7384, "s", "2 h 3 min"], [277200, "s", "3 d 5 h"],
      [3, "1", "3"], [0.5, "1", "0.50"], [1234567, "", "1,234,567"], [182736450, "", "182.74 M"],
      [5, "{requests}", "5 requests"], [5.25, "{requests}/s", "5.25 requests/s"],
      [21.5, "Cel", "21.5 °C"], [2.4e9, "Hz", "2.40 GHz"], [NaN, "%", "NaN %"],
      [Infinity, "By", "∞ B"], [-Infinity, "", "−∞"], [-2048, "By", "-2.00 KiB"],
    ];
    const texts = await page.evaluate(async (inputs) => {
      const { formatText } = await import(new URL("console/units.js", document.baseURI).href);
      return inputs.map(([value, unit]) => formatText(value, unit));
    }, cases);
    for (const [index, [value, unit, expected]] of cases.entries()) {
      assert.equal(texts[index], expected, `${value} ${unit}`);
    }
  });

  test("reads a dashboard in each form that the --json flags give it", async () => {
    await open();
    const point = { time: "2026-01-02T03:04:05Z" };
    const forms = [
      { id: "d", observedAt: point.time, panels: [
        { id: "a", gauge: "NaN", status: "STATUS_WARNING" },
        { id: "b", counter: "9007199254740993" },
        { id: "c", series: { points: [point] } }] },
      { id: "d", observed_at: point.time, user: 0, labels: {}, panels: [
        { id: "a", title: "", unit: "", gauge: "NaN", status: 2 }, { id: "b", counter: 12 },
        { id: "c", series: { points: [{ ...point, value: 0 }] }, status: 0 }] },
    ];
    const read = await page.evaluate(async (inputs) => {
      const url = new URL("console/dashboard.js", document.baseURI);
      const { readDashboard } = await import(url.href);
      return inputs.map((input) => {
        const { observedAt, panels } = readDashboard(input);
        return [observedAt, ...panels.map((p) => [
          p.kind, p.status, p.kind === "series" ? p.value : String(p.value)])];
      });
    }, forms);
    const time = Date.parse(point.time);
    const series = ["series", "", { points: [{ x: time, y: 0 }], more: 0 }];
    assert.deepEqual(read[0], [time, ["gauge", "warning", "NaN"],
                               ["counter", "", "9007199254740993"], series]);
    assert.deepEqual(read[1], [time, ["gauge", "warning", "NaN"], ["counter", "", "12"], series]);
  });
});
