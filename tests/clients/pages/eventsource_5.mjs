import { EventSource } from 'eventsource';

export function subscribe(url, page) {
  const source = new EventSource(url);
  source.onmessage = (event) => page.show(event.data, event.lastEventId);
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
}
