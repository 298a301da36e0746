import EventSource from 'react-native-sse';

export function subscribe(url, page) {
  const source = new EventSource(url);
  source.addEventListener('message', (event) => page.show(event.data, event.lastEventId));
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
}
