// A TCP proxy that can cut what goes through it and hold back what comes next.
import { once } from "node:events";
import net from "node:net";

export class Proxy {
  #server;
  #sockets = new Set();
  #waiting = [];
  #isHeld = false;
  // What each connection sent first: the request's head.
  heads = [];

  static async start(target) {
    const proxy = new Proxy();
    const [host, port] = target.split(":");
    proxy.#server = net.createServer((near) => proxy.#accept(near, host, Number(port)));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get address() {
    return `127.0.0.1:${this.#server.address().port}`;
  }

  // Cuts every connection; later ones wait until release().
  cutAndHold() {
    this.#isHeld = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  get waiting() {
    return this.#waiting.length;
  }

  release() {
    this.#isHeld = false;
    for (const connect of this.#waiting.splice(0)) connect();
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near, host, port) {
    this.#track(near);
    near.once("data", (bytes) => this.heads.push(bytes.toString("latin1")));
    near.pause();
    const connect = () => {
      const far = net.connect(port, host);
      this.#track(far);
      near.pipe(far);
      far.pipe(near);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
    };
    if (this.#isHeld) this.#waiting.push(connect);
    else connect();
  }

  #track(socket) {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
