// Chromium with real tabs in one window, so that all but one of them are hidden: what test
// frameworks drive makes every page believe that it is seen.
import { evaluate, launchChromium } from "./devtools.mjs";

export class Tabs {
  #browser;

  static async launch(args = []) {
    const tabs = new Tabs();
    tabs.#browser = launchChromium(args);
    return tabs;
  }

  close() {
    return this.#browser.end();
  }

  send(method, params, sessionId) {
    return this.#browser.send(method, params, sessionId);
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
      evaluate: (expression) => evaluate(send, expression),
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
}
