import { parseServerSentEvents } from 'parse-sse';

export async function subscribe(url, page) {
  let last = '';
  let wait = 2000;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) };
      const response = await fetch(url, { headers });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`status ${response.status}`);
      for await (const { type, data, lastEventId, retry } of parseServerSentEvents(response)) {
        if (retry !== undefined) wait = retry;
        if (lastEventId) last = lastEventId;
        if (type !== 'message') page.control(type, data, lastEventId);
        else page.show(data, lastEventId);
      }
    } catch (error) {
      page.log(error); // a cut: come back
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
