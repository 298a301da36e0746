#!/usr/bin/env bash
# What: an EventSource over HTTP/2 whose stream is reset (RST_STREAM, INTERNAL_ERROR), as nginx does when the server behind
#   it dies, or whose connection is cut.
# Guess: the browser comes back, as it does when the stream ends, and as over HTTP/1.1 (HTML standard, 9.2.3).
# Seen (WebKitGTK 2.50.6 with libsoup 3.2.3; Chromium 156 and Firefox 153 come back): it comes back when the stream ends. When the
#   stream is reset, or the connection cut, nothing happens: no error event, readyState 1, for as long as the page is open. Other
#   streams of the connection go on. So a page there needs a sign of life that it can see, and a timer.
# Needs: Node 18 or newer, openssl, Debian's libwebkit2gtk-4.1-0 (MiniBrowser) and xvfb. Exit status 1: it is no longer so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 -keyout key -out crt 2>openssl.log

cat >look.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http2 from "node:http2";

const kEnds = {
  "the stream ends": ({ stream }) => stream.end(),
  // Node ends a stream that is closed in order before it resets it.
  "the stream is reset": ({ stream }) => stream.destroy(new Error("gone")),
  "the connection is cut": ({ sockets }) => sockets.forEach((socket) => socket.destroy()),
};

// How often the page asks for its stream, whose end comes a second after each of its beginnings.
async function requestsWhen(end) {
  const sockets = new Set();
  let requests = 0;
  const server = http2.createSecureServer({ key: fs.readFileSync("key"), cert: fs.readFileSync("crt") });
  server.on("connection", (socket) => { socket.on("error", () => {}); sockets.add(socket); });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":path"] === "/") {
      stream.respond({ "content-type": "text/html" });
      stream.end('<!doctype html><script>const source = new EventSource("/stream");</script>');
    } else if (headers[":path"] === "/stream") {
      requests += 1;
      stream.respond({ "content-type": "text/event-stream" });
      stream.write("retry: 200\ndata: 1\n\n");
      setTimeout(() => end({ stream, sockets }), 1000);
    } else {
      stream.respond({ ":status": 404 }, { endStream: true });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = spawn("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
                        ["--ignore-tls-errors", "--private", `https://127.0.0.1:${server.address().port}/`],
                        { stdio: "ignore", detached: true });
  const deadline = Date.now() + 20_000;
  while (requests === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  process.kill(-browser.pid, "SIGKILL");
  await once(browser, "exit");
  sockets.forEach((socket) => socket.destroy());
  server.close();
  return requests;
}

const display = spawn("Xvfb", ["-displayfd", "3", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
const [number] = await once(display.stdio[3], "data");
Object.assign(process.env, { DISPLAY: `:${String(number).trim()}`, LIBGL_ALWAYS_SOFTWARE: "1", NO_AT_BRIDGE: "1" });
const counts = [];
for (const [name, end] of Object.entries(kEnds)) {
  counts.push(await requestsWhen(end));
  console.log(`${name}: ${counts.at(-1)} requests in 8 s`);
}
display.kill();
process.exit(counts[0] > 3 && counts[1] === 1 && counts[2] === 1 ? 0 : 1);
JS
HOME=$dir timeout 120 node look.mjs
