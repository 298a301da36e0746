// Server-Sent Events with nothing but Node: node:http, and node:cluster for the CPUs.
//
// The primary takes what is published, makes the frames, and gives them to each worker once; a
// worker has its connections in a set for each topic. What a worker does for a frame is one
// res.write of a Buffer that all connections share.
import cluster from 'node:cluster';
import http from 'node:http';

const HTTP_PORT = Number(process.env.HTTP_PORT);
const PUBLISH_PORT = Number(process.env.PUBLISH_PORT);
const HEARTBEAT_MS = 15_000;

function topicOf(request) {
  return new URL(request.url, 'http://localhost').searchParams.get('topic');
}

if (cluster.isPrimary) {
  let id = 0;
  const workers = Array.from({ length: Number(process.env.SERVER_CPUS) }, () => cluster.fork());
  cluster.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => process.exit(0));

  // The body of a POST has an event in each line; all of them become one write for a connection.
  const publisher = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const frames = body
        .trimEnd()
        .split('\n')
        .map((data) => `id: ${++id}\ndata: ${data}\n\n`)
        .join('');
      const topic = topicOf(request);
      for (const worker of workers) worker.send({ topic, frames });
      response.writeHead(200, { 'Content-Length': 0 }).end();
    });
  });
  publisher.keepAliveTimeout = 0;
  let listening = 0;
  cluster.on('listening', () => {
    if (++listening === workers.length) publisher.listen(PUBLISH_PORT, '127.0.0.1');
  });
} else {
  const topics = new Map();
  const subscribers = http.createServer((request, response) => {
    const topic = topicOf(request);
    if (topic === null) {
      response.writeHead(400).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    const members = topics.get(topic) ?? new Set();
    topics.set(topic, members.add(response));
    response.on('close', () => members.delete(response));
  });
  // A stream has no end.
  subscribers.requestTimeout = 0;
  subscribers.timeout = 0;
  subscribers.listen({ port: HTTP_PORT, host: '127.0.0.1', backlog: 4096 });

  function writeToAll(members, bytes) {
    for (const response of members) {
      // Who takes nothing must not grow without bounds: it comes back by itself.
      if (response.writableLength > 1 << 20) response.destroy();
      else response.write(bytes);
    }
  }
  process.on('message', ({ topic, frames }) => {
    writeToAll(topics.get(topic) ?? [], Buffer.from(frames));
  });
  process.on('disconnect', () => process.exit(0));
  const heartbeat = Buffer.from(':\n\n');
  setInterval(() => {
    for (const members of topics.values()) writeToAll(members, heartbeat);
  }, HEARTBEAT_MS);
}
