#!/usr/bin/env bash
# What: tests of document.visibilityState in Chromium, driven by Playwright.
# Guess: a page that lies behind another tab is hidden, at least once another page was brought to the
#   front and focus emulation was turned off by the DevTools protocol.
# Seen (Playwright 1.61.1, Chromium 156): every page says "visible", always: after bringToFront() of
#   another, with Emulation.setFocusEmulationEnabled false, in a context of its own or a persistent
#   one, and with the window minimised. Two tabs of the same headless browser that plain DevTools
#   commands opened (Target.createTarget, Target.activateTarget) are hidden and visible in turn. So a
#   test of what a page does while nobody sees it passes or fails for nothing unless it drives
#   Chromium by itself.
# Needs: Node 18 or newer, npm, Debian's chromium. Exit status 1: it is no longer so.
set -euo pipefail

dir=$(mktemp -d)
trap 'sleep 1; rm -rf "$dir"' EXIT  # the browser's last process may still write into it
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts playwright-core@1.61.1

cat >look.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run"];
const settle = () => new Promise((resolve) => setTimeout(resolve, 500));

async function withPlaywright() {
  const browser = await chromium.launch({ executablePath, args, headless: true });
  const context = await browser.newContext();
  const pages = [await context.newPage(), await context.newPage()];
  for (const page of pages) {
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setFocusEmulationEnabled", { enabled: false });
  }
  await pages[1].bringToFront();
  await settle();
  const seen = await Promise.all(pages.map((page) => page.evaluate("document.visibilityState")));
  console.log(`Chromium ${browser.version()}`);
  await browser.close();
  return seen.join();
}

async function withPlainCommands() {
  const child = spawn(executablePath, [...args, "--headless", "--remote-debugging-pipe",
    `--user-data-dir=${process.cwd()}/profile`], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const waiting = new Map();
  let unread = "";
  child.stdio[4].setEncoding("utf8").on("data", (text) => {
    unread += text;
    for (let end; (end = unread.indexOf("\0")) >= 0; unread = unread.slice(end + 1)) {
      const message = JSON.parse(unread.slice(0, end));
      waiting.get(message.id)?.(message.result);
    }
  });
  let id = 0;
  const send = (method, params, sessionId) => new Promise((resolve) => {
    waiting.set(++id, resolve);
    child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  });
  const sessions = [];
  for (let tab = 0; tab < 2; ++tab) {
    const { targetId } = await send("Target.createTarget", { url: "about:blank" });
    await send("Target.activateTarget", { targetId });
    sessions.push((await send("Target.attachToTarget", { targetId, flatten: true })).sessionId);
  }
  await settle();
  const seen = [];
  for (const session of sessions) {
    const { result } = await send("Runtime.evaluate", { expression: "document.visibilityState" }, session);
    seen.push(result.value);
  }
  send("Browser.close");
  await once(child, "exit");
  return seen.join();
}

const playwright = await withPlaywright();
const plain = await withPlainCommands();
console.log(`Playwright's two pages: ${playwright}; two tabs of plain commands: ${plain}`);
process.exit(playwright === "visible,visible" && plain === "hidden,visible" ? 0 : 1);
JS
timeout 60 node look.mjs
