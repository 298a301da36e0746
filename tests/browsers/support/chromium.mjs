// Chromium, as tests/e2e has it without a library.

import { once } from 'node:events';

import { kChromiumFile } from '../../e2e/support/browser.mjs';
import { evaluate, launchChromium } from '../../e2e/support/devtools.mjs';

export const chromium = {
  name: 'Chromium',
  programs: [kChromiumFile],
  stopsReadingForBusyTabs: true,

  async launch() {
    // The tests' certificates are of nobody's authority.
    const browser = launchChromium(['--ignore-certificate-errors']);
    const pages = new Set();
    const { product } = await browser.send('Browser.getVersion');
    return {
      version: product,
      async open(url) {
        const page = await openPage(browser, url);
        pages.add(page);
        return { ...page, close: () => { pages.delete(page); return page.close(); } };
      },
      setOffline: (offline) => Promise.all([...pages].map((page) => page.setOffline(offline))),
      end: () => browser.end(),
    };
  },
};

// Cookies and connections are those of its browser alone, as in one window.
async function openPage(browser, url) {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank', newWindow: true });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  await send('Page.enable');
  const loaded = once(browser.events, `${sessionId} Page.loadEventFired`);
  await send('Page.navigate', { url });
  await loaded;
  return {
    evaluate: (code, ...args) => evaluate(send, `(${code})(...${JSON.stringify(args)})`),
    async setOffline(offline) {
      await send('Network.enable');
      await send('Network.emulateNetworkConditions',
        { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    },
    close: () => browser.send('Target.closeTarget', { targetId }),
  };
}
