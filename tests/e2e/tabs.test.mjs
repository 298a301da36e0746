// Pages that nobody sees: in a tab behind another, or left for another page. Over HTTP/1.1 a browser
// opens six connections to a host, and a page without a reader should not hold one.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { pageThatHides } from "./support/documents.mjs";
import { startGateway } from "./support/gateway.mjs";
import { metric } from "./support/metrics.mjs";
import { serve } from "./support/site.mjs";
import { Tabs } from "./support/tabs.mjs";
import { waitFor } from "./support/wait.mjs";

const state = (title) => ({ dashboard: { id: "host", title } });

const kLabel = "document.getElementById('state-label')?.textContent";
const kTitle = "document.querySelector('.card h3')?.textContent";

describe("pages that nobody sees", { timeout: 120_000 }, () => {
  let tabs;
  let gateway;
  let site;

  before(async () => { tabs = await Tabs.launch(); });
  after(() => tabs?.close());
  beforeEach(async () => { gateway = await startGateway(); });
  afterEach(async () => {
    site?.close();
    site = undefined;
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
  });

  const becomes = (tab, expression, value, ms = 15_000) => waitFor(
    async () => (await tab.evaluate(expression)) === value,
    async () => `${expression} is "${value}"; it is "${await tab.evaluate(expression)}"`, ms);
  const connections = () => metric(gateway, "sse_gateway_connections");
  const opened = () => metric(gateway, "sse_gateway_connections_opened_total");
  const resumed = () => metric(gateway, 'sse_gateway_resumes_total{outcome="replayed"}');

  test("the console closes its stream behind another tab, and goes on from there", async () => {
    await gateway.publish(state("before"));
    const tab = await tabs.open(`${gateway.url}/`);
    await becomes(tab, kLabel, "Live");
    const other = await tabs.open("about:blank");
    assert.equal(await tab.evaluate("document.visibilityState"), "hidden");
    // A look at another tab costs no connection.
    await tab.show();
    await becomes(tab, "document.visibilityState", "visible");
    await new Promise((resolve) => setTimeout(resolve, 5500));
    assert.equal(await tab.evaluate(kLabel), "Live");
    assert.equal(await opened(), 1);

    await other.show();
    await becomes(tab, kLabel, "Paused while hidden");
    await waitFor(async () => (await connections()) === 0, "the stream is closed");
    assert.equal(await tab.evaluate(kTitle), "before", "what is known stays");
    await gateway.publish(state("after"));
    await tab.show();
    await becomes(tab, kTitle, "after");
    assert.equal(await tab.evaluate(kLabel), "Live");
    assert.equal(await resumed(), 1, "from the last id");
    assert.equal(await opened(), 2);
    await tab.close();
    await other.close();
  });

  test("six consoles in the background do not block the seventh", async () => {
    await gateway.publish(state("host"));
    const all = [];
    for (let i = 0; i < 7; ++i) {
      all.push(await tabs.open(`${gateway.url}/`));
      if (i < 6) await becomes(all[i], kLabel, "Live");
    }
    await becomes(all[6], kTitle, "host");
    assert.equal(await all[6].evaluate(kLabel), "Live");
    await waitFor(async () => (await connections()) === 1, "only the seventh has a stream");
    for (const tab of all) await tab.close();
  });

  test("a console that was opened in the background waits until it is seen", async () => {
    const front = await tabs.open("about:blank");
    const tab = await tabs.open(`${gateway.url}/`, { inBackground: true });
    await becomes(tab, kLabel, "Paused while hidden");
    assert.equal(await opened(), 0);
    await tab.show();
    await becomes(tab, kLabel, "Live");
    await tab.close();
    await front.close();
  });

  test("the console that was left has no stream, and comes back with the back button", async () => {
    await gateway.publish(state("before"));
    site = await serve("<!doctype html><title>elsewhere</title>");
    const tab = await tabs.open(`${gateway.url}/`);
    await becomes(tab, kTitle, "before");
    await tab.evaluate("globalThis.isTheSame = true");
    await tab.open(site.url);
    await becomes(tab, "document.title", "elsewhere");
    await waitFor(async () => (await connections()) === 0, "the stream is closed");
    await gateway.publish(state("after"));
    await tab.back();
    await becomes(tab, kTitle, "after");
    assert.equal(await tab.evaluate("globalThis.isTheSame"), true, "kept by the browser");
    assert.equal(await tab.evaluate(kLabel), "Live");
    await tab.close();
  });

  test("the page of docs/delivery.md does the same", async () => {
    await gateway.publish(state("before"));
    site = await serve({ "/": pageThatHides(gateway.http), "/elsewhere": "<title>elsewhere</title>" });
    const shown = "[...newest.values()][0]?.title";
    const tab = await tabs.open(site.url);
    await becomes(tab, shown, "before");
    const other = await tabs.open("about:blank");
    await waitFor(async () => (await connections()) === 0, "the stream is closed while hidden", 15_000);
    await gateway.publish(state("seen again"));
    await tab.show();
    await becomes(tab, shown, "seen again");

    await tab.evaluate("globalThis.isTheSame = true");
    await tab.open(`${site.url}elsewhere`);
    await becomes(tab, "document.title", "elsewhere");
    await waitFor(async () => (await connections()) === 0, "the stream is closed when left");
    await gateway.publish(state("back again"));
    await tab.back();
    await becomes(tab, shown, "back again");
    assert.equal(await tab.evaluate("globalThis.isTheSame"), true, "kept by the browser");
    assert.equal(await opened(), 3);
    await tab.close();
    await other.close();
  });
});
