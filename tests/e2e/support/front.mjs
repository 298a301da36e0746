// A reverse proxy as people have them: it answers 502 where the gateway is away, and may serve the
// gateway below a path.
import { once } from "node:events";
import http from "node:http";

export class Front {
  #server;
  #open = new Set();
  // Of every request for a stream: {url, status}; status: undefined until there is an answer.
  streams = [];
  // answer(request, response): answers a request for a stream in the gateway's place, if it is set.
  answer = undefined;

  // target: "host:port". prefix: the path, without a last slash, that the gateway is served below;
  // anything else is 404.
  static async start(target, prefix = "") {
    const front = new Front();
    front.#server = http.createServer((near, answer) => front.#pass(near, answer, target, prefix));
    front.#server.listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    return front;
  }

  get address() {
    return `127.0.0.1:${this.#server.address().port}`;
  }

  // The streams that are open now die without a word: nothing is cut, and nothing comes any more.
  goSilent() {
    for (const { response, answer } of this.#open) {
      response.unpipe(answer);
      response.resume();
    }
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  #pass(near, answer, target, prefix) {
    const rest = near.url.slice(prefix.length);
    if (!near.url.startsWith(prefix) || !/^([/?]|$)/.test(rest)) {
      answer.writeHead(404).end();
      return;
    }
    const [host, port] = target.split(":");
    const path = rest.startsWith("/") ? rest : `/${rest}`;
    const stream = { url: path, status: undefined };
    if (path.startsWith("/v1/events") || path.startsWith("/sse")) {
      this.streams.push(stream);
      if (this.answer) {
        this.answer(near, answer);
        return;
      }
    }
    const { method, headers } = near;
    const far = http.request({ host, port, path, method, headers, agent: false }, (response) => {
      stream.status = response.statusCode;
      // A browser puts its next request into a connection that was left open, and may not be told
      // that it is dead.
      answer.shouldKeepAlive = false;
      this.#open.add({ response, answer });
      answer.writeHead(response.statusCode, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
      response.on("error", () => answer.destroy());
    });
    far.on("error", () => {
      if (answer.headersSent) {
        answer.destroy();
        return;
      }
      stream.status = 502;
      answer.writeHead(502, { "Content-Type": "text/html" }).end("<h1>502 Bad Gateway</h1>");
    });
    answer.on("close", () => far.destroy());
    near.pipe(far);
  }
}
