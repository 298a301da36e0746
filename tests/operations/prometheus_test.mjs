// A real Prometheus scrapes a gateway under load: every query of the dashboard and of the alerts has data.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { metric, startGateway, subscribe, waitFor } from '../integration/gateway.mjs';
import { request, startPublisher, startStuckReader } from './support/load.mjs';
import {
  alerts, dashboardQueries, documentedMetrics, selectorsOf, substitute, variable, writePlainRules,
} from './support/monitoring.mjs';
import { NatsServers } from './support/nats.mjs';
import { Prometheus } from './support/prometheus.mjs';

// As a ServiceMonitor gives them.
const labels = { namespace: 'web', pod: 'sse-gateway-7d4f9c6b5-x2x9p', service: 'sse-gateway', endpoint: 'admin' };

// What Grafana puts in for one pod chosen, and for All.
const choices = {
  'one pod': { namespace: labels.namespace, job: 'sse-gateway', pod: labels.pod },
  'all pods': { namespace: '.*', job: '(sse-gateway)', pod: '.*' },
};

// With a limit of memory and few streams, so that it has both to show.
const flags = [
  '--memory_limit=1073741824', '--max_connections=9', '--heartbeat_interval=200ms', '--write_stall_timeout=2s',
  '--window_max_events=500',
];

// Browsers that keep up, that never read, that come back with ids of three kinds, that are turned away;
// and requests that are refused.
async function startBrowsers(t, gateway, publisher) {
  await subscribe(t, gateway, 'topic=nothing.here');
  for (let i = 0; i < 4; ++i) await subscribe(t, gateway, 'topic=dashboards.small-0&topic=dashboards.small-1');
  for (let i = 0; i < 2; ++i) startStuckReader(t, gateway, 'topic=dashboards.large&mode=all');
  const targets = [
    '/nothing', '/v1/events?topic=', '/v1/events?lastEventId=other-1', '/v1/events?lastEventId=nonsense',
    () => `/v1/events?topic=dashboards.small-0&lastEventId=${publisher.ids.at(-10)}`,
  ];
  const timer = setInterval(() => {
    for (const target of targets) request(gateway, typeof target === 'function' ? target() : target).catch(() => {});
  }, 200);
  t.after(() => clearInterval(timer));
}

// The annotation is for what should not happen, and this gateway has no certificate.
const withoutData = ['Restarts', 'Certificates A'];

const exprOf = (name) => alerts.find(({ alert }) => alert === name).expr;

test('Prometheus under load', async (t) => {
  const rules = fs.mkdtempSync(path.join(os.tmpdir(), 'rules-'));
  t.after(() => fs.rmSync(rules, { recursive: true }));
  // With a log of this kind it has every metric that there is.
  const gateway = await startGateway(t, {}, [...flags, `--store=${(await NatsServers.start(t)).url}`]);
  const prometheus = await Prometheus.start(t, {
    targets: [{ address: gateway.admin, labels }], ruleFiles: [writePlainRules(rules)],
  });
  const publisher = startPublisher(t, gateway);
  await waitFor('ids to resume from', () => publisher.ids.length > 10);
  await startBrowsers(t, gateway, publisher);
  for (const series of [
    'sse_gateway_frames_delivered_total', 'sse_gateway_heartbeats_sent_total', 'sse_gateway_lagging_connections',
    'sse_gateway_resumes_total{outcome="replayed"}', 'sse_gateway_resets_total{reason="unknown_id"}',
    'sse_gateway_connections_closed_total{reason="write_stall"}',
    'sse_gateway_connections_shed_total{reason="max_connections"}',
    'sse_gateway_events_received_total{result="invalid"}', 'sse_gateway_requests_rejected_total{code="404"}',
  ]) await waitFor(`${series} above 0`, () => metric(gateway, series));
  await waitFor('ten scrapes', async () => (
    Number((await prometheus.query('count_over_time(sse_gateway_build_info[5m])'))[0]?.value[1]) >= 10));

  await t.test('promtool has nothing to say of the page', async () => {
    const input = await (await fetch(`http://${gateway.admin}/metrics`)).text();
    assert.ok(input.includes('sse_gateway_connections'));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });

  await t.test('every metric of the docs is scraped', async () => {
    const scraped = new Set(await prometheus.get('label/__name__/values'));
    for (const [name, { type }] of documentedMetrics()) {
      const series = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((s) => name + s) : [name];
      for (const one of series) assert.ok(scraped.has(one), one);
    }
  });

  for (const [choice, values] of Object.entries(choices)) {
    await t.test(`every query of the dashboard has data, for ${choice}`, async () => {
      for (const { where, expr } of dashboardQueries()) {
        const query = substitute(expr, { ...values, __rate_interval: '10s' });
        for (const selector of selectorsOf(query)) {
          assert.notEqual((await prometheus.query(selector)).length, 0, `${where}: nothing is ${selector}`);
        }
        if (withoutData.includes(where)) continue;
        await waitFor(`${where} to have a number: ${query}`, async () => (
          (await prometheus.query(query)).some(({ value }) => Number.isFinite(Number(value[1])))));
      }
    });
  }

  await t.test('queries for another pod have none', async () => {
    for (const { where, expr } of dashboardQueries()) {
      const query = substitute(expr, { ...choices['one pod'], pod: 'another', __rate_interval: '10s' });
      assert.deepEqual(await prometheus.query(query), [], where);
    }
  });

  await t.test('the variables list what there is', async () => {
    for (const name of ['namespace', 'job', 'pod']) {
      const [, selector] = substitute(variable(name).query.query, choices['all pods'])
        .match(/^label_values\((.*), \w+\)$/);
      const found = await prometheus.get(`label/${name}/values`, { 'match[]': selector });
      assert.deepEqual(found, [{ ...labels, job: 'sse-gateway' }[name]]);
    }
  });

  await t.test('every alert is loaded and evaluated, and what it reads has data', async () => {
    const { groups } = await waitFor('an evaluation of each rule', async () => {
      const data = await prometheus.get('rules');
      return data.groups[0].rules.every((rule) => rule.health !== 'unknown') && data;
    });
    const rulesThere = groups.flatMap((group) => group.rules);
    assert.deepEqual(rulesThere.map((rule) => rule.name), alerts.map(({ alert }) => alert));
    for (const rule of rulesThere) assert.equal(rule.health, 'ok', `${rule.name}: ${rule.lastError}`);
    for (const { alert, expr } of alerts) {
      const selectors = selectorsOf(expr);
      assert.notEqual(selectors.length, 0, alert);
      for (const selector of selectors) {
        assert.notEqual((await prometheus.query(selector)).length, 0, `${alert}: nothing is ${selector}`);
      }
    }
  });

  await t.test('with fifty pods no panel has more lines than one can read', async (t50) => {
    const targets = Array.from({ length: 50 }, (_, i) => (
      { address: gateway.admin, labels: { ...labels, pod: `sse-gateway-${i}` } }));
    const fleet = await Prometheus.start(t50, { targets, interval: '2s' });
    await waitFor('three scrapes of each pod', async () => (
      (await fleet.query('count_over_time(sse_gateway_build_info[1m]) >= 3')).length === targets.length));
    for (const { where, expr, type } of dashboardQueries()) {
      const query = substitute(expr, { ...choices['all pods'], __rate_interval: '20s' });
      const lines = (await fleet.query(query)).length;
      // A heatmap has a line of cells for each bucket.
      assert.ok(lines > 0 || withoutData.includes(where), where);
      assert.ok(lines <= (type === 'heatmap' ? 24 : 10), `${where} has ${lines} lines`);
    }
  });

  await t.test('SseGatewayEventsRefused becomes true while a fifth of the events is refused', async () => {
    await waitFor('it', async () => {
      const [found] = await prometheus.query(exprOf('SseGatewayEventsRefused'));
      return found && Number(found.value[1]) > 0.1 && found.metric.result === 'invalid';
    });
  });

  await t.test('SseGatewayDown becomes true when the gateway is gone', async () => {
    assert.deepEqual(await prometheus.query(exprOf('SseGatewayDown')), []);
    await gateway.program.end('SIGKILL');
    const [found] = await waitFor('it', async () => {
      const samples = await prometheus.query(exprOf('SseGatewayDown'));
      return samples.length > 0 && samples;
    });
    assert.deepEqual(found.metric, { namespace: labels.namespace, job: 'sse-gateway' });
  });
});
