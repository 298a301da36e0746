// The pages that the documents show, as a browser gets them: what people copy is what is tested.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { repositoryFile } from "./gateway.mjs";

const kGateway = "localhost:8080";

// The first block of code in this language under the heading.
export function block(file, heading, language) {
  const text = readFileSync(repositoryFile(file), "utf8");
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${file} has no heading "${heading}"`);
  const found = new RegExp(`^( *)\`\`\`${language}\n([^]*?)^ *\`\`\`$`, "m").exec(section);
  if (found === null) throw new Error(`${file} has no ${language} under "${heading}"`);
  return found[2].replaceAll(new RegExp(`^${found[1]}`, "gm"), "");
}

// All blocks in this language under the heading.
export function blocks(file, heading, language) {
  const text = readFileSync(repositoryFile(file), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))]
    .map(([, code]) => code);
}

const at = (code, gateway) => {
  if (!code.includes(kGateway)) throw new Error(`${kGateway} is not in the code:\n${code}`);
  return code.replaceAll(kGateway, gateway);
};

const script = (code, before = "") =>
  `<!doctype html><meta charset="utf-8"><title>page</title><script>${before}</script>` +
  `<script>${code}</script>`;

// What a page leaves to its reader, and what it logs, is kept in `has`.
const kLogged = `globalThis.logged = [];
  const log = console.log; console.log = (...all) => { logged.push(all.at(-1)); log(...all); };`;
const kShown = `globalThis.has = new Map(); globalThis.alarms = [];
  const show = (key, dashboard) => has.set(key, dashboard), remove = (key) => has.delete(key);
  const clear = () => has.clear(), alarm = (alert) => alarms.push(alert);`;

// Each page that a document shows, with nothing but the gateway's address changed. gateway: "host:port".
//   html(gateway)  the page
//   path(gateway)  what has to follow the address of the page: "" or a query
//   shown          an expression, to be evaluated in the page: the titles of the dashboards that it
//                  shows; of those that only log, of all that they logged
// They all follow the topic dashboards.web-1.
export const pages = [
  {
    name: "README.md",
    path: () => "",
    html: (gateway) => script(at(block("README.md", "Subscribe", "js"), gateway), kLogged),
    shown: "logged.map((dashboard) => dashboard.title)",
  },
  {
    name: "docs/delivery.md, at its head",
    path: () => "",
    html: (gateway) => script(
      at(block("docs/delivery.md", "Delivery: what a page gets", "js"), gateway), kLogged),
    shown: "logged.map((dashboard) => dashboard.title)",
  },
  {
    name: "docs/delivery.md, the complete page",
    path: () => "",
    html: (gateway) => at(block("docs/delivery.md", "A complete page", "html"), gateway),
    shown: "[...newest.values()].map((dashboard) => dashboard.title)",
  },
  {
    name: "docs/migrating-from-api-gateway-websockets.md",
    path: () => "",
    html: (gateway) => script(
      at(block("docs/migrating-from-api-gateway-websockets.md", "The page after", "js"), gateway),
      kShown),
    shown: "[...has.values()].map((dashboard) => dashboard.title)",
  },
  {
    name: "examples/browser/index.html",
    path: (gateway) => `?host=${gateway}`,
    html: () => readFileSync(repositoryFile("examples/browser/index.html"), "utf8"),
    shown: "out.textContent.startsWith('{') ? [JSON.parse(out.textContent).title] : []",
  },
];

// What else opens a stream in the documents: {name, html(gateway)} to be run without a browser, with
// stand-ins for what they are used with.
export const programs = [
  ...pages,
  {
    name: "the worker for many tabs",
    html: (gateway) => script(pagesWithOneStream(gateway)["/dashboards.worker.js"]),
  },
  {
    name: "the React hook",
    html: (gateway) => script(`${hook()} useNewest("http://${gateway}/v1/events?envelope=1");`,
                              "const useState = (value) => [value, () => {}];" +
                              "const useEffect = (effect) => { effect(); };"),
  },
  { name: "the stream of tokens", html: (gateway) => pageOfTokens(gateway, "1") },
];

// The complete page with the lines for hidden tabs that follow it in the document.
export function pageThatHides(gateway) {
  const lines = block("docs/delivery.md", "Many tabs, and hidden ones", "js");
  const page = at(block("docs/delivery.md", "A complete page", "html"), gateway);
  return page.replace("</script>", () => `${lines}</script>`);
}

// The files of a site whose tabs share one stream.
export function pagesWithOneStream(gateway) {
  const [worker, page] = blocks("docs/delivery.md", "Many tabs, and hidden ones", "js");
  const before = kShown.replace("(key, dashboard) => has.set(key, dashboard)",
                                "(topic, key, dashboard) => has.set(key, dashboard)")
    .replace("(key) => has.delete(key)", "(topic, key) => has.delete(key)");
  return {
    "/": script(page, before),
    "/dashboards.worker.js": at(worker, gateway),
  };
}

// The page of "Streams of tokens", which shows the answer `id`.
export function pageOfTokens(gateway, id) {
  const code = at(block("docs/delivery.md", "Streams of tokens", "js"), gateway);
  return `<!doctype html><meta charset="utf-8"><title>page</title><p id="answer"></p><script>
    ${code}; showAnswer(${JSON.stringify(id)}, answer);</script>`;
}

// The page that keeps itself signed in. It asks its own site for "/token".
export function pageThatSignsIn(gateway) {
  return at(block("docs/auth.md", "A page that keeps itself signed in", "html"), gateway);
}

// The React hook as a function of a script that is not a module.
function hook() {
  const code = block("docs/delivery.md", "A React hook", "js");
  const [statement] = /^import \{ useEffect, useState \} from 'react';$/m.exec(code);
  return code.replace(statement, "").replace("export function", "function");
}

// A page that uses the React hook, in StrictMode, with React's own modules.
export function pageOfReact(gateway) {
  const require = createRequire(import.meta.url);
  const development = (name, file) => {
    const folder = path.dirname(require.resolve(`${name}/package.json`));
    return `modules[${JSON.stringify(file === undefined ? name : `${name}/client`)}] =
      (module, exports, require) => {${
        readFileSync(path.join(folder, "cjs", `${file ?? name}.development.js`), "utf8")}\n};`;
  };
  const url = JSON.stringify(`http://${gateway}/v1/events?topic=dashboards.>&envelope=1`);
  return `<!doctype html><meta charset="utf-8"><title>page</title><div id="root"></div><script>
    const process = { env: { NODE_ENV: "development" } };
    const modules = {}, loaded = {};
    const require = (name) => {
      if (!loaded[name]) {
        loaded[name] = { exports: {} };
        modules[name](loaded[name], loaded[name].exports, require);
      }
      return loaded[name].exports;
    };
    ${development("react")}
    ${development("scheduler")}
    ${development("react-dom")}
    ${development("react-dom", "react-dom-client")}
  </script><script>
    const { createElement, StrictMode, useEffect, useState } = require('react');
    ${hook()}
    function Page() {
      const { state, events } = useNewest(${url});
      return createElement('p', { id: 'shown' },
                           [state, ...events.map(({ data }) => data.title)].join(' '));
    }
    const root = require('react-dom/client').createRoot(document.getElementById('root'));
    root.render(createElement(StrictMode, null, createElement(Page)));
  </script>`;
}
