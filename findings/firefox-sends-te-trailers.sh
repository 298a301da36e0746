#!/usr/bin/env bash
# What: the fields that a browser sends over HTTP/2 with a page's POST to another origin, mode no-cors.
# Guess: te is a forbidden request-header (Fetch Standard, 2.2.2), so a page's request has none, and a
#   server of gRPC, which asks for te: trailers, takes no page's POST for a call.
# Seen (Firefox 153 ESR, Chromium 156): Firefox sends te: trailers by itself, with every request over
#   HTTP/2; Chromium does not. So the field does not tell a program's call from a page's. Both send
#   origin and sec-fetch-mode, which a page cannot leave out: those tell it.
# Needs: Node 18 or newer, openssl, Debian's firefox-esr and chromium. Exit status 1: it is no longer so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >look.mjs <<'JS'
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";

execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
  "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "crt",
], { stdio: "ignore" });
const kTls = { key: fs.readFileSync("key"), cert: fs.readFileSync("crt") };
const kFingerprint = execFileSync("openssl", ["x509", "-in", "crt", "-noout", "-fingerprint", "-sha256"])
  .toString().trim().split("=")[1];

async function look(command, args) {
  let seen;
  const server = http2.createSecureServer(kTls, (request, response) => {
    if (request.method === "POST") seen ??= { ...request.headers };
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const site = http.createServer((request, response) => {
    response.setHeader("Content-Type", "text/html").end(`<!doctype html><script>
      fetch("https://127.0.0.1:${port}/", { method: "POST", mode: "no-cors", body: "x" });
    </script>`);
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  const profile = fs.mkdtempSync("profile-");
  fs.writeFileSync(`${profile}/cert_override.txt`,
                   `127.0.0.1:${port}:\tOID.2.16.840.1.101.3.4.2.1\t${kFingerprint}\t\n`);
  const browser = spawn(command, args(fs.realpathSync(profile), `http://127.0.0.1:${site.address().port}/`),
                        { stdio: "ignore", detached: true });
  const end = Date.now() + 30_000;
  while (!seen && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
  process.kill(-browser.pid, "SIGKILL");
  await once(browser, "exit");
  server.close();
  site.close();
  site.closeAllConnections();
  return seen;
}

const firefox = await look("firefox-esr", (profile, url) => ["--headless", "--no-remote", "--profile", profile, url]);
const chromium = await look("chromium", (profile, url) => [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--ignore-certificate-errors",
  `--user-data-dir=${profile}`, "--remote-debugging-port=0", url]);
const kShown = ["te", "content-type", "origin", "sec-fetch-mode"];
const shown = (headers) => headers && Object.fromEntries(kShown.map((name) => [name, headers[name]]));
console.log("Firefox:", shown(firefox));
console.log("Chromium:", shown(chromium));
process.exit(firefox?.te === "trailers" && firefox.origin && chromium && chromium.te === undefined ? 0 : 1);
JS
firefox-esr --version
chromium --version
HOME=$dir timeout 100 node look.mjs
