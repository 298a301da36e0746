import { EventSourcePlus } from 'event-source-plus';

export function subscribe(url, page) {
  let delay = 0; // of the first request
  let told = 2000;
  new EventSourcePlus(url).listen({
    async onRequest() {
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay = told;
    },
    onMessage({ event, data, id, retry }) {
      if (retry !== undefined) delay = told = retry;
      if (event !== 'message') page.control(event, data, id);
      else page.show(data, id);
    },
  });
}
