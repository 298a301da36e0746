// A small server of event streams for tests of the crowd over TLS and HTTP/2, of Node's own modules.
//
//   node stream_server.mjs https|h2|h2c [cert.pem key.pem]
//
// Prints its port, and a line for each request: the number of its connection, its target, the id and
// the token that it presents, "-" for none. What it does follows from the path: each stream gets the
// greeting and one event, and is held, but whoever comes for the first time is
//
//   /ended   told bye, and its stream ended
//   /cut     reset
//   /goaway  told that the connection takes no more streams, and its stream ended
//   /busy    answered with 503

import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';

const [protocol, cert, key] = process.argv.slice(2);
const pair = cert ? { cert: fs.readFileSync(cert), key: fs.readFileSync(key) } : {};
const connections = new Map();
// Sessions that have sent their GOAWAY: a second one may not name a later stream.
const going = new Set();

function log(socket, target, lastId, authorization) {
  if (!connections.has(socket)) connections.set(socket, connections.size + 1);
  console.log(connections.get(socket), target, lastId ?? '-', authorization ?? '-');
}

function text(lastId) {
  const number = lastId ? 2 : 1;
  const cut = lastId ? `id: ${lastId}\n` : '';
  return `:\nevent: gateway.cut\ndata: {}\n${cut}\nevent: gateway.hello\nretry: 50\ndata: {}\n\n` +
    `data: {"id":"0 0 0 ${number}"}\nid: e-${number}\n\n`;
}

// out: write and end; head, cut and goAway: as the protocol has it.
function answer(path, lastId, { head, out, cut, goAway }) {
  head(path === '/busy' ? 503 : 200);
  if (path === '/busy') return out.end();
  out.write(text(lastId));
  if (lastId) return;
  const end = () => out.end('event: gateway.bye\ndata: {}\n\n');
  if (path === '/ended') end();
  if (path === '/goaway') setTimeout(() => (goAway(), end()), 50);
  if (path === '/cut') setTimeout(cut, 50);
}

function onStream(stream, headers) {
  const lastId = headers['last-event-id'];
  stream.on('error', () => {});
  log(stream.session, headers[':path'], lastId, headers.authorization);
  answer(headers[':path'].split('?')[0], lastId, {
    head: (status) => stream.respond({ ':status': status, 'content-type': 'text/event-stream' }),
    out: stream,
    cut: () => stream.destroy(new Error('cut')),
    goAway: () => going.has(stream.session) || going.add(stream.session) && stream.session.goaway(),
  });
}

function onRequest(request, response) {
  const lastId = request.headers['last-event-id'];
  log(request.socket, request.url, lastId, request.headers.authorization);
  answer(request.url.split('?')[0], lastId, {
    head: (status) => response.writeHead(status, { 'content-type': 'text/event-stream', connection: 'close' }),
    out: response,
    cut: () => request.socket.destroy(),
    goAway: () => {},
  });
}

const servers = {
  https: () => https.createServer({ ...pair, minVersion: 'TLSv1.3' }, onRequest),
  h2: () => http2.createSecureServer({ ...pair, minVersion: 'TLSv1.3' }).on('stream', onStream),
  h2c: () => http2.createServer().on('stream', onStream),
};
const server = servers[protocol]();
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
