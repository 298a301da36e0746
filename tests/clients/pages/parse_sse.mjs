import { ServerSentEventTransformStream } from 'parse-sse';

export async function subscribe(url, page) {
  let last = '';
  let wait = 2000;
  let failures = 0;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) };
      const response = await fetch(url, { headers });
      if (response.status === 204) return;
      if (!response.ok) throw new Error(`status ${response.status}`);
      failures = 0;
      const parser = new ServerSentEventTransformStream();
      response.body.pipeThrough(new TextDecoderStream())
        .pipeTo(parser.writable, { preventClose: true }) // a close would give out half an event
        .then(() => parser.writable.abort(), page.log);
      for await (const { type, data, lastEventId, retry } of parser.readable) {
        if (retry !== undefined) wait = retry;
        if (type !== 'message') page.control(type, data, lastEventId);
        else page.show(data, lastEventId);
        if (lastEventId) last = lastEventId;
      }
    } catch (error) {
      page.log(error); // a cut, or nobody there: come back
      failures += 1;
    }
    const longer = wait * 2 ** Math.max(failures - 1, 0);
    await new Promise((resolve) => setTimeout(resolve, Math.min(longer, 30_000)));
  }
}
