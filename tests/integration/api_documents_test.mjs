// What docs/publishing.md and docs/connections.md have people copy into a shell, a workflow and a crontab.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { block, blocks } from '../e2e/support/documents.mjs';
import { accessKey, connect, startApi, token } from './api.mjs';
import { subscribe, waitFor } from './gateway.mjs';

const document = 'docs/publishing.md';
const at = (code, gateway) => {
  assert.ok(code.includes('localhost:8090'), code);
  return code.replaceAll('localhost:8090', gateway.api);
};
const run = (script, env = {}) => execFileSync('sh', ['-euc', script], {
  encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000,
  env: { ...process.env, TOKEN: token, ACCESS_KEY_ID: accessKey.accessKeyId, SECRET_ACCESS_KEY: accessKey.secretAccessKey, ...env },
});

test('each command publishes what it shows', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=>&mode=all&envelope=1');
  const commands = blocks(document, 'HTTP', 'sh');
  assert.equal(commands.length, 4);
  const shown = JSON.parse(blocks(document, 'HTTP', 'json')[0]);
  for (const command of commands) {
    const answers = run(at(command, gateway)).trim().split('\n').map((line) => JSON.parse(line));
    for (const answer of answers) {
      assert.deepEqual(Object.keys(answer), Object.keys(shown), JSON.stringify(answer));
    }
    await waitFor('the events', () => events.at(-1)?.id === answers.at(-1).id);
  }
  assert.deepEqual(events.map(({ data }) => [data.topic, data.data]), [
    ['builds.main', { state: 'green', commit: '4f0c1d2' }],
    ['dashboards.web-1', { id: 'web-1', panels: [{ id: 'cpu', unit: '%', gauge: 12.5 }] }],
    ['builds.main', undefined],
    ['hosts.a', { up: true }],
    ['hosts.b', { up: false }],
    ['builds.main', { state: 'red' }],
  ]);
});

test('the step of a workflow publishes once, however often it asks', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=builds.>&mode=all&envelope=1');
  const step = block(document, 'From a build', 'yaml');
  const script = at(step.slice(step.indexOf('run: |\n') + 'run: |\n'.length), gateway);
  const env = { STATE: 'failure', GITHUB_REF_NAME: 'feature/a.b', GITHUB_RUN_ID: '17', GITHUB_RUN_ATTEMPT: '1' };
  const [first, second] = [run(script, env), run(script, env)].map((text) => JSON.parse(text));
  assert.deepEqual(second, { id: first.id, duplicate: true });
  await waitFor('the event', () => events.length > 0);
  assert.equal(events[0].data.topic, 'builds.feature_a_b');
  assert.deepEqual(events[0].data.data, { state: 'failure', run: 17 });
});

test('the line of a crontab publishes a number', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=hosts.>&envelope=1');
  const line = block(document, 'From cron', 'crontab').trim();
  const [, command] = line.match(/^(?:\S+ ){5}(.*)$/);
  assert.ok(!command.includes('%'), 'in a crontab a percent sign ends the line');
  const header = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cron-')), 'header');
  t.after(() => fs.rmSync(path.dirname(header), { recursive: true }));
  fs.writeFileSync(header, `Authorization: Bearer ${token}\n`);
  run(at(command, gateway).replace('/etc/sse-gateway.header', header));
  await waitFor('the event', () => events.length > 0);
  assert.match(events[0].data.topic, /^hosts\..*\.disk$/);
  assert.ok(Number.isInteger(events[0].data.data));
});

test('a connection is posted to, looked at and closed', async (t) => {
  const gateway = await startApi(t);
  const browser = await connect(t, gateway);
  const [commands] = blocks('docs/connections.md', 'HTTP', 'sh');
  const [found] = run(at(commands, gateway), { CONNECTION: browser.id }).trim().split('\n');
  assert.equal(JSON.parse(found).identity.sourceIp, '127.0.0.1');
  await browser.ended;
  assert.deepEqual(browser.events.filter(({ event }) => event === undefined).map(({ data }) => data), ['{"hello": "you"}']);
  assert.ok(browser.events.some(({ event }) => event === 'gateway.bye'));
});
