import EventSource from 'react-native-sse';

export function subscribe(url, page, lastEventId = '', retry = 2000) {
  const address = new URL(url);
  if (lastEventId) address.searchParams.set('lastEventId', lastEventId);
  const source = new EventSource(address, { timeoutBeforeConnection: 0, pollingInterval: retry });
  source.addEventListener('message', (event) => {
    page.show(event.data, event.lastEventId);
    lastEventId = event.lastEventId;
  });
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
  source.addEventListener('error', () => { // it does not come back from every one of them by itself
    source.removeAllEventListeners();
    source.close();
    const { interval } = source; // as it was told, or `retry`
    setTimeout(() => subscribe(url, page, lastEventId, Math.min(2 * interval, 30_000)), interval);
  });
}
