// A web site with one page, and Chromium that has it open. The page says what its EventSource does.

import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

import { Program } from '../../integration/gateway.mjs';

const pageOf = (url) => `<!doctype html><script>
  const say = (what) => fetch("/said", { method: "POST", body: JSON.stringify(what) });
  const source = new EventSource(${JSON.stringify(url)}, { withCredentials: true });
  source.onopen = () => say({ opened: true });
  source.onmessage = (event) => say({ event: event.data });
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) say({ closed: true }); };
</script>`;

// {origin, open(t, url)}; what open returns fills up: {opened: how often, events: [data], closed}.
export async function startSite(t) {
  const page = { opened: 0, events: [], closed: false };
  let subscribed;
  const server = http.createServer(async (request, response) => {
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(pageOf(subscribed));
      return;
    }
    let body = '';
    if (request.url === '/said') for await (const text of request) body += text;
    const said = body === '' ? {} : JSON.parse(body);
    if (said.opened) page.opened += 1;
    if ('event' in said) page.events.push(said.event);
    if (said.closed) page.closed = true;
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.close(); server.closeAllConnections(); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    open: (test, url) => {
      subscribed = url;
      const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
      // As root, as in a container, there is no sandbox; the certificate is the test's own.
      new Program(test, process.env.CHROMIUM_BIN ?? 'chromium', [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-dev-shm-usage', '--ignore-certificate-errors',
        '--remote-debugging-port=0', `--user-data-dir=${directory}`,
        `${origin}/`,
      ]);
      // After its end, and that of its other processes, which write to the last.
      test.after(() => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
      return page;
    },
  };
}
