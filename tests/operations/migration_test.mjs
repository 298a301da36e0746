// The code of docs/migrating-from-api-gateway-websockets.md against the real gateway: its page in
// Chromium, its publishers in Node and Python. What else of this gateway it names exists.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';

import { accessKey, ask, connect, startApi, token } from '../integration/api.mjs';
import { metric, Program, Proxy, root, startGateway, subscribe, waitFor } from '../integration/gateway.mjs';
import { assumptionsOf, documentFile } from './cost_table.mjs';

const text = fs.readFileSync(documentFile, 'utf8');

// The first block of code in this language under the heading.
function block(heading, language) {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `the document has no heading "${heading}"`);
  const found = section.match(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm'));
  assert.ok(found, `no ${language} under "${heading}"`);
  return found[1];
}

// All blocks of code in this language under the heading.
function blocks(heading, language) {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code);
}

// Replaces what has to be there.
function replaced(code, from, to) {
  assert.ok(code.includes(from), `${from} is not in the code`);
  return code.replaceAll(from, to);
}

// Removed when all tests have ended what they started: a browser that is alive writes into its own.
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'migration-'));
process.on('exit', () => fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
const temporaryDirectory = () => fs.mkdtempSync(path.join(temporary, 'd-'));

// The Node publisher: publish(dashboard) and remove(id).
function startNodePublisher(t, ...gateways) {
  const file = path.join(temporaryDirectory(), 'publisher.js');
  fs.writeFileSync(file, `${block('The backend after', 'js')}
    require('node:readline').createInterface({ input: process.stdin })
      .on('line', (line) => {
        const { dashboard, removed } = JSON.parse(line);
        if (dashboard) publish(dashboard); else remove(removed);
      })
      .on('close', () => process.exit());`);
  const program = new Program(t, process.execPath, [file], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_PATH: path.join(root, 'examples/node/node_modules'),
      SSE_GATEWAYS: gateways.map((gateway) => gateway.grpc).join(),
    },
  });
  const say = (line) => program.child.stdin.write(`${JSON.stringify(line)}\n`);
  return {
    program,
    publish: (id, title) => say({ dashboard: { id, title } }),
    remove: (id) => say({ removed: id }),
  };
}

// Runs the Python publisher with these lines after it.
function runPython(t, gateway, lines) {
  const dir = temporaryDirectory();
  execFileSync('protoc', [
    '-I', 'proto', `--python_out=${dir}`, `--grpc_python_out=${dir}`,
    '--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin',
    'ssegateway/v1/dashboard.proto', 'ssegateway/v1/publisher.proto',
  ], { cwd: root });
  const file = path.join(dir, 'publisher.py');
  const code = replaced(block('JSON that you have', 'python'), 'localhost:50051', gateway.grpc);
  fs.writeFileSync(file, `${code}\n\n${lines}\n`);
  return execFileSync('/usr/bin/python3', [file], {
    encoding: 'utf8', timeout: 60_000, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
}

// The page in Chromium, with the functions that the document leaves to it. The page reports what it
// shows to the server that it came from, so no library has to look into the browser.
async function openPage(t, gateway) {
  const html = `<!doctype html><meta charset="utf-8"><title>page</title><script>
    const state = { shown: {}, alarms: [], cleared: 0, faults: [] };
    onerror = (fault) => { state.faults.push(fault); };
    const show = (id, dashboard) => { state.shown[id] = dashboard; };
    const remove = (id) => { delete state.shown[id]; };
    const clear = () => { state.shown = {}; state.cleared += 1; };
    const alarm = (alert) => { state.alarms.push(alert); };
    const report = async () => {
      const answer = await fetch('/report', { method: 'POST', body: JSON.stringify(state) });
      for (const id of await answer.json()) await acknowledge(id);
      setTimeout(report, 50);
    };
    report();
  </script><script>${replaced(block('The page after', 'js'), 'localhost:8080', gateway.http)}</script>`;
  const page = { state: undefined, toAcknowledge: [], acknowledged: [] };
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/report') {
      page.state = JSON.parse(body);
      response.end(JSON.stringify(page.toAcknowledge.splice(0)));
    } else if (request.url === '/api/acknowledge' && request.method === 'POST') {
      page.acknowledged.push(JSON.parse(body));
      response.end();
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end(html);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.closeAllConnections?.(); server.close(); });
  const browser = new Program(t, process.env.CHROMIUM_BIN ?? '/usr/bin/chromium', [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--remote-debugging-port=0',
    `--user-data-dir=${temporaryDirectory()}`, `http://127.0.0.1:${server.address().port}/`,
  ]);
  await waitFor(() => `the page, and the browser said:\n${browser.stderr}`, () => page.state);
  return page;
}

const titles = (page) => Object.fromEntries(
  Object.entries(page.state.shown).map(([id, dashboard]) => [id, dashboard.title]));
const shows = (page, expected) => waitFor(
  () => `${JSON.stringify(expected)}, the page has ${JSON.stringify(page.state)}`,
  () => JSON.stringify(Object.entries(titles(page)).sort()) === JSON.stringify(Object.entries(expected).sort()));

test('the page shows what the publishers publish, through a restart', { timeout: 120_000 }, async (t) => {
  const gateway = await startGateway(t);
  const publisher = startNodePublisher(t, gateway);
  publisher.publish('web-1', 'one');
  publisher.publish('other', 'not for this page');
  const page = await openPage(t, gateway);
  await shows(page, { 'web-1': 'one' }); // published before the page came

  publisher.publish('web-2', 'two');
  publisher.publish('web-1', 'one more');
  await shows(page, { 'web-1': 'one more', 'web-2': 'two' });
  runPython(t, gateway,
    'publish("alerts.web-1", "alert", {"host": "web-1", "text": "disk is full"}, ttl_seconds=60)');
  await waitFor('the alert', () => page.state.alarms.length > 0);
  assert.deepEqual(page.state.alarms, [{ host: 'web-1', text: 'disk is full' }]);
  publisher.remove('web-2');
  await shows(page, { 'web-1': 'one more' });

  page.toAcknowledge.push('web-1');
  await waitFor('the request to the backend', () => page.acknowledged.length > 0);
  assert.deepEqual(page.acknowledged, [{ id: 'web-1' }]);
  assert.equal(page.state.cleared, 0);

  // Another log, empty, on the same ports: the publisher fills it, and the page begins anew.
  await gateway.program.end('SIGKILL');
  await startGateway(t, gateway);
  await waitFor('gateway.reset', () => page.state.cleared > 0);
  await shows(page, { 'web-1': 'one more' });
  publisher.publish('web-2', 'two again');
  await shows(page, { 'web-1': 'one more', 'web-2': 'two again' });
  assert.deepEqual(page.state.faults, []);
  assert.equal(publisher.program.stderr, '');
});

test('the Node publisher reaches every gateway, and waits for one that is not there yet', async (t) => {
  const first = await startGateway(t);
  const second = await startGateway(t);
  await second.program.end('SIGKILL');
  const publisher = startNodePublisher(t, first, second);
  publisher.publish('web-1', 'one');
  const events = await subscribe(t, first, 'topic=dashboards.>&mode=all');
  await waitFor('the event at the first', () => events.length > 0);

  await startGateway(t, second);
  const late = await subscribe(t, second, 'topic=dashboards.>&mode=all&start=earliest');
  await waitFor('the event at the second', () => late.some((event) => event.data.title === 'one'));
});

test('the Node publisher brings the state to the gateway that follows', { timeout: 60_000 }, async (t) => {
  const gateway = await startGateway(t);
  const publisher = startNodePublisher(t, gateway);
  const before = await subscribe(t, gateway, 'topic=dashboards.>&mode=all');
  publisher.publish('web-1', 'one');
  await waitFor('the first event', () => before.length > 0);
  gateway.program.child.kill('SIGTERM');
  publisher.publish('web-2', 'two'); // taken, refused or unanswered
  await gateway.program.closed;
  await startGateway(t, gateway);
  const after = await subscribe(t, gateway, 'topic=dashboards.>');
  const has = (id) => after.some((event) => event.data.id === id);
  await waitFor('the state', () => has('web-1') && has('web-2'));
});

test('the Node publisher repeats without duplicates', { timeout: 60_000 }, async (t) => {
  const gateway = await startGateway(t);
  const proxy = await Proxy.start(t, gateway.grpc);
  const publisher = startNodePublisher(t, { grpc: proxy.address });
  const events = await subscribe(t, gateway, 'topic=dashboards.>&mode=all');
  const has = (what) => waitFor(() => `${what.name}, there are ${JSON.stringify(events)}`, () => events.some(what));
  publisher.publish('web-1', 'one');
  await has(function one({ data }) { return data.title === 'one'; });

  proxy.answersAreLost = true;
  publisher.remove('web-1'); // not in the state that is sent after a connect
  await has(function deleted({ event }) { return event === 'gateway.deleted'; });
  proxy.answersAreLost = false;
  proxy.cut();
  publisher.publish('web-2', 'two');
  await has(function two({ data }) { return data.title === 'two'; });
  const duplicates = () => metric(gateway, 'sse_gateway_events_received_total{result="duplicate"}');
  await waitFor('a repeat', async () => await duplicates() > 0);
  assert.equal(events.filter(({ event }) => event === 'gateway.deleted').length, 1);
});

test('the Python publisher sends an object as it is, once', async (t) => {
  const gateway = await startGateway(t);
  const events = await subscribe(t, gateway, 'topic=alerts.>&mode=all');
  const output = runPython(t, gateway,
    'print(publish("alerts.web-1", "alert", {"host": "web-1", "text": "disk is full"}))');
  await waitFor('the event', () => events.length > 0);
  const shown = block('JSON that you have', 'text').match(/^data: (.*)$/m)[1];
  assert.deepEqual(events, [{ id: output.trim(), event: 'alert', data: JSON.parse(shown) }]);
});

test('an event adds no more bytes than the cost tables reckon with', async (t) => {
  const gateway = await startGateway(t, {}, ['--heartbeat_interval=1h']);
  const events = await subscribe(t, gateway, 'topic=dashboards.>&mode=all');
  const publisher = startNodePublisher(t, gateway);
  publisher.publish('web-1', 'begin');
  await waitFor('the first event', () => events.length > 0);
  const bytesBefore = await metric(gateway, 'sse_gateway_bytes_sent_total');
  const before = events.length;
  for (let i = 0; i < 1000; ++i) publisher.publish('web-1', 'x'.repeat(300));
  publisher.publish('web-1', 'end');
  await waitFor('the last event', () => events.at(-1).data.title === 'end');
  const bytes = await metric(gateway, 'sse_gateway_bytes_sent_total') - bytesBefore;
  const counted = events.slice(before);
  const payload = counted.reduce((sum, event) => sum + JSON.stringify(event.data).length, 0);
  const added = (bytes - payload) / counted.length;
  const { sse_bytes: limit } = assumptionsOf(text);
  assert.ok(added > limit / 2 && added <= limit, `${added} bytes for an event, the document has ${limit}`);
});

test('a heartbeat takes no more bytes than the cost tables reckon with', async (t) => {
  const gateway = await startGateway(t, {}, ['--heartbeat_interval=100ms']);
  await subscribe(t, gateway);
  const heartbeats = () => metric(gateway, 'sse_gateway_heartbeats_sent_total');
  const bytes = () => metric(gateway, 'sse_gateway_bytes_sent_total');
  await waitFor('the first heartbeat', async () => await heartbeats() > 0);
  // Read in this order there are rather too many bytes for the heartbeats than too few.
  const bytesBefore = await bytes();
  const heartbeatsBefore = await heartbeats();
  await waitFor('fifty more', async () => await heartbeats() >= heartbeatsBefore + 50);
  const heartbeatsAfter = await heartbeats();
  const each = (await bytes() - bytesBefore) / (heartbeatsAfter - heartbeatsBefore);
  const { heartbeat_bytes: limit } = assumptionsOf(text);
  assert.ok(each > limit / 2 && each <= limit, `${each} bytes a heartbeat, the document has ${limit}`);
});

test('who is there is what a watch tells, from a list on and over a restart', { timeout: 60_000 }, async (t) => {
  const flags = ['--lifecycle_linger=300ms'];
  const gateway = await startGateway(t, {}, flags);
  const first = await connect(t, gateway);
  const file = path.join(temporaryDirectory(), 'online.js');
  fs.writeFileSync(file, `${blocks('Who is there', 'js')[1]}
    watchOnline('${gateway.grpc}', (online) => console.log(JSON.stringify([...online.keys()].sort())));`);
  const program = new Program(t, process.execPath, [file], {
    cwd: root, env: { ...process.env, NODE_PATH: path.join(root, 'examples/node/node_modules') },
  });
  const online = (...browsers) => {
    const ids = JSON.stringify(browsers.map(({ id }) => id).sort());
    return waitFor(() => `${ids}, it said:\n${program.stdout}${program.stderr}`,
      () => program.stdout.trim().split('\n').at(-1) === ids);
  };
  await online(first);
  const second = await connect(t, gateway);
  await online(first, second);
  first.socket.destroy();
  await online(second);

  await gateway.program.end('SIGKILL');
  await startGateway(t, gateway, flags);
  const third = await connect(t, gateway);
  await online(third);
  assert.equal(program.stderr, '');
});

test('the function that publishes does so once, however often it is invoked', async (t) => {
  const gateway = await startApi(t);
  const events = await subscribe(t, gateway, 'topic=orders.>&mode=all');
  const code = block('A function that publishes', 'js');
  const env = { SSE_GATEWAY_API: `http://${gateway.api}`, SSE_GATEWAY_TOKEN: token };
  const detail = { order: 'o1', total: 12.5 };
  const { id } = invoke(code, { id: 'e1', detail }, env);
  assert.deepEqual(invoke(code, { id: 'e1', detail }, env), { id, duplicate: true });
  await waitFor('the event', () => events.length > 0);
  assert.deepEqual(events, [{ id, data: detail }]);
  // What can never be taken is not thrown, so that nobody repeats it; all else is.
  assert.equal(invoke(code, { id: 'e2', detail: { order: 'no topic' } }, env), undefined);
  assert.throws(() => invoke(code, { id: 'e3', detail }, { ...env, SSE_GATEWAY_TOKEN: 'wrong' }));
});

// Runs a function of the document with this event, as Lambda does.
function invoke(code, event, env) {
  const file = path.join(temporaryDirectory(), 'function.js');
  fs.writeFileSync(file, `${code}
    const render = async (report) => 'https://files.example/' + report;
    exports.handler(${JSON.stringify(event)}).then((answer) => console.log(JSON.stringify(answer)));`);
  const output = execFileSync(process.execPath, [file], {
    encoding: 'utf8', timeout: 30_000,
    env: { ...process.env, NODE_PATH: path.join(root, 'tests/integration/node_modules'), ...env },
  });
  return output === 'undefined\n' ? undefined : JSON.parse(output);
}

test('the function that tells a single connection moves with its SDK', { timeout: 60_000 }, async (t) => {
  const gateway = await startApi(t);
  const [before, after] = blocks('Messages to single connections', 'js');
  const { accessKeyId, secretAccessKey } = accessKey;
  const moved = (browser) => invoke(after, { body: JSON.stringify({ connection: browser.id, report: 'r1' }) }, {
    SSE_GATEWAY_API: `http://${gateway.api}`, SSE_GATEWAY_KEY_ID: accessKeyId, SSE_GATEWAY_KEY: secretAccessKey,
  });
  // The old one too, where nothing but the scheme of its endpoint is another.
  const unmoved = (browser) => invoke(replaced(before, 'https://', 'http://'), {
    requestContext: { connectionId: browser.id, domainName: gateway.api, stage: 'prod' },
    body: JSON.stringify({ action: 'render', report: 'r1' }),
  }, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  for (const run of [moved, unmoved]) {
    const browser = await connect(t, gateway);
    assert.deepEqual(run(browser), { statusCode: 200 });
    const messages = () => browser.events.filter(({ event }) => event === undefined).map(({ data }) => JSON.parse(data));
    await waitFor('both messages', () => messages().length === 2);
    assert.deepEqual(messages(), [
      { report: 'r1', state: 'started' },
      { report: 'r1', state: 'done', url: 'https://files.example/r1' },
    ]);
    browser.socket.destroy();
    await waitFor('it to be gone', async () => (await ask(gateway.api, 'GET', `/@connections/${browser.id}`)).status === 410);
    assert.deepEqual(run(browser), { statusCode: 200 }, 'a page that has gone');
  }
});

test('the code of before is JavaScript', () => {
  for (const heading of ['The page before', 'The backend before', 'Who is there']) {
    assert.doesNotThrow(() => new vm.Script(block(heading, 'js')), heading);
  }
});

test('every metric, flag and heading that the document names exists', async (t) => {
  const gateway = await startGateway(t);
  const metrics = await (await fetch(`http://${gateway.admin}/metrics`)).text();
  const named = new Set(text.match(/\bsse_gateway_[a-z_]+/g));
  assert.ok(named.size > 10);
  for (const name of named) assert.match(metrics, new RegExp(`^${name}(_bucket)?[{ ]`, 'm'), name);

  const binary = process.env.SSE_GATEWAY_BIN ?? path.join(root, 'build/release/bin/sse-gateway');
  const help = execFileSync(binary, ['--help'], { encoding: 'utf8' });
  const ours = [...text.matchAll(/`--([a-z_]+)(?:=[^`]*)?`/g)].map(([, name]) => name)
    .filter((name) => name !== 'go_opt'); // protoc's
  assert.ok(ours.length > 10);
  for (const name of new Set(ours)) assert.match(help, new RegExp(`^ +--${name}\\b`, 'm'), name);

  const anchors = (file) => new Set([...fs.readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)]
    .map(([, title]) => title.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')));
  for (const [, link] of text.matchAll(/\]\((?!https:)([^)]+)\)/g)) {
    const [file, anchor] = link.split('#');
    const target = file ? path.join(path.dirname(documentFile), file) : documentFile;
    if (anchor) assert.ok(anchors(target).has(anchor), link);
  }
});
