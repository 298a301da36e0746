// Firefox, by Marionette, which it has built in: WebDriver's commands over TCP, as JSON behind its length.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { waitFor } from '../../e2e/support/wait.mjs';
import { Calls, readMessages } from '../../e2e/support/calls.mjs';
import { ProgramGroup, temporaryDirectory } from '../../e2e/support/programs.mjs';
import { WebDriver } from './webdriver.mjs';

const program = process.env.FIREFOX_BIN ?? '/usr/bin/firefox-esr';

// Any free port; and nothing is asked of the network but what the tests ask.
const preferences = {
  'marionette.port': 0,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.disable-localhost-when-offline': true, // otherwise this machine's own addresses can be reached
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.enabled': false,
};

export const firefox = {
  name: 'Firefox',
  programs: [program],
  // Where the page is of another origin: a connection that is refused, or ends before the first byte
  // behind its head, is the end.
  closesWhenNobodyIsThere: true,
  closesWhenOffline: true, // of any origin
  leastRetryMs: 500,
  sendsTeTrailers: true, // with all of HTTP/2, so that a POST of a page is a call of gRPC

  async launch() {
    const home = temporaryDirectory('firefox');
    const profile = path.join(home, 'profile');
    fs.mkdirSync(profile);
    fs.writeFileSync(path.join(profile, 'user.js'), Object.entries(preferences)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''));
    const browser = new ProgramGroup(program, [
      '--headless', '--no-remote', '--marionette', '--remote-allow-system-access', '--profile', profile,
    ], { env: { HOME: home, MOZ_CRASHREPORTER_DISABLE: '1' } });

    const portFile = path.join(profile, 'MarionetteActivePort');
    const port = await waitFor(() => fs.existsSync(portFile) && Number(fs.readFileSync(portFile, 'utf8')),
      () => `Firefox says where it listens; it said: ${browser.output}`, 30_000);
    const socket = net.connect(port, '127.0.0.1');
    const calls = new Calls((number, name, params) => {
      const message = JSON.stringify([0, number, name, params]);
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
    readMessages(socket, (bytes) => {
      const begin = bytes.indexOf(':') + 1;
      const end = begin + Number(bytes.subarray(0, begin - 1));
      return begin === 0 || bytes.length < end ? undefined : [bytes.subarray(begin, end), bytes.subarray(end)];
    }, (message) => {
      const [, number, error, result] = Array.isArray(message) ? message : []; // the first is a greeting
      calls.answer(number, error, result);
    });

    const { capabilities } = await calls.call('WebDriver:NewSession', { acceptInsecureCerts: true });
    const driver = await WebDriver.start(async (name, params) => {
      const result = await calls.call(`WebDriver:${name}`, params);
      return name === 'ExecuteScript' ? result.value : result;
    });
    return {
      version: `Firefox/${capabilities.browserVersion}`,
      open: (url) => driver.open(url),
      setOffline: (offline) => driver.exclusively(async () => {
        await calls.call('Marionette:SetContext', { value: 'chrome' });
        await calls.call('WebDriver:ExecuteScript', { script: 'Services.io.offline = arguments[0]', args: [offline] })
          .finally(() => calls.call('Marionette:SetContext', { value: 'content' }));
      }),
      async end() {
        socket.destroy();
        await browser.end();
      },
    };
  },
};
