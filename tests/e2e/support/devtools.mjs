// Debian's Chromium, by its DevTools protocol over two pipes: JSON messages that end in a NUL.
import { EventEmitter } from "node:events";

import { kChromiumArgs, kChromiumFile } from "./browser.mjs";
import { Calls, readMessages } from "./calls.mjs";
import { ProgramGroup, removeDirectory, temporaryDirectory } from "./programs.mjs";

// {send(method, params, session), events, end()}. events emits "<session> <method>".
export function launchChromium(args = []) {
  const home = temporaryDirectory("chromium");
  const browser = new ProgramGroup(kChromiumFile, [
    ...kChromiumArgs, "--disable-dev-shm-usage", "--disable-breakpad", ...args, "--headless",
    "--remote-debugging-pipe", `--user-data-dir=${home}`, "about:blank",
  ], { env: { HOME: home }, pipes: 2 });
  const [, , , commands, answers] = browser.child.stdio;
  commands.on("error", () => {});
  const events = new EventEmitter();
  const calls = new Calls((id, method, { sessionId, ...params }) =>
    commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`));
  readMessages(answers, (bytes) => {
    const end = bytes.indexOf(0);
    return end < 0 ? undefined : [bytes.subarray(0, end), bytes.subarray(end + 1)];
  }, ({ id, result, error, method, sessionId }) => {
    if (id) calls.answer(id, error, result);
    else events.emit(`${sessionId} ${method}`);
  });
  return {
    events,
    send: (method, params = {}, sessionId = undefined) => calls.call(method, { ...params, sessionId }),
    async end() {
      await browser.end();
      removeDirectory(home);
    },
  };
}

// The value of an expression in a page, which a promise of it may give.
export async function evaluate(send, expression) {
  const { result, exceptionDetails: fault } = await send("Runtime.evaluate", {
    expression, awaitPromise: true, returnByValue: true,
  });
  if (fault) throw new Error(fault.exception?.description ?? fault.text);
  return result.value;
}
