import { events } from 'fetch-event-stream';

export async function subscribe(url, page) {
  let lastEventId = '';
  let wait = 2000;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
      const response = await fetch(url, { headers });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`status ${response.status}`);
      for await (const { event, data, id, retry } of events(response)) {
        if (retry !== undefined) wait = retry;
        if (id !== undefined) lastEventId = String(id);
        if (event) page.control(event, data, id);
        else page.show(data, id);
      }
    } catch (error) {
      page.log(error); // a cut: come back
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
