// A reader with nothing but an EventSource, which does what a browser's does.

import { EventSource } from 'eventsource';

export function readEvents(url) {
  const arrivals = [];
  const errors = [];
  let resets = 0;
  let node;
  const source = new EventSource(url, {
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      // Where nginx has tried several, the last one answered.
      node = response.headers.get('x-node')?.split(', ').at(-1) ?? node;
      return response;
    },
  });
  const opened = new Promise((resolve) => { source.addEventListener('open', resolve, { once: true }); });
  source.addEventListener('message', ({ data }) => {
    const number = numberIn(data);
    if (number !== undefined) arrivals.push({ number, at: Date.now() });
  });
  source.addEventListener('error', ({ message, code }) => errors.push({ message, code, at: Date.now() }));
  source.addEventListener('gateway.reset', () => { ++resets; });

  return {
    opened,
    servedBy: () => node,
    // published: the numbers that were acknowledged.
    result(killedAt, published) {
      const closed = source.readyState === EventSource.CLOSED;
      source.close();
      const numbers = arrivals.map(({ number }) => number);
      const seen = new Set(numbers);
      const after = arrivals.map(({ at }) => at).filter((at) => at >= killedAt);
      const times = [killedAt, ...after];
      return {
        lost: published.filter((number) => !seen.has(number)).length,
        twice: numbers.length - seen.size,
        outOfOrder: numbers.filter((number, i) => i > 0 && number < numbers[i - 1]).length,
        silenceMs: after.length ? Math.max(...times.map((at, i) => (i ? at - times[i - 1] : 0))) : Date.now() - killedAt,
        errors: errors.filter(({ at }) => at >= killedAt),
        closed,
        resets,
      };
    },
  };
}

// Each server wraps what was published in something of its own.
function numberIn(data) {
  const found = /"number":(\d+)/.exec(data.replaceAll('\\"', '"'));
  return found ? Number(found[1]) : undefined;
}
