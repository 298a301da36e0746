// A page that records all that its EventSource shows it, and what a test asks of it.

import assert from 'node:assert/strict';

import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';

const controlEvents = ['cut', 'hello', 'live', 'reset', 'deleted', 'bye', 'heartbeat', 'stale', 'fresh']
  .map((name) => `gateway.${name}`);

// As people write it: what is no JSON throws out of onmessage, which window.onerror sees.
export const recorderPage = `<!doctype html><meta charset="utf-8"><title>recorder</title><script>
  window.onerror = (fault) => { seen.faults.push(String(fault)); };
  window.start = (url, options) => {
    window.source?.close();
    window.seen = { opened: 0, last: 0, errors: [], events: [], faults: [] };
    const source = window.source = new EventSource(url, options);
    const add = ({ type, lastEventId: id, data }) => { seen.events.push({ type, id, data, at: Date.now() }); };
    source.onopen = () => { seen.opened += 1; };
    source.onerror = () => { seen.errors.push({ at: Date.now(), readyState: source.readyState }); };
    for (const type of ${JSON.stringify(controlEvents)}) source.addEventListener(type, add);
    for (const type of ["message", "alert"]) {
      source.addEventListener(type, (event) => { add(event); seen.last = JSON.parse(event.data).user; });
    }
  };
</script>`;

// Records `url`. page: an address that serves recorderPage, by default one of another origin than the
// gateway's. options: of the EventSource.
export async function record(t, browser, url, { page, options } = {}) {
  const site = page ? undefined : await serve(recorderPage);
  if (site) t.after(() => site.close());
  const tab = await browser.open(page ?? site.url);
  t.after(() => tab.close());
  const recorder = new Recorder(tab);
  await recorder.start(url, options);
  return recorder;
}

class Recorder {
  constructor(tab) {
    this.tab = tab;
  }

  // Anew, with another stream or other options.
  start(url, options = {}) {
    return this.tab.evaluate((...args) => window.start(...args), url, options);
  }

  // {opened, last, errors, faults, count, readyState}: without the events, which may be long.
  state() {
    return this.tab.evaluate(() => {
      const { events, ...rest } = window.seen;
      return { ...rest, count: events.length, readyState: window.source.readyState };
    });
  }

  events() {
    return this.tab.evaluate(() => window.seen.events);
  }

  // Until the state is so. what: in words.
  async until(what, predicate, deadlineMs = 20_000) {
    let state;
    return waitFor(async () => predicate(state = await this.state()) && state,
      () => `${what}; the page has ${JSON.stringify(state)}`, deadlineMs, 50);
  }

  // Until there are so many events of a type.
  untilEvent(type, count = 1) {
    return waitFor(async () => (await this.events()).filter((event) => event.type === type).length >= count,
      `${count} events ${type}`, 20_000, 50);
  }

  // It got each of these (of Numbers) once and in order, with its id, and nothing that is none of them.
  async assertGot(numbers) {
    const { faults } = await this.state();
    assert.deepEqual(faults, []);
    const events = await this.events();
    const got = events.filter(({ type }) => ['message', 'alert'].includes(type))
      .map(({ type, id, data }) => ({ type, id, number: JSON.parse(data).user, text: JSON.parse(data).title }));
    const shown = (list) => list.map(({ number, type, id, text = '' }) =>
      `${number} ${type} ${id} ${text.length} ${text.slice(0, 8)}`);
    assert.deepEqual(shown(got), shown(numbers.published));
    assert.ok(got.every(({ text }, i) => (text ?? '') === (numbers.published[i].text ?? '')), 'a text is another');
  }
}
