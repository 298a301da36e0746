export function subscribe(url, page, lastEventId = '', wait = 1000) {
  const address = new URL(url);
  if (lastEventId) address.searchParams.set('lastEventId', lastEventId);
  const source = new EventSource(address);
  source.onmessage = (event) => {
    page.show(event.data, event.lastEventId);
    lastEventId = event.lastEventId;
  };
  for (const name of page.names) {
    source.addEventListener(name, (event) => page.control(name, event.data, event.lastEventId));
  }
  source.onopen = () => { wait = 1000; };
  let timer;
  source.onerror = () => { // mostly it comes back by itself; where it has given up, here is a new one
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (source.readyState !== EventSource.CLOSED) return;
      subscribe(url, page, lastEventId, Math.min(2 * wait, 30_000));
    }, wait * (1 + Math.random()));
  };
}
