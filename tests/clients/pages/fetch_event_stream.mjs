import { events } from 'fetch-event-stream';

export async function subscribe(url, page) {
  let lastEventId = '';
  let wait = 2000;
  let failures = 0;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
      const response = await fetch(url, { headers });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`status ${response.status}`);
      failures = 0;
      for await (const { event, data, id, retry } of events(response)) {
        if (retry !== undefined) wait = retry;
        if (event) page.control(event, data, id);
        else page.show(data, id);
        if (id !== undefined) lastEventId = String(id);
      }
    } catch (error) {
      page.log(error); // a cut, or nobody there: come back
      failures += 1;
    }
    const longer = wait * 2 ** Math.max(failures - 1, 0);
    await new Promise((resolve) => setTimeout(resolve, Math.min(longer, 30_000)));
  }
}
