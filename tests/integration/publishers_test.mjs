// The example publishers against the real gateway: what they publish is what a subscriber gets.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { block } from '../e2e/support/documents.mjs';
import {
  hostDashboardBinary, metric, Program, Proxy, root, startGateway, subscribe, waitFor,
} from './gateway.mjs';

const closedPort = '127.0.0.1:1';

// Debian's python3 has Debian's grpcio; another one that comes first in the PATH may not.
function pythonStubs(t) {
  const gen = fs.mkdtempSync(path.join(os.tmpdir(), 'publish-py-'));
  t.after(() => fs.rmSync(gen, { recursive: true }));
  execFileSync('protoc', [
    '-I', 'proto', `--python_out=${gen}`, `--grpc_python_out=${gen}`,
    '--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin',
    'ssegateway/v1/dashboard.proto', 'ssegateway/v1/publisher.proto',
  ], { cwd: root });
  return gen;
}

function startPython(t, ...args) {
  const gen = pythonStubs(t);
  return new Program(t, '/usr/bin/python3', [path.join(root, 'examples/python/publish.py'), ...args], {
    env: { ...process.env, PYTHONPATH: gen, PYTHONDONTWRITEBYTECODE: '1' },
  });
}

function startNode(t, ...args) {
  return new Program(t, process.execPath, [path.join(root, 'examples/node/publish.js'), ...args]);
}

const shortPublishers = [
  {
    name: 'publish.py', start: startPython, id: 'orders', title: 'Orders', labels: { shop: 'eu' },
    panel: { id: 'waiting', title: 'Waiting', unit: '1' },
    values: [[3, 'STATUS_OK'], [12, 'STATUS_OK'], [40, 'STATUS_WARNING']],
  },
  {
    name: 'publish.js', start: startNode, id: 'checkout', title: 'Checkout', labels: { service: 'checkout' },
    panel: { id: 'latency', title: 'Latency', unit: 'ms' },
    values: [[120, 'STATUS_OK'], [180, 'STATUS_OK'], [950, 'STATUS_CRITICAL']],
  },
];

for (const [publisher, args] of shortPublishers.flatMap((each) => [[each, []], [each, ['--batch']]])) {
  test(`${[publisher.name, ...args].join(' ')} publishes three dashboards and prints their ids`, async (t) => {
    const gateway = await startGateway(t);
    const events = await subscribe(t, gateway, `topic=dashboards.${publisher.id}&mode=all`);
    const program = publisher.start(t, ...args, gateway.grpc);
    assert.deepEqual(await program.closed, { code: 0, signal: null }, program.stderr);
    await waitFor('three events', () => events.length >= 3);

    assert.deepEqual(events.map((event) => event.id), program.stdout.trim().split('\n'));
    assert.deepEqual(
      events.map(({ data: { observedAt, ...rest } }) => rest),
      publisher.values.map(([gauge, status]) => ({
        id: publisher.id, title: publisher.title, labels: publisher.labels,
        panels: [{ ...publisher.panel, gauge, status }],
      })),
    );
    for (const { data } of events) assertRecent(data.observedAt);
  });

  test(`${[publisher.name, ...args].join(' ')} says which gateway it cannot reach`, async (t) => {
    const program = publisher.start(t, ...args, closedPort);
    assert.deepEqual(await program.closed, { code: 1, signal: null });
    assert.match(program.stderr, /^127\.0\.0\.1:1: /);
    assert.equal(program.stdout, '');
  });
}

// What docs/publishing.md shows, with what its reader has already.
const shownBatches = [
  {
    language: 'js',
    run: (t, gateway, code) => new Program(t, process.execPath, ['-e', `
      const grpc = require('@grpc/grpc-js');
      const definition = require('@grpc/proto-loader').loadSync('ssegateway/v1/publisher.proto', { includeDirs: ['proto'], keepCase: true });
      const { PublisherService } = grpc.loadPackageDefinition(definition).ssegateway.v1;
      const stub = new PublisherService('${gateway.grpc}', grpc.credentials.createInsecure());
      ${code}
      batches.end();`], { cwd: root, env: { ...process.env, NODE_PATH: path.join(root, 'examples/node/node_modules') } }),
  },
  {
    language: 'python',
    run: (t, gateway, code) => {
      const gen = pythonStubs(t);
      return new Program(t, '/usr/bin/python3', ['-c', `
import grpc
from ssegateway.v1 import publisher_pb2, publisher_pb2_grpc
stub = publisher_pb2_grpc.PublisherServiceStub(grpc.insecure_channel("${gateway.grpc}"))
${code}`], { env: { ...process.env, PYTHONPATH: gen, PYTHONDONTWRITEBYTECODE: '1' } });
    },
  },
];

for (const { language, run } of shownBatches) {
  test(`the batch that is shown in ${language} is published`, async (t) => {
    const gateway = await startGateway(t);
    const events = await subscribe(t, gateway, 'topic=orders.>&mode=all');
    const program = run(t, gateway, block('docs/publishing.md', 'Three calls', language));
    assert.deepEqual(await program.closed, { code: 0, signal: null }, program.stderr);
    await waitFor('both events', () => events.length === 2);
    assert.deepEqual(events.map(({ data }) => data), [{ total: 12.5 }, { total: 7 }]);
    if (language === 'python') {
      assert.equal(program.stdout, `orders.o1 ${events[0].id}\norders.o2 ${events[1].id}\n`);
    }
  });
}

const hostId = 'test-host';

function startHostDashboard(t, target) {
  return new Program(t, hostDashboardBinary, [`--target=${target}`, `--id=${hostId}`, '--interval=100ms']);
}

function panelsOf(event) {
  return Object.fromEntries(event.data.panels.map((panel) => [panel.id, panel]));
}

function historyOf(event) {
  return panelsOf(event).cpu_history.series.points.map((point) => point.time);
}

function assertRecent(timestamp) {
  const age = Date.now() - Date.parse(timestamp);
  assert.ok(age > -1_000 && age < 60_000, `${timestamp} is ${age} ms old`);
}

// Each dashboard's history ends with its own reading, preceded by that of the dashboard before.
function assertNoneMissingAndNoneTwice(events) {
  for (let i = 1; i < events.length; ++i) {
    const [before, own] = historyOf(events[i]).slice(-2);
    assert.equal(before, events[i - 1].data.observedAt, `before event ${i} of ${events.length}`);
    assert.equal(own, events[i].data.observedAt);
  }
}

async function waitForMore(events, count) {
  const enough = events.length + count;
  await waitFor(() => `${enough} events, there are ${events.length}`, () => events.length >= enough);
}

test('host_dashboard publishes plausible readings of this machine', async (t) => {
  const gateway = await startGateway(t);
  const events = await subscribe(t, gateway, `topic=dashboards.${hostId}&mode=all`);
  startHostDashboard(t, gateway.grpc);
  await waitForMore(events, 5);

  const { data } = events[4];
  assert.equal(data.id, hostId);
  assertRecent(data.observedAt);
  assert.equal(data.labels.kernel, os.release());
  assert.ok(data.labels.os);
  assert.ok(data.labels.arch);
  const panels = panelsOf(events[4]);
  assert.ok(panels.cpu.gauge >= 0 && panels.cpu.gauge <= 100, `cpu ${panels.cpu.gauge}`);
  assert.equal(panels.cpu.unit, '%');
  assert.match(panels.cpu.status, /^STATUS_(OK|WARNING|CRITICAL)$/);
  assert.equal(panels.cpu_history.series.points.length, 5);
  assert.deepEqual(panels.cpu_cores.table.columns, ['core', '%']);
  assert.ok(panels.cpu_cores.table.rows.length >= 1);
  assert.ok(panels.memory.gauge > 1e6 && panels.memory.gauge < os.totalmem(), `memory ${panels.memory.gauge}`);
  assert.equal(panels.memory.unit, 'By');
  assert.ok(Math.abs(panels.load.gauge - os.loadavg()[0]) < 2, `load ${panels.load.gauge}`);
  assert.ok(Math.abs(Number(panels.uptime.counter) - os.uptime()) < 30, `uptime ${panels.uptime.counter}`);
  assert.equal(panels.kernel.text, os.release());
  const { columns, rows } = panels.processes.table;
  assert.deepEqual(columns, ['pid', 'name', 'CPU %', 'RSS MiB']);
  assert.ok(rows.length >= 1 && rows.length <= 10);
  for (const { cells } of rows) {
    assert.match(cells[0], /^\d+$/);
    assert.ok(Number(cells[2]) >= 0 && Number(cells[3]) >= 0, cells.join());
  }
  for (const id of ['disk_read', 'disk_write', 'net_rx', 'net_tx']) {
    if (panels[id]) assert.ok(panels[id].gauge >= 0 && panels[id].unit === 'By/s', id);
  }
});

test('host_dashboard reads its machine only while somebody looks', async (t) => {
  const gateway = await startGateway(t);
  const program = startHostDashboard(t, gateway.grpc);
  const published = () => metric(gateway, 'sse_gateway_events_received_total{result="ok"}');
  // The first one, so that who comes finds something.
  await waitFor('the first event', async () => (await published()) > 0);
  await program.logged(/nobody looks: waiting/);

  const leave = new AbortController();
  const events = await subscribe(t, gateway, `topic=dashboards.${hostId}`, leave);
  await waitForMore(events, 5);
  leave.abort();
  await program.logged(/(nobody looks: waiting[^]*){2}/);
  await delay(200); // for one that was on its way
  const then = await published();
  await delay(1000); // ten readings
  assert.equal(await published(), then);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`host_dashboard stops in order on ${signal}`, async (t) => {
    const gateway = await startGateway(t);
    const program = startHostDashboard(t, gateway.grpc);
    await program.logged(/publishing to/);
    assert.deepEqual(await program.end(signal), { code: 0, signal: null });
    assert.match(program.stderr, /stopped, 0 dashboards not acknowledged\n$/);
  });
}

test('host_dashboard stops where there is no gateway', async (t) => {
  const program = startHostDashboard(t, closedPort);
  await program.logged(/no stream to 127\.0\.0\.1:1: /);
  assert.deepEqual(await program.end('SIGINT'), { code: 0, signal: null });
});

test('host_dashboard goes on when the gateway was killed and is back', async (t) => {
  const first = await startGateway(t);
  const eventsBefore = await subscribe(t, first, `topic=dashboards.${hostId}&mode=all`);
  const program = startHostDashboard(t, first.grpc);
  await waitForMore(eventsBefore, 3);
  await first.program.end('SIGKILL');
  await program.logged(/(no stream to [^]*){3}/); // long enough for readings to pile up

  const second = await startGateway(t, first);
  await waitFor('the first event', async () => (await metric(second, 'sse_gateway_snapshot_keys')) > 0);
  const events = await subscribe(t, second, `topic=dashboards.${hostId}&mode=all&start=earliest`);
  await waitForMore(events, 10);
  assertNoneMissingAndNoneTwice(events);
  // What was read while the gateway was away has come as well: nothing is missing in between. What
  // the first had acknowledged but not yet sent to its subscriber went with it.
  const seen = new Set(eventsBefore.map((event) => event.data.observedAt));
  const missed = historyOf(events[0]).slice(0, -1).filter((time) => !seen.has(time));
  assert.ok(missed.length <= 2, `${missed.length} readings were lost`);
});

test('host_dashboard sends again what was not acknowledged, and nothing appears twice', async (t) => {
  const gateway = await startGateway(t);
  const events = await subscribe(t, gateway, `topic=dashboards.${hostId}&mode=all`);
  const proxy = await Proxy.start(t, gateway.grpc);
  const program = startHostDashboard(t, proxy.address);
  await waitForMore(events, 3);

  proxy.answersAreLost = true;
  await waitForMore(events, 5);
  proxy.answersAreLost = false;
  proxy.cut();
  await program.logged(/no stream to /);
  await waitForMore(events, 10);

  assertNoneMissingAndNoneTwice(events);
  const duplicates = await metric(gateway, 'sse_gateway_events_received_total{result="duplicate"}');
  assert.ok(duplicates >= 5, `${duplicates} were sent again`);
});
