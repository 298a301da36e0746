// A TCP proxy between a client and an event stream. It knows where a request and an answer begin, cuts
// answers where a plan says, and takes down when each request came and when its answer ended.

import { once } from 'node:events';
import net from 'node:net';

// How long after the last byte of a cut answer the cut comes, where the plan does not say: mostly the
// client has read it by then.
const defaultSettleMs = 25;

export class Link {
  requests = []; // [{at, endedAt, head, lastEventId, status, told}], OPTIONS not among them
  #server;
  #sockets = new Set();
  #plan;
  #target;

  // plan(i): how the answer to the i-th request is cut: {how: 'fin' or 'rst', after: bytes behind its
  // head, or find: (answer so far) => bytes of it, or -1 for not yet; settleMs}; undefined for not at all.
  static async start(target, plan = () => undefined) {
    const link = new Link();
    link.#plan = plan;
    link.target = target;
    link.#server = net.createServer((near) => link.#accept(near));
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    link.url = `http://127.0.0.1:${link.#server.address().port}`;
    return link;
  }

  set target(address) {
    const [host, port] = address.split(':');
    this.#target = { host, port: Number(port) };
  }

  // For how long no request has been under way; 0 before the first.
  get idleMs() {
    return this.requests.length === 0 || this.requests.some(({ endedAt }) => endedAt === undefined)
      ? 0 : Date.now() - Math.max(...this.requests.map(({ endedAt }) => endedAt));
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(near) {
    const far = net.connect({ ...this.#target, noDelay: true });
    near.setNoDelay(true);
    let request; // whose answer is under way
    let isCut = false;
    const ended = () => {
      if (request) request.endedAt ??= Date.now();
      request = undefined;
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        ended();
        if (!isCut) for (const both of [near, far]) both.destroy();
      });
    }
    near.on('end', () => far.end());
    far.on('end', () => { if (!isCut) near.end(); });
    near.on('data', (bytes) => {
      far.write(bytes);
      if (!/^GET /.test(bytes.subarray(0, 4).toString('latin1'))) return;
      request = this.#newRequest(bytes.toString('latin1'));
    });
    far.on('data', (bytes) => {
      if (isCut) return;
      const end = request ? cutIn(request, bytes) : -1;
      if (end < 0) {
        if (!near.write(bytes)) {
          far.pause();
          near.once('drain', () => far.resume());
        }
        if (request?.isComplete) ended();
        return;
      }
      isCut = true;
      const { how, settleMs = defaultSettleMs } = request.cut;
      near.write(bytes.subarray(0, end), () => setTimeout(() => {
        ended();
        if (how === 'rst') near.resetAndDestroy();
        else near.end();
        far.destroy();
      }, settleMs));
    });
  }

  #newRequest(head) {
    const query = head.match(/[?&]lastEventId=([^& ]*)/)?.[1];
    const request = {
      at: Date.now(), head,
      lastEventId: head.match(/^last-event-id: *(.*?)\r$/im)?.[1] ?? (query && decodeURIComponent(query)) ?? '',
      cut: this.#plan(this.requests.length), bytes: 0, seen: Buffer.alloc(0), isComplete: false,
    };
    this.requests.push(request);
    return request;
  }
}

// Takes an answer's next bytes down. Returns how many of them the client may have, if it is cut in them.
function cutIn(request, bytes) {
  const before = request.bytes;
  request.bytes += bytes.length;
  const { cut } = request;
  if (request.headBytes === undefined || cut?.find) request.seen = Buffer.concat([request.seen, bytes]);
  if (request.headBytes === undefined) {
    const end = request.seen.indexOf('\r\n\r\n');
    if (end >= 0) request.headBytes = end + 4;
    request.status = Number(request.seen.toString('latin1', 0, 20).match(/^HTTP\/1\.1 (\d+)/)?.[1]);
  }
  const told = [...bytes.toString('latin1').matchAll(/^retry: (\d+)$/gm)].at(-1);
  if (told) request.told = Number(told[1]);
  request.isComplete = bytes.subarray(-5).toString('latin1') === '0\r\n\r\n';
  if (!cut || request.headBytes === undefined) return -1;
  const end = cut.find ? cut.find(request.seen) : request.headBytes + cut.after;
  if (end < 0 || end > request.bytes) return -1;
  const here = Math.max(end - before, 0);
  // Some clients lose an event that is cut right in front of its last byte, and a random cut falls there
  // once in thousands of runs: cuts at every byte are a test of their own.
  const isLastByte = !cut.find && bytes[here - 1] === 10 && bytes[here] === 10;
  return isLastByte ? here - 1 : here;
}
