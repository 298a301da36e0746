// The pages that the documents show, and the console, side by side in a browser.

import assert from 'node:assert/strict';

import { pages } from '../../e2e/support/documents.mjs';
import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';

const keepFaults = `<!doctype html><script>
  window.faults = [];
  window.onerror = (fault) => { faults.push(String(fault)); };
</script>`;

export class DocumentPages {
  #pages; // a page with a frame for each of them
  #console;

  // host: of the gateway, or of what stands in front of it.
  static async open(t, browser, host) {
    const files = Object.fromEntries(pages.map(({ html }, i) => [`/${i}`, keepFaults + html(host)]));
    const frames = pages.map(({ path }, i) => `<iframe src="/${i}${path(host)}"></iframe>`);
    const site = await serve({ '/': `<!doctype html>${frames.join('')}`, ...files });
    t.after(() => site.close());
    const opened = new DocumentPages();
    opened.#pages = await browser.open(site.url);
    opened.#console = await browser.open(`http://${host}/`);
    for (const tab of [opened.#pages, opened.#console]) t.after(() => tab.close());
    return opened;
  }

  // A dashboard with this title, once it is published.
  async assertShow(setting, title) {
    await setting.publisher.publish({ dashboard: { id: 'web-1', title } });
    let shown;
    await waitFor(async () => {
      shown = await this.#pages.evaluate(titlesOf, pages.map((page) => page.shown));
      shown.push(await this.#console.evaluate(textOfPage));
      return shown.every((titles) => titles.includes(title));
    }, () => `"${title}"; ${[...pages.map(({ name }) => name), 'the console']} have ${JSON.stringify(shown)}`, 30_000, 100);
    assert.deepEqual(await this.#pages.evaluate(faultsOf), []);
  }
}

// These run in the browser.
const textOfPage = () => document.body.innerText;
const titlesOf = (expressions) => expressions.map((shown, i) => window.frames[i].eval(shown));
const faultsOf = () => [...document.querySelectorAll('iframe')].flatMap(({ contentWindow }) => contentWindow.faults);
