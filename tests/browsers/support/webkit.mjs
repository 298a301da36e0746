// WebKitGTK's MiniBrowser on a display of its own, by WebKitWebDriver: WebDriver's commands over HTTP.

import { once } from 'node:events';
import fs from 'node:fs';

import { waitFor } from '../../e2e/support/wait.mjs';
import { freePorts } from '../../operations/support/proxy_ports.mjs';
import { ProgramGroup, temporaryDirectory } from '../../e2e/support/programs.mjs';
import { WebDriver } from './webdriver.mjs';

const display = '/usr/bin/Xvfb';
const program = '/usr/bin/WebKitWebDriver';

const routes = {
  GetWindowHandles: ['GET', '/window/handles'],
  NewWindow: ['POST', '/window/new'],
  SwitchToWindow: ['POST', '/window'],
  CloseWindow: ['DELETE', '/window'],
  Navigate: ['POST', '/url'],
  ExecuteScript: ['POST', '/execute/sync'],
};

export const webkit = {
  name: 'WebKitGTK',
  programs: [display, program],
  // Of HTTP/2: the stream stays open for it, and nothing comes any more.
  missesCuts: true,

  async launch() {
    const home = temporaryDirectory('webkit');
    const screen = new ProgramGroup(display, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'],
      { pipes: 1 });
    const [number] = await once(screen.child.stdio[3], 'data', { signal: AbortSignal.timeout(30_000) });
    const [port] = await freePorts(1);
    const browser = new ProgramGroup(program, ['--host=127.0.0.1', `--port=${port}`], {
      env: { HOME: home, DISPLAY: `:${String(number).trim()}`, LIBGL_ALWAYS_SOFTWARE: '1', NO_AT_BRIDGE: '1' },
    });

    const ask = async (method, path, body) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000),
      });
      const { value } = await response.json();
      if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
      return value;
    };
    await waitFor(() => ask('GET', '/status').then(() => true, () => false),
      () => `WebKitWebDriver answers; it said: ${browser.output}`, 30_000);
    const { sessionId, capabilities } = await ask('POST', '/session', {
      capabilities: { alwaysMatch: { acceptInsecureCerts: true } },
    });
    const driver = await WebDriver.start((name, params) => {
      const [method, path] = routes[name];
      return ask(method, `/session/${sessionId}${path}`, method === 'POST' ? params : undefined);
    });
    return {
      version: `WebKitGTK/${capabilities.browserVersion}`,
      open: (url) => driver.open(url),
      async end() {
        await browser.end();
        await screen.end();
      },
    };
  },
};
