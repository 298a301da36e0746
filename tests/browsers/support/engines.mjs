// How a file of tests has a browser.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, describe, test } from 'node:test';

import { chromium } from './chromium.mjs';
import { firefox } from './firefox.mjs';
import { webkit } from './webkit.mjs';

export const engines = { chromium, firefox, webkit };

// ./dev test installs them there, so that a run without one of them would be no proof.
function mustBeThere() {
  const system = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
  return Boolean(process.env.CI) || (/^ID=debian$/m.test(system) && /^VERSION_ID="12"$/m.test(system));
}

// Runs each suite with one browser process: suite({engine, test}), where test's function gets the
// browser beside the test's context. Those of `alone` run beside nothing else.
export function testEngine(engine, suites, alone) {
  const missing = engine.programs.filter((program) => !fs.existsSync(program));
  if (missing.length > 0 && !mustBeThere()) {
    test(engine.name, { skip: `there is no ${missing.join(', no ')}` }, () => {});
    return;
  }
  let launched;
  const launch = () => (launched ??= engine.launch());
  after(async () => (await launched)?.end());
  const add = (suite) => suite({
    engine,
    test: (name, run) => test(`${engine.name} ${name}`, { timeout: 120_000 }, async (t) => run(t, await launch())),
  });
  test(`${engine.name} takes part`, async (t) => {
    assert.deepEqual(missing, []);
    t.diagnostic((await launch()).version);
  });
  alone.forEach(add);
  // Most of a test is waiting for a browser to come back.
  describe(engine.name, { concurrency: 4, timeout: 240_000 }, () => suites.forEach(add));
}
