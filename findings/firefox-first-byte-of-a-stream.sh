#!/usr/bin/env bash
# What: an EventSource of a page of another origin, whose stream breaks off right behind the answer's head.
# Guess: status and Content-Type were right, so the stream is established, and each way in which its
#   connection ends is one after which the browser comes back (HTML standard, 9.2.2 and 9.2.3).
# Seen (Firefox 153 ESR, Chromium 156): in Firefox a connection that ends before the first byte of the
#   body closes the EventSource for good, and onopen is not called, whether it ends with a FIN or with a
#   reset. One comment line of two bytes behind the head changes that: it comes back. So does a whole
#   answer without a body (its last chunk is there). Of the same origin it comes back in all cases.
#   Chromium always comes back. So a server sends the head and a first byte in one write.
# Needs: Node 18 or newer, Debian's firefox-esr and chromium. Exit status 1: it is no longer so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >look.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";

const kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nAccess-Control-Allow-Origin: *\r\n" +
  "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
const kEnds = {
  "head, FIN": ["", "end"],
  "head, reset": ["", "resetAndDestroy"],
  "head, comment, FIN": ["2\r\n:\n\r\n", "end"],
  "head, comment, reset": ["2\r\n:\n\r\n", "resetAndDestroy"],
  "head, last chunk, FIN": ["0\r\n\r\n", "end"],
};
// One EventSource for each end: its first stream tells a short retry, the others end so.
const kPage = (streams) => `<!doctype html><script>
  const sources = ${JSON.stringify(Object.keys(kEnds))}.map(
    (end, i) => new EventSource("http://127.0.0.1:${streams}/" + i));
  setInterval(() => fetch("/said", { method: "POST", body: JSON.stringify(sources.map((s) => s.readyState)) }), 200);
</script>`;

// {of another origin, of the same: {end: "comes back" or "closed"}}
async function look(command, args) {
  const requests = new Map();
  const said = {};
  const streams = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const [, path, body = ""] = /^\w+ (\S+)[^]*?\r\n\r\n([^]*)$/.exec(bytes.toString());
      if (path === "/page") {
        socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n${kPage(streams.address().port)}`);
        return;
      }
      if (!/^\/\d$/.test(path)) {
        if (path === "/said" && body) said.same = JSON.parse(body);
        socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        return;
      }
      const count = (requests.get(path) ?? 0) + 1;
      requests.set(path, count);
      const [text, how] = Object.values(kEnds)[Number(path.slice(1))];
      socket.write(count === 1 ? `${kHead}d\r\nretry: 200\n:\n\r\n` : kHead + text,
                   () => setTimeout(() => socket[count === 1 ? "end" : how](), 200));
    });
  }).listen(0, "127.0.0.1");
  await once(streams, "listening");
  const site = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    if (request.url === "/said" && body) said.another = JSON.parse(body);
    response.setHeader("Content-Type", "text/html").end(request.url === "/page" ? kPage(streams.address().port) : "");
  }).listen(0, "127.0.0.1");
  await once(site, "listening");

  const result = {};
  for (const [origin, server] of [["another", site], ["same", streams]]) {
    requests.clear();
    const profile = fs.mkdtempSync("profile-");
    const browser = spawn(command, args(fs.realpathSync(profile), `http://127.0.0.1:${server.address().port}/page`),
                          { stdio: "ignore", detached: true });
    const end = Date.now() + 30_000;
    const isOver = () => said[origin] && Object.keys(kEnds).every(
      (_, i) => said[origin][i] === 2 || requests.get(`/${i}`) >= 4);
    while (!isOver() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
    result[origin] = Object.fromEntries(Object.keys(kEnds).map(
      (name, i) => [name, said[origin]?.[i] === 2 ? "closed" : requests.get(`/${i}`) >= 4 ? "comes back" : "?"]));
    process.kill(-browser.pid, "SIGKILL");
    await once(browser, "exit");
  }
  streams.close();
  site.close();
  site.closeAllConnections();
  return result;
}

const firefox = await look("firefox-esr", (profile, url) => ["--headless", "--no-remote", "--profile", profile, url]);
const chromium = await look("chromium", (profile, url) => [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`,
  "--remote-debugging-port=0", url]);
console.log("Firefox, a page of another origin:", firefox.another);
console.log("Firefox, of the same origin:", firefox.same);
console.log("Chromium, of another origin:", chromium.another);
const all = (result, closed) => Object.entries(result).every(
  ([name, what]) => what === (closed.includes(name) ? "closed" : "comes back"));
process.exit(all(firefox.another, ["head, FIN", "head, reset"]) && all(firefox.same, []) &&
             all(chromium.another, []) ? 0 : 1);
JS
firefox-esr --version
chromium --version
HOME=$dir timeout 150 node look.mjs
