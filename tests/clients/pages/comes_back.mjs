export function subscribe(url, page, lastEventId = '') {
  const address = new URL(url);
  if (lastEventId) address.searchParams.set('lastEventId', lastEventId);
  const source = new EventSource(address);
  source.onmessage = (event) => {
    lastEventId = event.lastEventId;
    page.show(event.data, event.lastEventId);
  };
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
  let timer;
  source.onerror = () => { // mostly it comes back by itself; where it has given up, here is a new one
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (source.readyState === EventSource.CLOSED) subscribe(url, page, lastEventId);
    }, 1000 + 2000 * Math.random());
  };
}
