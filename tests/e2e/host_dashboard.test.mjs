// The whole way: this machine's numbers, over gRPC and SSE, onto the console.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launchBrowser, openPage } from "./support/browser.mjs";
import { binary, Process, startGateway } from "./support/gateway.mjs";
import { waitFor } from "./support/wait.mjs";

describe("host_dashboard", { timeout: 60_000 }, () => {
  let browser;
  let gateway;
  let publisher;

  before(async () => {
    browser = await launchBrowser();
    gateway = await startGateway();
    publisher = new Process(binary("HOST_DASHBOARD_BIN"), [
      `--target=${gateway.grpc}`, "--interval=200ms", "--id=e2e-host",
    ]);
  });
  after(async () => {
    await publisher?.stop();
    await browser?.close();
    await gateway?.stop();
  });

  test("moves on the console", async () => {
    const page = await openPage(browser, `${gateway.url}/?topic=dashboards.>`);
    const card = page.locator(`.card[data-topic="dashboards.e2e-host"]`);
    await waitFor(() => {
      assert.ok(!publisher.hasEnded, publisher.output);
      return card.isVisible();
    }, () => `its card; it said: ${publisher.output}`);
    const panel = (title) => card.locator(".panel").filter({
      has: page.getByRole("heading", { name: title }),
    });
    await panel(/^CPU/).first().waitFor();
    const count = () => page.locator(".topic-events").first().innerText();
    await waitFor(async () => Number(await count()) >= 5, "five dashboards");

    const units = await card.locator(".panel-stat .unit").allInnerTexts();
    assert.ok(units.includes("%"), `a percentage among ${units}`);
    assert.ok(units.some((unit) => /^[KMGT]iB$/.test(unit)), `bytes among ${units}`);
    assert.ok((await card.locator("tbody tr").count()) > 0, "a table has rows");
    await card.locator("canvas").first().waitFor();
    const lines = await card.locator(".spark-line").evaluateAll(
      (paths) => paths.map((path) => path.getAttribute("d") ?? ""));
    assert.ok(lines.some((line) => line.split("L").length >= 4), "sparklines grow");

    const lastId = () => page.locator("#fact-id").innerText();
    const idBefore = await lastId();
    await waitFor(async () => (await lastId()) !== idBefore, "it goes on");
    assert.deepEqual(page.faults(), []);
  });
});
