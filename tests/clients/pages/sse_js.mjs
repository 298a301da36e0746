import { SSE } from 'sse.js';

export function subscribe(url, page) {
  const source = new SSE(url, { autoReconnect: true });
  source.onmessage = (event) => page.show(event.data, event.lastEventId);
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
}
