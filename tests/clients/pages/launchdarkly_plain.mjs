import { EventSource } from 'launchdarkly-eventsource';

export function subscribe(url, page) {
  const source = new EventSource(url);
  source.onmessage = (event) => page.show(event.data, event.lastEventId);
  source.onerror = page.log; // without it the first error ends the program
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
}
