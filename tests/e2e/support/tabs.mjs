// Chromium with real tabs in one window, so that all but one of them are hidden: what test
// frameworks drive makes every page believe that it is seen. It speaks the DevTools protocol over a
// pipe.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { kChromiumArgs, kChromiumFile } from "./browser.mjs";

export class Tabs {
  #child;
  #folder;
  #nextId = 0;
  #waiting = new Map();
  #unread = "";

  static async launch(args = []) {
    const tabs = new Tabs();
    tabs.#folder = await mkdtemp(path.join(tmpdir(), "tabs-"));
    tabs.#child = spawn(kChromiumFile, [
      ...kChromiumArgs, ...args, "--headless", "--remote-debugging-pipe",
      `--user-data-dir=${tabs.#folder}`, "about:blank",
    ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    tabs.#child.stdio[3].on("error", () => {});
    tabs.#child.stdio[4].setEncoding("utf8");
    tabs.#child.stdio[4].on("data", (text) => tabs.#read(text));
    tabs.#child.on("exit", () => {
      for (const { reject } of tabs.#waiting.values()) reject(new Error("the browser has ended"));
    });
    return tabs;
  }

  async close() {
    const ended = once(this.#child, "exit");
    this.send("Browser.close").catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#nextId;
    this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  // A new tab, in front of all others or not: {evaluate(expression), show(), open(url), back(),
  // close()}.
  async open(url, { inBackground = false } = {}) {
    const { targetId } = await this.send("Target.createTarget", {
      url: "about:blank", background: inBackground,
    });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, params) => this.send(method, params, sessionId);
    await send("Page.enable");
    const tab = {
      async evaluate(expression) {
        const { result, exceptionDetails } = await send("Runtime.evaluate", {
          expression, returnByValue: true, awaitPromise: true,
        });
        if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
        return result.value;
      },
      open: (address) => send("Page.navigate", { url: address }),
      async back() {
        const { currentIndex, entries } = await send("Page.getNavigationHistory");
        await send("Page.navigateToHistoryEntry", { entryId: entries[currentIndex - 1].id });
      },
      show: () => this.send("Target.activateTarget", { targetId }),
      close: () => this.send("Target.closeTarget", { targetId }),
    };
    if (!inBackground) await tab.show();
    await tab.open(url);
    return tab;
  }

  #read(text) {
    this.#unread += text;
    for (;;) {
      const end = this.#unread.indexOf("\0");
      if (end < 0) return;
      const { id, result, error } = JSON.parse(this.#unread.slice(0, end));
      this.#unread = this.#unread.slice(end + 1);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    }
  }
}
