// A web site of one page, on a port and so an origin of its own.
import { once } from "node:events";
import http from "node:http";

export async function serve(html) {
  const server = http.createServer((request, response) => {
    const isPage = request.url === "/" || request.url.startsWith("/?");
    response.writeHead(isPage ? 200 : 204, { "Content-Type": "text/html; charset=utf-8" });
    response.end(isPage ? html : undefined);
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
