import { createEventSource } from 'eventsource-client';

export function subscribe(url, page) {
  createEventSource({
    url,
    onMessage({ event, data, id }) {
      if (event) page.control(event, data, id);
      else page.show(data, id);
    },
  });
}
