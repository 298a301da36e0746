import { createParser } from 'eventsource-parser';

export async function subscribe(url, page) {
  let lastEventId = '';
  let retry = 2000;
  let failures = 0;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
      const response = await fetch(url, { headers });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`status ${response.status}`);
      failures = 0;
      const parser = createParser({
        onRetry(ms) { retry = ms; },
        onEvent({ event, data, id }) {
          if (event) page.control(event, data, id);
          else page.show(data, id);
          if (id) lastEventId = id;
        },
      });
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) parser.feed(text);
    } catch (error) {
      page.log(error); // a cut, or nobody there: come back
      failures += 1;
    }
    const longer = retry * 2 ** Math.max(failures - 1, 0);
    await new Promise((resolve) => setTimeout(resolve, Math.min(longer, 30_000)));
  }
}
