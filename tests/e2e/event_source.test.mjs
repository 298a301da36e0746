// Chromium's own EventSource against the gateway: from another origin, through cuts and restarts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { launchBrowser, openPage } from "./support/browser.mjs";
import { block } from "./support/documents.mjs";
import { repositoryFile, startGateway } from "./support/gateway.mjs";
import { Proxy } from "./support/proxy.mjs";
import { serve } from "./support/site.mjs";
import { waitFor } from "./support/wait.mjs";

// Collects all that arrives. Its address has the stream's as ?url=.
const kCollector = `<!doctype html><meta charset="utf-8"><title>collector</title><script>
  const url = new URLSearchParams(location.search).get("url");
  const source = new EventSource(url);
  globalThis.opened = 0;
  globalThis.events = [];
  const add = (event) => events.push(
    { type: event.type, id: event.lastEventId, data: JSON.parse(event.data) });
  source.onopen = () => { ++opened; };
  source.onmessage = add;
  for (const type of ["gateway.reset", "gateway.deleted"]) source.addEventListener(type, add);
</script>`;

const state = (id, title) => ({ dashboard: { id, title } });
const seqOf = (event) => Number(event.id.split("-")[1]);

describe("EventSource", { timeout: 120_000 }, () => {
  let browser;
  let gateway;
  let page;
  let site;
  let proxy;

  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());
  beforeEach(async () => { gateway = await startGateway(); });
  afterEach(async () => {
    await page?.context().close();
    site?.close();
    await proxy?.close();
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
    page = site = proxy = undefined;
  });

  const collect = async (url) => {
    site = await serve(kCollector);
    page = await openPage(browser, `${site.url}?url=${encodeURIComponent(url)}`);
    await waitFor(() => page.evaluate(() => globalThis.opened === 1), "the stream opens");
  };
  const events = () => page.evaluate(() => globalThis.events);
  const titles = async () => (await events()).map((event) => event.data.title ?? event.type);

  test("brings events to the page of twenty lines, from another origin", async () => {
    const html = await readFile(repositoryFile("examples/browser/index.html"), "utf8");
    assert.ok(html.trim().split("\n").length <= 20, "it stays small");
    site = await serve(html);
    await gateway.publish(state("host", "before"));
    page = await openPage(browser, `${site.url}?host=${gateway.http}`);
    const text = () => page.locator("#out").innerText();
    const shown = async () => JSON.parse(await text());
    await waitFor(async () => (await text()).startsWith("{"), "the first event");
    assert.deepEqual(await shown(), { id: "host", title: "before" });
    await gateway.publish(state("host", "after"));
    await waitFor(async () => (await shown()).title === "after", "the second event");
    assert.deepEqual(page.faults(), []);
  });

  test("makes the page of docs/delivery.md show the state, whatever happens", async () => {
    const html = block("docs/delivery.md", "A complete page", "html");
    site = await serve(html.replaceAll("localhost:8080", gateway.http));
    await gateway.publish(state("one", "1"));
    await gateway.publish(state("two", "2"));
    page = await openPage(browser, site.url);
    const shown = async () => {
      const text = await page.locator("#out").innerText();
      return text.startsWith("[") ? JSON.parse(text).map((dashboard) => dashboard.title) : [text];
    };
    const shows = (...titles) => waitFor(
      async () => JSON.stringify((await shown()).sort()) === JSON.stringify(titles),
      `it shows ${titles}`, 20_000);
    await shows("1", "2");
    await gateway.publish(state("one", "3"));
    await shows("2", "3");
    await gateway.publish({ topic: "dashboards.two", key: "two", deleted: true });
    await shows("3");
    const says = (text) => waitFor(
      async () => await page.locator("#state").innerText() === text, `it says "${text}"`, 20_000);
    await gateway.kill();
    await says("reconnecting");
    assert.equal(await page.locator("#out.stale").count(), 1, "what is shown may be old");
    gateway = await startGateway({ ports: gateway });
    await gateway.publish(state("four", "4"));
    await shows("4");
    await says("live");
    assert.equal(await page.locator("#out.stale").count(), 0);
    await gateway.publish({ topic: "dashboards.four", key: "four", deleted: true });
    await shows("nothing there");
  });

  test("resumes after a cut with exactly what it missed", async () => {
    proxy = await Proxy.start(gateway.http);
    await gateway.publish(state("host", "event 1"));
    await collect(`http://${proxy.address}/v1/events?mode=all`);
    for (let i = 2; i <= 5; ++i) await gateway.publish(state("host", `event ${i}`));
    await waitFor(async () => (await events()).length === 5, "five events");

    proxy.cutAndHold();
    for (let i = 6; i <= 9; ++i) await gateway.publish(state("host", `event ${i}`));
    await waitFor(() => proxy.waiting > 0, "the browser comes back");
    proxy.release();
    await waitFor(() => page.evaluate(() => globalThis.opened === 2), "the stream opens again");
    await gateway.publish(state("host", "event 10"));
    await waitFor(async () => (await titles()).includes("event 10"), "the last event");

    const expected = Array.from({ length: 10 }, (_, i) => `event ${i + 1}`);
    assert.deepEqual(await titles(), expected);
    const seen = await events();
    for (let i = 1; i < seen.length; ++i) assert.ok(seqOf(seen[i]) > seqOf(seen[i - 1]));
    assert.equal(proxy.requests.at(-1).headers["last-event-id"], seen[4].id);
    assert.ok(proxy.requests.every(({ line }) => line.startsWith("GET ")), "no preflight");
  });

  test("resumes over and over without a gap or a duplicate", async () => {
    proxy = await Proxy.start(gateway.http);
    await collect(`http://${proxy.address}/v1/events?mode=all`);
    let published = 0;
    const publish = async (count) => {
      for (let i = 0; i < count; ++i) await gateway.publish(state("host", `${++published}`));
    };
    for (let cut = 1; cut <= 3; ++cut) {
      await publish(20);
      // A cut before the first event of all would begin again, with the newest alone.
      await waitFor(async () => (await events()).length > 0, "the first event");
      proxy.cutAndHold();  // in the middle of whatever is under way
      await publish(20);
      await waitFor(() => proxy.waiting > 0, "the browser comes back");
      proxy.release();
      await waitFor(() => page.evaluate((n) => globalThis.opened === n, cut + 1), "it opens");
    }
    await publish(1);
    await waitFor(async () => (await titles()).includes(`${published}`), "the last event");
    assert.deepEqual(await titles(), Array.from({ length: published }, (_, i) => `${i + 1}`));
  });

  test("is told to forget what it had when the gateway was restarted", async () => {
    await gateway.publish(state("host", "old"));
    await collect(`${gateway.url}/v1/events`);
    await waitFor(async () => (await events()).length === 1, "the first event");
    await gateway.kill();
    gateway = await startGateway({ ports: gateway });
    await gateway.publish(state("host", "new"));
    await waitFor(async () => (await titles()).includes("new"), "the new event", 20_000);
    const seen = await events();
    assert.equal(seen[1].type, "gateway.reset");
    assert.deepEqual(seen[1].data, { reason: "other_epoch", missed: null });
    assert.deepEqual(await titles(), ["old", "gateway.reset", "new"]);
  });

  test("hears of a deletion by its name, and onmessage does not", async () => {
    await gateway.publish(state("host", "there"));
    await collect(`${gateway.url}/v1/events`);
    const id = await gateway.publish({ topic: "dashboards.host", key: "host", deleted: true });
    await waitFor(async () => (await events()).length === 2, "the deletion");
    assert.deepEqual((await events())[1], {
      type: "gateway.deleted", id, data: { topic: "dashboards.host", key: "host" },
    });
  });
});
