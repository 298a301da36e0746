// A web site on a port and so an origin of its own.
import { once } from "node:events";
import http from "node:http";

// files: the page, or {path: text, or a function that gives it}.
export async function serve(files) {
  const texts = typeof files === "string" ? { "/": files } : files;
  const server = http.createServer((request, response) => {
    const path = request.url.split("?")[0];
    const type = path.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(path in texts ? 200 : 204, { "Content-Type": `${type}; charset=utf-8` });
    const text = texts[path];
    response.end(typeof text === "function" ? text() : text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
