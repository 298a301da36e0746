// docs/auth.md: its page keeps itself signed in, as people copy it, in Chromium.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { launchBrowser, openPage } from "./support/browser.mjs";
import { block, pageThatSignsIn } from "./support/documents.mjs";
import { startGateway } from "./support/gateway.mjs";
import { Issuer } from "./support/issuer.mjs";
import { metric } from "./support/metrics.mjs";
import { serve } from "./support/site.mjs";
import { waitFor } from "./support/wait.mjs";

const kMe = { sub: "auth0|7", topics: ["dashboards.eu.>"] };

describe("the page that keeps itself signed in", { timeout: 120_000 }, () => {
  let browser;
  let issuer;
  let gateway;
  let page;
  let site;
  let asked;
  let seconds;

  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());
  beforeEach(() => {
    issuer = new Issuer();
    asked = 0;
    seconds = 3600;
  });
  afterEach(async () => {
    await page?.context().close();
    site?.close();
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
    issuer.remove();
    page = site = gateway = undefined;
  });

  const start = async (ports, more = []) => {
    gateway = await startGateway({ args: [...issuer.flags, "--jwt_leeway=0", ...more], ports });
  };
  // change(html): what a test cannot wait for.
  const open = async (change = (html) => html) => {
    site = await serve({
      "/": change(pageThatSignsIn(gateway.http)),
      "/token": () => { asked += 1; return issuer.token(kMe, seconds); },
    });
    page = await openPage(browser, site.url);
  };
  const publish = (title, { topic = "dashboards.eu.web", id = "web" } = {}) =>
    gateway.publish({ topic, dashboard: { id, title } });
  const shows = (text) => waitFor(async () => (await page.locator("#out").innerText()) === text,
                                  async () => `"${text}"; it has ` +
                                              `"${await page.locator("#out").innerText()}", and ` +
                                              `${await page.locator("#state").innerText()}`, 20_000);
  const checks = (result) =>
    metric(gateway, `sse_gateway_auth_total{side="subscriber",result="${result}"}`);

  test("shows what its token grants, from another origin", async () => {
    await start();
    await open();
    await publish("not mine", { topic: "dashboards.us.web" });
    await publish("mine");
    await shows("mine");
    assert.equal(asked, 1);
    assert.deepEqual(page.faults(), []);
  });

  test("renews its ticket before it expires, without a gap and without a refusal", async () => {
    await start();
    seconds = 8;
    // A token of eight seconds is renewed after four, not after the five that a page waits at least.
    await open((html) => html.replace("5_000", "100"));
    // What comes before the stream is there is in the snapshot, which has the newest alone.
    await publish("before");
    await shows("before");
    await page.evaluate(() => {
      globalThis.got = [];
      const { set } = newest;
      newest.set = function (key, value) { got.push(value.title); return set.call(this, key, value); };
    });
    const published = [];
    for (const end = Date.now() + 13_000; Date.now() < end;) {
      published.push(`${published.length}`);
      // Each a key of its own: of one key only the newest is sent again.
      await publish(published.at(-1), { id: published.at(-1) });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await waitFor(async () => (await page.evaluate("got.length")) >= published.length,
                  "everything", 20_000);
    assert.ok(asked >= 4, `${asked} tokens in thirteen seconds`);
    assert.deepEqual(await page.evaluate("got"), published, "each once, in order");
    assert.equal(await checks("expired"), 0);
    assert.equal(await metric(gateway, 'sse_gateway_connections_closed_total{reason="auth_expired"}'),
                 0);
    assert.deepEqual(page.faults(), []);
  });

  test("goes on where it slept through the expiry", async () => {
    await start();
    seconds = 2;
    await open((html) => html.replace("left - 60_000, left / 2, 5_000", "3_600_000"));
    await publish("before");
    await shows("before");
    await waitFor(() => asked > 1, "it asks for another token", 20_000);
    seconds = 3600;
    await publish("after");
    await shows("after");
    assert.ok(await metric(gateway,
                           'sse_gateway_connections_closed_total{reason="auth_expired"}') >= 1);
    assert.deepEqual(page.errors(), []);
  });

  test("goes on where the key of its ticket has gone", async () => {
    await start();
    await open();
    await publish("before");
    await shows("before");
    const ports = { http: gateway.http, grpc: gateway.grpc, admin: gateway.admin };
    await gateway.kill();
    await start(ports);
    await publish("after");
    await shows("after");
    assert.ok(await checks("ticket") >= 1, "the browser tried the old one");
    assert.deepEqual(page.errors(), []);
  });

  test("needs no new ticket at another replica with the same keys", async () => {
    const keys = issuer.file("tickets", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
    await start({}, [`--ticket_key_file=${keys}`]);
    await open();
    await publish("before");
    await shows("before");
    const ports = { http: gateway.http, grpc: gateway.grpc, admin: gateway.admin };
    await gateway.stop();
    await start(ports, [`--ticket_key_file=${keys}`]);
    await publish("after");
    await shows("after");
    assert.equal(asked, 1);
    assert.equal(await checks("ticket"), 0);
    assert.deepEqual(page.errors(), []);
  });

  test("says why it is not let in, and tries again, less and less often", async () => {
    await start();
    seconds = -5;
    await open();
    await waitFor(async () => (await page.locator("#state").innerText()) === "the token has expired",
                  "the reason");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.ok(asked <= 4, `${asked} tries`);
    seconds = 3600;
    await publish("let in");
    await shows("let in");
    assert.deepEqual(page.errors(), []);
  });

  test("a publisher writes a claim as the gateway does", async () => {
    const code = block("docs/auth.md", "What a token grants", "python");
    const token = (value) => execFileSync("python3", ["-c", `${code}
import sys
print(topic_token(sys.argv[1]))`, value], { encoding: "utf8" }).trim();
    assert.equal(token("auth0|7"), "auth0_7C7");
    assert.equal(token("é_*.>"), "_C3_A9_5F_2A_2E_3E");
    await start({}, ["--granted_topics=users.{sub}"]);
    await open((html) => html.replace("'dashboards.>'", "'>'"));
    await publish("for me", { topic: `users.${token(kMe.sub)}` });
    await shows("for me");
  });
});
