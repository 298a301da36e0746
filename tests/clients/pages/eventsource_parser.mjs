import { createParser } from 'eventsource-parser';

export async function subscribe(url, page) {
  let lastEventId = '';
  let retry = 2000;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
      const response = await fetch(url, { headers });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`status ${response.status}`);
      const parser = createParser({
        onId(id) { lastEventId = id; },
        onRetry(ms) { retry = ms; },
        onEvent({ event, data, id }) {
          if (event) page.control(event, data, id);
          else page.show(data, id);
        },
      });
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) parser.feed(text);
    } catch (error) {
      page.log(error); // a cut: come back
    }
    await new Promise((resolve) => setTimeout(resolve, retry));
  }
}
