// The console where tokens are asked for.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { launchBrowser, openPage } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { Issuer } from "./support/issuer.mjs";
import { waitFor } from "./support/wait.mjs";

const dashboard = (topic) => ({
  topic, dashboard: { id: topic, title: topic, panels: [{ id: "v", title: "V", gauge: 1 }] },
});
const isLive = (page) => page.getByRole("status").filter({ hasText: "Live" }).waitFor();
const topicsShown = async (page) =>
  (await page.locator(".card").evaluateAll((cards) => cards.map((c) => c.dataset.topic))).sort();

describe("console with tokens", { timeout: 120_000 }, () => {
  let browser;
  let gateway;
  let issuer;
  let page;

  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());
  beforeEach(() => { issuer = new Issuer(); });
  afterEach(async () => {
    await page?.context().close();
    page = undefined;
    issuer.remove();
    assert.equal(await gateway?.stop(), 0, "the gateway ends cleanly");
    gateway = undefined;
  });

  const open = async (args = []) => {
    gateway = await startGateway({ args: [...issuer.flags, "--jwt_leeway=0", ...args] });
    page = await openPage(browser, `${gateway.url}/`);
  };
  const enter = async (token) => {
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Use token" }).click();
  };

  test("asks for a token, and shows what it grants", async () => {
    await open();
    await page.getByRole("status").filter({ hasText: "Closed" }).waitFor();
    assert.match(await page.locator("#notice-text").innerText(), /401/);
    await enter(`Bearer ${issuer.token({ sub: "me", topics: ["eu.>"] })}`);
    await isLive(page);
    await gateway.publish(dashboard("us.a"));
    await gateway.publish(dashboard("eu.a"));
    await waitFor(async () => (await topicsShown(page)).length > 0, "a card");
    assert.deepEqual(await topicsShown(page), ["eu.a"]);
    assert.deepEqual(page.errors(), []);
  });

  // In memory alone: not in the address, in storage, in what was fetched or in the page's text.
  test("keeps the token to itself", async () => {
    await open();
    const token = issuer.token({ sub: "me", topics: ["eu.>"] });
    await enter(token);
    await isLive(page);
    const kept = await page.evaluate(async () => [
      location.href, document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage),
      JSON.stringify(history.state), document.documentElement.outerHTML,
      ...[...document.querySelectorAll("input")].map((input) => input.value),
      ...performance.getEntries().map((entry) => entry.name),
      ...(await indexedDB.databases()).map((database) => database.name),
    ].join("\n"));
    for (const part of token.split(".")) assert.ok(!kept.includes(part), "a part of the token");
    assert.ok(!gateway.process.output.includes(token.split(".")[2]));
    await page.reload();
    await page.getByRole("status").filter({ hasText: "Closed" }).waitFor();
  });

  test("says why a token is refused, and takes another one", async () => {
    await open();
    await enter("not a token");
    await page.getByText("That is no token").waitFor();
    await enter(issuer.token({ sub: "me", topics: ["eu.>"] }, -10));
    await page.locator("#notice-text").filter({ hasText: "the token has expired" }).waitFor();
    await enter(issuer.token({ sub: "me", topics: ["eu.>"] }));
    await isLive(page);
  });

  test("asks again when the token has expired", async () => {
    await open();
    await enter(issuer.token({ sub: "me", topics: [">"] }, 2));
    await isLive(page);
    await page.locator("#log").getByText("the authorization expired").first().waitFor();
    await page.getByRole("status").filter({ hasText: "Closed" }).waitFor();
    await enter(issuer.token({ sub: "me", topics: [">"] }));
    await isLive(page);
    assert.deepEqual(page.errors(), []);
  });

  // Its key has gone, and the token is as good as before.
  test("replaces a ticket that the gateway no longer knows", async () => {
    await open();
    await gateway.publish(dashboard("eu.a"));
    await enter(issuer.token({ sub: "me", topics: [">"] }));
    await isLive(page);
    const ports = { http: gateway.http, grpc: gateway.grpc, admin: gateway.admin };
    await gateway.stop();
    gateway = await startGateway({ args: issuer.flags, ports });
    await isLive(page);
    await gateway.publish(dashboard("eu.b"));
    await waitFor(async () => (await topicsShown(page)).includes("eu.b"), "the new event");
    assert.deepEqual(page.errors(), []);
  });

  test("forgets the token and what it showed", async () => {
    await open();
    await gateway.publish(dashboard("eu.a"));
    await enter(issuer.token({ sub: "me", topics: [">"] }));
    await page.locator(".card").waitFor();
    await page.getByRole("button", { name: "Forget it" }).click();
    await page.getByRole("status").filter({ hasText: "Closed" }).waitFor();
    assert.deepEqual(await topicsShown(page), []);
    assert.equal(await page.getByRole("button", { name: "Forget it" }).isVisible(), false);
  });

  test("needs no token for what everybody may read", async () => {
    await open(["--anonymous_topics=public.>"]);
    await isLive(page);
    assert.equal(await page.getByLabel("Token").isVisible(), false);
    assert.deepEqual(page.faults(), []);
  });
});
