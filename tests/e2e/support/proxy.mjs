// A TCP proxy between a browser and the gateway that can cut what goes through it: at once, or at a
// byte of an event that is still to come.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";

import { waitFor } from "./wait.mjs";

// A reset overtakes what is on its way from the browser's socket to its page: it is given this long.
const kTakenMs = 30;

// How long a cut waits for its event.
const kPatienceMs = 30_000;

// The end of a chunk that ends an event: a chunk never ends inside one.
const kUnitEnd = "\n\n\r\n";

export class Proxy {
  #target;
  #page;
  #token;
  #server;
  #port = 0;
  #sockets = new Set();
  #far = new Set(); // those of them that lead to the gateway
  #cuts = [];
  #waiting = [];
  #isHeld = false;
  // [{line, headers, at, answer, lastByteAt}], as they came: the names of headers are in lower case,
  // answer is what went back to the browser (as Latin-1), the times are those of Date.now().
  requests = [];

  // page: what is answered to a request for "/", so that a page can have this proxy as its origin.
  // token: what every other request has in its first line. Those without are of a browser that tries
  // an address where something else was before. port: by default any.
  static async start(target, { page, token = "", port = 0 } = {}) {
    const proxy = new Proxy();
    proxy.#target = target;
    proxy.#page = page;
    proxy.#token = token;
    proxy.#port = port;
    await proxy.listen();
    return proxy;
  }

  get address() {
    return `127.0.0.1:${this.#port}`;
  }

  get url() {
    return `http://${this.address}`;
  }

  // Again on the port that it had, after refuse().
  async listen() {
    this.#server = net.createServer((near) => this.#accept(near));
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = this.#server.address().port;
  }

  // From now on nobody listens there; open connections stay.
  refuse() {
    this.#server.close();
  }

  // Cuts every connection, with a FIN or ("rst") with a reset.
  cut(how = "fin") {
    for (const socket of this.#sockets) {
      if (how === "rst") socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  // Requests from now on wait until release().
  hold() {
    this.#isHeld = true;
  }

  cutAndHold(how) {
    this.hold();
    this.cut(how);
  }

  // Cuts the stream in the next chunk that has this text, and in no other before: at(event) is how
  // many bytes of the event, without its chunk's size, still get through. Several wait in a queue.
  // Resolves when it is done.
  cutIn(text, at, how = "fin") {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`${text} did not come within ${kPatienceMs} ms`));
      this.#cuts.push({ text, at, how, resolve, timer: setTimeout(fail, kPatienceMs) });
    });
  }

  // Takes nothing from the gateway any more, or again.
  stall(isStalled) {
    for (const far of this.#far) {
      if (isStalled) far.pause();
      else far.resume();
    }
  }

  get waiting() {
    return this.#waiting.length;
  }

  release() {
    this.#isHeld = false;
    for (const connect of this.#waiting.splice(0)) connect();
  }

  async close() {
    for (const { timer } of this.#cuts) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near) {
    this.#track(near);
    let head = "";
    let far;
    let request;
    near.on("data", (bytes) => {
      head += bytes.toString("latin1");
      if (!head.endsWith("\r\n\r\n")) return; // none of these requests has a body
      const asked = head;
      head = "";
      if (this.#page !== undefined && asked.startsWith("GET / ")) {
        near.end("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n" +
                 this.#page);
        return;
      }
      request = requestOf(asked);
      if (!request.line.includes(this.#token)) {
        near.destroy();
        return;
      }
      this.requests.push(request);
      const pass = (answer, done) => {
        request.answer += answer.toString("latin1");
        request.lastByteAt = Date.now();
        near.write(answer, done);
      };
      const forward = () => {
        if (near.destroyed) return;
        far ??= this.#connect(near, pass);
        far.write(asked, "latin1");
      };
      if (this.#isHeld) this.#waiting.push(forward);
      else forward();
    });
    near.on("close", () => far?.destroy());
  }

  // pass(bytes, done) gives bytes to the browser.
  #connect(near, pass) {
    const [host, port] = this.#target.split(":");
    const far = net.connect(Number(port), host);
    this.#track(far);
    this.#far.add(far);
    let held = Buffer.alloc(0); // less than a whole unit, where a cut is to come
    far.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      while (this.#cuts.length > 0) {
        const end = held.indexOf(kUnitEnd);
        if (end < 0) return;
        const unit = held.subarray(0, end + kUnitEnd.length);
        held = held.subarray(unit.length);
        const found = unit.indexOf(this.#cuts[0].text);
        if (found >= 0) {
          const { at, how, resolve, timer } = this.#cuts.shift();
          clearTimeout(timer);
          const begin = unit.lastIndexOf("\r\n", found) + 2;
          far.destroy();
          pass(unit.subarray(0, begin + at(unit.subarray(begin, end + 2))), async () => {
            await waitFor(() => hasRead(near), "the browser reads").catch(() => {});
            await new Promise((taken) => setTimeout(taken, kTakenMs));
            if (how === "rst") near.resetAndDestroy();
            else near.end();
            resolve();
          });
          return;
        }
        pass(unit);
      }
      pass(held);
      held = Buffer.alloc(0);
    });
    far.on("end", () => near.end(held));
    far.on("error", () => near.resetAndDestroy());
    far.on("close", () => this.#far.delete(far));
    return far;
  }

  #track(socket) {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

// Whether the other end of a connection on this machine has read all that has come there, as the
// kernel's table has it (proc_net_tcp: local and remote address, state, what is to be sent and read).
function hasRead({ localPort, remotePort }) {
  const hex = (port) => port.toString(16).toUpperCase().padStart(4, "0");
  const row = new RegExp(`:${hex(remotePort)} \\w+:${hex(localPort)} \\w+ \\w+:(\\w+)`);
  const found = row.exec(readFileSync("/proc/net/tcp", "utf8"));
  return found === null || Number.parseInt(found[1], 16) === 0;
}

function requestOf(head) {
  const [line, ...fields] = head.trim().split("\r\n");
  const headers = fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { line, headers: Object.fromEntries(headers), at: Date.now(), answer: "" };
}
