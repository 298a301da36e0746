// The operator's page at the admin port, as a browser shows it.
import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { launchBrowser, openPage } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { serve } from "./support/site.mjs";
import { waitFor } from "./support/wait.mjs";

const kActions = ["--operator_actions"];

// A stream as a program reads it: its id, and what has come.
class Reader {
  text = "";
  #request;

  static open(gateway, query, headers = {}) {
    const reader = new Reader();
    reader.#request = http.get(`${gateway.url}/v1/events?${query}`, { agent: false, headers }, (response) => {
      reader.id = response.headers["x-connection-id"];
      response.setEncoding("utf8");
      response.on("data", (chunk) => { reader.text += chunk; });
      response.on("close", () => { reader.hasEnded = true; });
      response.on("error", () => {});
    });
    reader.#request.on("error", () => {});
    return reader;
  }

  close() {
    this.#request.destroy();
  }
}

describe("operator's page", { timeout: 180_000 }, () => {
  let browser;
  let gateway;
  let page;
  let readers;

  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());
  beforeEach(() => { readers = []; });
  afterEach(async () => {
    for (const reader of readers) reader.close();
    await page?.context().close();
    page = undefined;
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
    gateway = undefined;
  });

  const start = async (args = kActions) => { gateway = await startGateway({ args }); };
  const connect = async (query, headers) => {
    const reader = Reader.open(gateway, query, headers);
    readers.push(reader);
    await waitFor(() => reader.text.includes("gateway.hello"), "the stream begins");
    return reader;
  };
  const open = async (rest = "", options = {}) => {
    page = await openPage(browser, `http://${gateway.admin}/connections${rest}`, options);
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    return page;
  };
  const row = (id) => page.locator(`#rows tr[data-id="${id}"]`);
  const idsShown = () => page.locator("#rows tr").evaluateAll((rows) => rows.map((r) => r.dataset.id));
  const life = () => page.locator("#life").innerText();

  test("lists who is there, and who comes and goes", async () => {
    await start();
    const first = await connect("topic=orders.>&topic=alerts.*&topic=users.7", { "User-Agent": "reader/1" });
    await open();
    await row(first.id).waitFor();
    assert.match(await row(first.id).innerText(), /127\.0\.0\.1[^]*alerts\.\*, orders\.> \+1[^]*latest/);
    assert.equal(await page.locator("#fact-open").innerText(), "1");
    const handle = await row(first.id).elementHandle();
    const second = await connect("topic=a&mode=all");
    await row(second.id).waitFor();
    assert.ok(await handle.evaluate((node) => node.isConnected), "the same row");
    first.close();
    await row(first.id).waitFor({ state: "detached" });
    assert.deepEqual(await idsShown(), [second.id]);
    assert.deepEqual(page.faults(), []);
  });

  test("finds connections by what they see, and by address", async () => {
    await start();
    const orders = await connect("topic=orders.>");
    const alerts = await connect("topic=alerts.*");
    await open();
    await waitFor(async () => (await idsShown()).length === 2, "both");
    await page.getByLabel("Sees topic or filter").fill("orders.eu");
    await page.getByRole("button", { name: "Search" }).click();
    await waitFor(async () => (await idsShown()).join() === orders.id, "one");
    assert.equal(new URL(page.url()).searchParams.get("topic"), "orders.eu");
    await page.reload();
    await waitFor(async () => (await idsShown()).join() === orders.id, "one after a reload");

    await page.getByLabel("Address").fill("192.0.2.1");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("No open connection fits.").waitFor();
    await page.getByLabel("Sees topic or filter").fill("al*");
    await page.getByRole("button", { name: "Search" }).click();
    assert.match(await page.locator("#search-error").innerText(), /“al\*”.*wildcard/);
    await page.getByRole("button", { name: "Clear" }).click();
    await waitFor(async () => (await idsShown()).length === 2, "both again");

    await page.getByLabel("Connection id").fill(alerts.id);
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("#details").getByText("alerts.*").waitFor();
    assert.deepEqual(page.faults(), []);
  });

  test("turns pages of a hundred", async () => {
    await start();
    await Promise.all(Array.from({ length: 105 }, () => connect("topic=a")));
    await open();
    await waitFor(async () => (await idsShown()).length === 100, "the first page");
    const firstPage = new Set(await idsShown());
    await page.getByRole("button", { name: "Next" }).click();
    await waitFor(async () => (await idsShown()).length === 5, "the second page");
    assert.ok((await idsShown()).every((id) => !firstPage.has(id)), "none of them twice");
    assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
    await page.getByRole("button", { name: "Previous" }).click();
    await waitFor(async () => (await idsShown()).length === 100, "the first page again");
    await page.getByLabel("Show").selectOption("slowest");
    await page.getByText("The slowest 100").waitFor();
    assert.deepEqual(page.faults(), []);
  });

  test("tells the rates and the life of one connection, by the keyboard alone", async () => {
    await start();
    const reader = await connect("topic=a");
    await open();
    await row(reader.id).getByRole("button").focus();
    await page.keyboard.press("Enter");
    const details = page.locator("#details");
    await details.getByText("127.0.0.1").waitFor();
    assert.equal(new URL(page.url()).hash, `#${reader.id}`);
    assert.match(await life(), /First looked at here[^]*Opened/);
    const before = await details.innerText();
    const publishing = setInterval(() => { gateway.publish({ topic: "a", json: "1" }).catch(() => {}); }, 50);
    await waitFor(async () => /^[1-9][\d.]* events\/s$/.test(await page.locator("#rate-value").innerText()),
                  "a rate", 15_000);
    clearInterval(publishing);
    assert.notEqual(await details.innerText(), before);
    await page.keyboard.press("Escape");
    await page.locator("#inspector").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.id), reader.id, "where it was");
    assert.deepEqual(page.faults(), []);
  });

  test("sends to one connection, and says what became of it", async () => {
    await start();
    const reader = await connect("topic=a");
    const other = await connect("topic=a");
    await open(`#${reader.id}`);
    await page.getByLabel("Type, empty for").first().fill("note");
    await page.locator("#send-json").fill('{"text": "hello"}');
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Delivered: its socket took it.").waitFor();
    await waitFor(() => reader.text.includes('event: note\ndata: {"text":"hello"}\n\n'), "it arrives");
    assert.doesNotMatch(other.text, /event: note/);
    assert.match(await life(), /Sent from here, type note: delivered/);

    await page.locator("#send-json").fill("{");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.locator("#send-result").getByText("Not JSON").waitFor();
    await page.locator("#send-json").fill("1");
    await page.getByLabel("Type, empty for").first().fill("gateway.bye");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.locator("#send-result").getByText("400: ").waitFor();
    assert.deepEqual(page.errors(), []);
  });

  test("closes a connection once it is confirmed, and shows that it has ended", async () => {
    await start();
    const reader = await connect("topic=a");
    await open(`#${reader.id}`);
    await page.getByRole("button", { name: "Close connection…" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    assert.ok(!reader.hasEnded);
    await page.getByRole("button", { name: "Close connection…" }).click();
    await page.getByLabel("Back after").fill("60");
    await page.getByRole("button", { name: "Close connection", exact: true }).click();
    await waitFor(() => reader.hasEnded, "it ends");
    assert.match(reader.text, /event: gateway\.bye[^]*"closed"/);
    const retry = Number(/retry: (\d+)/.exec(reader.text.slice(reader.text.indexOf("gateway.bye")))[1]);
    assert.ok(retry >= 30_000 && retry <= 90_000, `${retry}`);
    await page.getByText(/This connection closed at \S+ \(closed\)/).waitFor();
    assert.match(await life(), /Ended[^]*Closed from here/);
    assert.ok(await page.locator("#send-button").isDisabled());
    await row(reader.id).waitFor({ state: "detached" });
    assert.match(gateway.process.output,
                 new RegExp(`msg="operator action" action=close connection=${reader.id} status=200 address=127.0.0.1`));
    assert.deepEqual(page.errors(), []);
  });

  test("tells the life of a connection that has closed, found by its id", async () => {
    await start(["--lifecycle_linger=1s"]);
    await open();
    await page.getByText("No connection is open.").waitFor();
    // From then on the gateway keeps the events.
    await page.waitForFunction(() => performance.getEntriesByType("resource")
      .some(({ name }) => name.includes("/v1/lifecycle")));
    const reader = await connect("topic=orders.>", { "User-Agent": "reader/1" });
    await row(reader.id).waitFor();
    reader.close();
    await row(reader.id).waitFor({ state: "detached" });
    await page.getByLabel("Connection id").fill(reader.id);
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText(/This connection closed at \S+ \(peer_closed\), after \d+ s\./).waitFor();
    assert.match(await page.locator("#history").innerText(), /Closed: peer_closed, after \d+ s[^]*Opened/);
    assert.match(await page.locator("#details").innerText(), /127\.0\.0\.1[^]*reader\/1[^]*orders\.>/);
    assert.ok(await page.locator("#send-button").isDisabled());

    await page.getByLabel("Connection id").fill("nobody-0-1");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("There is no such connection now.").waitFor();
    await page.getByText(/keeps such events since .* Nothing of this connection/).waitFor();
    assert.deepEqual(page.errors(), []);
  });

  test("shows who came and went, and where a browser went on", async () => {
    await start(["--lifecycle_linger=5s"]);
    await open("?show=events");
    await page.getByText(/No connection came or went since/).waitFor();
    const last = await gateway.publish({ topic: "a", json: "1" });
    const first = await connect("topic=a");
    await waitFor(() => first.text.includes(`id: ${last}`), "the event");
    const eventRow = (id) => page.locator(`#event-rows tr[data-id="${id}"]`);
    await eventRow(first.id).filter({ hasText: "opened" }).waitFor();
    first.close();
    const second = await connect("topic=a", { "Last-Event-ID": last });
    await eventRow(second.id).filter({ hasText: `from ${first.id}` }).waitFor();
    await eventRow(first.id).getByRole("button").click();
    await page.locator("#history").getByText(`Its browser went on as ${second.id}`).waitFor();
    await page.locator("#history").getByRole("button", { name: "Show it" }).click();
    await page.locator("#history").getByText(`Opened, going on from ${first.id}`).waitFor();

    await page.getByLabel("Subject").fill("nobody");
    await page.getByLabel("Show").selectOption("all");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("No open connection fits.").waitFor();
    await page.getByRole("button", { name: "Look among those that have gone" }).click();
    await page.getByText(/Nothing that fits came or went since/).waitFor();
    assert.equal(new URL(page.url()).searchParams.get("show"), "events");
    assert.deepEqual(page.errors(), []);
  });

  // What one of several gateways answers; tests/integration has two that share a log.
  test("says which gateway has a connection, and when the others could not be asked", async () => {
    await start();
    const reader = await connect("topic=a");
    let isPartial = false;
    page = await openPage(browser, `http://${gateway.admin}/connections`, {
      prepare: (fresh) => fresh.route("**/v1/connections?*", async (route) => {
        const response = await route.fetch();
        const list = await response.json();
        if (!isPartial) list.connections.push({ ...list.connections[0], id: "other-shard-0-1", replica: "other" });
        await route.fulfill({ response, json: { ...list, partial: isPartial } });
      }),
    });
    await row("other-shard-0-1").getByText("at other").waitFor();
    assert.doesNotMatch(await row(reader.id).innerText(), /at /);
    isPartial = true;
    await page.getByText(`here are only the connections of ${reader.id.split("-")[0]}.`).waitFor();
    await row("other-shard-0-1").waitFor({ state: "detached" });
    assert.deepEqual(page.faults(), []);
  });

  test("is quick with two thousand connections", async () => {
    await start();
    const readers = [];
    for (let i = 0; i < 20; ++i) {
      readers.push(...await Promise.all(Array.from({ length: 100 }, () => connect(`topic=orders.${i}`))));
    }
    page = await openPage(browser, `http://${gateway.admin}/connections`);
    await page.locator("#rows tr").nth(99).waitFor();
    const shownAfter = await page.evaluate(() => performance.now());
    assert.ok(shownAfter < 3000, `the first page after ${shownAfter} ms`);
    assert.equal(await page.locator("#fact-open").innerText(), "2,000");
    assert.equal(await page.locator("#list-count").innerText(), "100 on this page");
    assert.ok(await page.locator("*").count() < 4000, "what is not on the page has no elements");
    await page.getByLabel("Sees topic or filter").fill("orders.7");
    await page.getByRole("button", { name: "Search" }).click();
    const expected = new Set(readers.slice(700, 800).map(({ id }) => id));
    await waitFor(async () => (await idsShown()).every((id) => expected.has(id)), "those of the topic");
    assert.deepEqual(page.faults(), []);
  });

  test("publishes a test event", async () => {
    await start();
    const reader = await connect("topic=test.>");
    await open();
    await page.getByRole("button", { name: "Test event" }).click();
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page.getByText("A topic is needed.").waitFor();
    await page.getByLabel("Topic", { exact: true }).fill("test.operator");
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page.getByText(/Published as \S+-\d+\./).waitFor();
    await waitFor(() => reader.text.includes('data: {"test":true}'), "it arrives");
    assert.deepEqual(page.faults(), []);
  });

  test("changes nothing without the flag, and says why", async () => {
    await start([]);
    const reader = await connect("topic=a");
    await open(`#${reader.id}`);
    await page.locator("#actions-note").getByText("--operator_actions").waitFor();
    assert.ok(await page.locator("#send-button").isDisabled());
    assert.ok(await page.locator("#close-button").isDisabled());
    const status = await page.evaluate(async (id) => (await fetch(`v1/connections/${id}`, {
      method: "DELETE", headers: { "X-Operator": "1" },
    })).status, reader.id);
    assert.equal(status, 403);
    await page.getByRole("button", { name: "Test event" }).click();
    assert.ok(await page.locator("#publish-button").isDisabled());
    assert.ok(!reader.hasEnded);
    assert.deepEqual(page.errors(), []);
  });

  test("a page of another origin can neither write nor read", async () => {
    await start();
    const reader = await connect("topic=a");
    const site = await serve("<!doctype html><title>another site</title>");
    try {
      page = await openPage(browser, site.url);
      const outcomes = await page.evaluate(async ({ base, id }) => {
        const one = `${base}/v1/connections/${id}`;
        const body = JSON.stringify({ json: "1" });
        const tries = [
          [one, { method: "DELETE", headers: { "X-Operator": "1" } }],
          [one, { method: "POST", headers: { "X-Operator": "1", "Content-Type": "application/json" }, body }],
          [one, { method: "POST", mode: "no-cors", body }],
          [`${base}/v1/publish`, { method: "POST", mode: "no-cors", body: '{"topic":"a","json":"1"}' }],
          [`${base}/v1/connections`, {}],
        ];
        return Promise.all(tries.map(([url, init]) => fetch(url, init).then((r) => r.type, () => "failed")));
      }, { base: `http://${gateway.admin}`, id: reader.id });
      assert.deepEqual(outcomes, ["failed", "failed", "opaque", "opaque", "failed"]);
      // What did get there was refused.
      await gateway.publish({ topic: "a", json: '"last"' });
      await waitFor(() => reader.text.includes('"last"'), "an event after it");
      assert.doesNotMatch(reader.text, /data: 1/);
      assert.ok(!reader.hasEnded);
    } finally {
      await site.close();
    }
  });

  test("says that the gateway cannot be reached, and comes back by itself", async () => {
    await start();
    const reader = await connect("topic=a");
    await open();
    await row(reader.id).waitFor();
    await gateway.kill();
    await page.getByText("The gateway cannot be reached").waitFor();
    assert.deepEqual(await idsShown(), [reader.id], "what is known stays");
    gateway = await startGateway({ ports: gateway, args: kActions });
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    await page.getByText("No connection is open.").waitFor();
    assert.deepEqual(page.errors(), []);
  });

  test("fits a narrow window, where the details lie over the list", async () => {
    await start();
    const reader = await connect(`topic=${"long.".repeat(12)}end`);
    await open("", { viewport: { width: 400, height: 800 } });
    await row(reader.id).waitFor();
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(await overflow() <= 0, "nothing sticks out");
    await row(reader.id).getByRole("button").click();
    await page.locator("#details").getByText("127.0.0.1").waitFor();
    assert.ok(await page.evaluate(() => document.getElementById("main").inert));
    await page.getByRole("button", { name: "Close these details" }).click();
    assert.ok(!await page.evaluate(() => document.getElementById("main").inert));
    assert.deepEqual(page.faults(), []);
  });
});
