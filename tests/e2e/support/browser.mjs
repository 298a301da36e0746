// Debian's Chromium, and pages that remember what went wrong in them.
import { chromium } from "playwright-core";

export const kChromiumFile = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";

// As root, as in a container, there is no sandbox; nothing here loads a foreign page.
export const kChromiumArgs = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function launchBrowser() {
  return chromium.launch({
    executablePath: kChromiumFile, headless: true, args: kChromiumArgs,
  });
}

// A page of a context of its own; page.faults() has its console errors, uncaught exceptions and
// violations of its content security policy, page.errors() all of these but what the network did.
// prepare(page): what is to be done before it loads.
export async function openPage(browser, url, { prepare, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const ofTheNetwork = new Set();
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    faults.push(message.text());
    if (/Failed to load resource|net::ERR_|blocked by CORS policy/.test(message.text())) {
      ofTheNetwork.add(message.text());
    }
  });
  page.on("pageerror", (error) => faults.push(error.stack ?? error.message));
  await page.exposeFunction("reportViolation", (text) => faults.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.reportViolation(`${event.violatedDirective} blocked ${event.blockedURI}`);
    });
  });
  page.faults = () => faults;
  page.errors = () => faults.filter((fault) => !ofTheNetwork.has(fault));
  await prepare?.(page);
  await page.goto(url);
  return page;
}
