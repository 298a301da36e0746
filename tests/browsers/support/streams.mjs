// A page with many EventSources, on one connection where HTTP/2 is spoken, and what each of them was told.

import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';

// at: of the numbers, in ms. gateways: the name of each that it came to.
const page = `<!doctype html><script>
  window.seen = [];
  window.start = (url, count) => {
    for (let i = 0; i < count; ++i) {
      const one = { lives: 0, errors: 0, byes: 0, gateways: [], others: [], got: [], at: [], source: new EventSource(url) };
      const on = (name, act) => { one.source.addEventListener('gateway.' + name, ({ data }) => act(JSON.parse(data))); };
      on('hello', ({ connection }) => { one.gateways.push(connection.split('-')[0]); });
      on('live', () => { one.lives += 1; });
      on('bye', () => { one.byes += 1; });
      for (const name of ['reset', 'stale', 'fresh']) on(name, () => { one.others.push(name); });
      one.source.onerror = () => { one.errors += 1; };
      one.source.onmessage = ({ data }) => { one.got.push(JSON.parse(data).user); one.at.push(Date.now()); };
      seen.push(one);
    }
  };
</script>`;

export class Streams {
  static async open(t, browser) {
    const site = await serve(page);
    t.after(() => site.close());
    const streams = new Streams();
    streams.tab = await browser.open(site.url);
    t.after(() => streams.tab.close());
    return streams;
  }

  // More of them.
  start(url, count) {
    return this.tab.evaluate((...args) => window.start(...args), url, count);
  }

  // [{lives, errors, byes, gateways, others, got, at, readyState}], as they were started.
  all() {
    return this.tab.evaluate(() => window.seen.map(({ source, ...rest }) => ({ ...rest, readyState: source.readyState })));
  }

  // Until it is so of each.
  async until(what, predicate) {
    let all;
    await waitFor(async () => (all = await this.all()).every(predicate), () => {
      const missing = all.filter((one) => !predicate(one));
      return `${what}; not so of ${missing.length}, such as ${JSON.stringify(missing[0], (name, value) => (['got', 'at'].includes(name) ? value.at(-1) : value))}`;
    }, 30_000, 50);
    return all;
  }
}
