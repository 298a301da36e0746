// What every page of these tests does with what its client gives it. Runs in Node and in Chromium.

// The text of the n-th event, of about `size` characters: letters of one to four bytes, and what JSON
// and an event stream have to escape.
export function textOf(n, size) {
  const letters = ['a', 'é', '漢', '😀', '"', '\\', '\n', ' ', ':', 'data: ', 'x'.repeat(40), '\u2028'];
  let state = (n * 2654435761) >>> 0;
  let text = '';
  while (text.length < size) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += letters[(state >>> 24) % letters.length];
  }
  return text;
}

const names = [
  'gateway.cut', 'gateway.hello', 'gateway.live', 'gateway.reset', 'gateway.deleted', 'gateway.bye',
  'gateway.heartbeat', 'alert',
];

// report(what, {...}) takes down what happened.
export function newPage(report) {
  return {
    names,
    // An event without a name, as a page with `JSON.parse(event.data)` takes it.
    show(text, id) {
      if (text === '') report('empty', {});
      let value;
      try {
        value = JSON.parse(text);
      } catch (error) {
        report('garbage', { text: String(text).slice(0, 100) });
        throw error;
      }
      const { user: n, title = '', labels } = value;
      report('shown', {
        n, id: id === undefined ? null : id, isIntact: title === textOf(n, Number(labels?.size ?? 0)),
      });
    },
    // An event with a name.
    control(name, text, id) {
      report('control', { name, text, id: id === undefined ? null : id });
    },
    log() {},
  };
}
