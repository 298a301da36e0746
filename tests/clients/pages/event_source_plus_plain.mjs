import { EventSourcePlus } from 'event-source-plus';

export function subscribe(url, page) {
  new EventSourcePlus(url).listen({
    onMessage({ event, data, id }) {
      if (event !== 'message') page.control(event, data, id);
      else page.show(data, id);
    },
  });
}
