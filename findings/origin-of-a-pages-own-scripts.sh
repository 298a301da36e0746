#!/usr/bin/env bash
# What: which GET requests of a page to its own origin carry an Origin header.
# Guess: none. The Fetch standard adds it to a GET only where the answer is of another origin ("append a
#   request Origin header"), and no engine sends it with a same-origin fetch() or EventSource.
# Seen (Chromium 156, WebKitGTK 2.50, Firefox 153 ESR): Chromium and WebKitGTK send it with module scripts,
#   with what those import, and with every element that says `crossorigin`; Firefox with none of them. None
#   of the three sends it with a same-origin fetch or EventSource, also not with credentials. So a server
#   that refuses every Origin that is not on a list breaks its own pages' scripts, in two of three engines,
#   while the requests that the list is for still work.
# Needs: Node 18 or newer, Debian's chromium, firefox-esr, webkit2gtk-driver and xvfb. Exit status 1: it is
#   no longer so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >look.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";

const kPage = `<!doctype html><script type="module" src="/module.js"></script><script src="/classic.js"></script>
  <script crossorigin src="/crossorigin.js"></script>
  <script>fetch("/fetch"); new EventSource("/stream"); new EventSource("/stream-with", { withCredentials: true });</script>`;
const kScripts = ["/module.js", "/imported.js", "/crossorigin.js"];
const kOthers = ["/classic.js", "/fetch", "/stream", "/stream-with"];

// {path: whether it came with an Origin}
async function look(command, args, env = {}) {
  const seen = {};
  const server = http.createServer((request, response) => {
    seen[request.url] = request.headers.origin !== undefined;
    response.setHeader("Content-Type", request.url.endsWith(".js") ? "text/javascript" : "text/html");
    response.end({ "/": kPage, "/module.js": 'import "/imported.js";' }[request.url] ?? "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const profile = fs.realpathSync(fs.mkdtempSync("profile-"));
  const browser = spawn(command, args(profile, `http://127.0.0.1:${server.address().port}/`),
                        { stdio: "ignore", detached: true, env: { ...process.env, ...env } });
  const end = Date.now() + 30_000;
  const all = [...kScripts, ...kOthers];
  while (!all.every((path) => path in seen) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  process.kill(-browser.pid, "SIGKILL");
  await once(browser, "exit");
  server.close();
  server.closeAllConnections();
  return { scripts: kScripts.map((path) => seen[path]).join(), others: kOthers.map((path) => seen[path]).join() };
}

const miniBrowser = fs.readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`).find(fs.existsSync);
const display = spawn("Xvfb", ["-displayfd", "3", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
const [number] = await once(display.stdio[3], "data");

const chromium = await look("chromium", (profile, url) => [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`,
  "--remote-debugging-port=0", url]);
const webkit = await look(miniBrowser, (profile, url) => [url], { DISPLAY: `:${String(number).trim()}` });
const firefox = await look("firefox-esr", (profile, url) => ["--headless", "--no-remote", "--profile", profile, url]);
display.kill();
console.log("with an Origin: module script, imported, crossorigin | classic script, fetch, EventSource, with credentials");
console.log({ chromium, webkit, firefox });
const none = "false,false,false,false";
process.exit(chromium.scripts === "true,true,true" && webkit.scripts === "true,true,true" &&
             firefox.scripts === "false,false,false" &&
             [chromium, webkit, firefox].every(({ others }) => others === none) ? 0 : 1);
JS
chromium --version
firefox-esr --version
dpkg-query -W -f 'WebKitGTK ${Version}\n' libwebkit2gtk-4.1-0
HOME=$dir timeout 150 node look.mjs
