// k8s/grafana: what can be said of the dashboard without Grafana. Its queries run in prometheus_test.mjs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import YAML from 'yaml';

import { root } from '../integration/gateway.mjs';
import {
  alerts, dashboard, dashboardFile, dashboardQueries, documentedMetrics, familyOf, metricsOf, panelsOf, read,
  runbooksDirectory, variable,
} from './support/monitoring.mjs';

const columns = 24;

// Metrics that the dashboard leaves out, with the reason.
const leftOut = {
  process_virtual_memory_bytes: 'says little: threads and allocators reserve what they never touch',
  process_threads: 'fixed by the shards and gRPC; a leak of threads shows in the memory',
};

const panels = panelsOf(dashboard);

test('rows and panels have ids of their own', () => {
  const ids = dashboard.panels.flatMap((panel) => [panel.id, ...(panel.panels ?? []).map((p) => p.id)]);
  assert.ok(ids.every((id) => Number.isInteger(id) && id > 0));
  assert.equal(new Set(ids).size, ids.length, 'an id twice');
});

test('the rows answer the questions in their order', () => {
  assert.deepEqual(dashboard.panels.filter((p) => p.type === 'row').map((p) => p.title.replace(/:.*/, '')), [
    'Overview', 'Delivery latency and lag', 'Slow clients', 'Connects and closes', 'Publishers and the log',
    'A shared log', 'Shards', 'Process',
  ]);
});

test('panels fill the grid without overlap and without holes', () => {
  const cells = new Map();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= columns, `${title} is outside`);
    for (let row = y; row < y + h; ++row) {
      for (let column = x; column < x + w; ++column) {
        const cell = `${column},${row}`;
        assert.ok(!cells.has(cell), `${title} covers ${cells.get(cell)}`);
        cells.set(cell, title);
      }
    }
  }
  const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  assert.equal(cells.size, columns * bottom, 'a hole, or a last line that is not full');
});

for (const panel of panels) {
  test(`panel "${panel.title}" says how it is read`, () => {
    assert.ok(panel.description?.length > 60, 'a description');
    assert.ok(panel.fieldConfig.defaults.unit, 'a unit');
    assert.deepEqual(panel.datasource, { type: 'prometheus', uid: '${datasource}' });
    assert.ok(panel.targets.length > 0);
    assert.equal(new Set(panel.targets.map((t) => t.refId)).size, panel.targets.length, 'a refId twice');
    if (panel.type === 'stat') assert.ok(panel.fieldConfig.defaults.thresholds.steps.length > 1, 'thresholds');
    for (const target of panel.targets) {
      assert.deepEqual(target.datasource, panel.datasource);
      assert.ok(panel.type === 'stat' || target.legendFormat, 'a legend');
      assert.equal(target.format ?? 'time_series', panel.type === 'heatmap' ? 'heatmap' : 'time_series');
    }
  });
}

test('panel titles are of one panel each', () => {
  assert.equal(new Set(panels.map((p) => p.title)).size, panels.length);
});

test('every query reads what the variables choose, and rates fit the scrape interval', () => {
  for (const { where, expr } of dashboardQueries()) {
    // What is true of a whole job is true of each of its pods, whichever are chosen.
    const ofJobs = expr.match(/\band on \(namespace, job\) (\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))/)?.[1] ?? '';
    for (const selector of expr.match(/\b(?:sse_gateway|process)_\w+(\{[^}]*\})?/g)) {
      for (const name of ofJobs.includes(selector) ? ['namespace', 'job'] : ['namespace', 'job', 'pod']) {
        assert.ok(selector.includes(`${name}=~"$${name}"`), `${where}: ${selector} leaves out ${name}`);
      }
    }
    // Fixed: what the title, the description or the step says.
    for (const [, range] of expr.matchAll(/\[(\w+|\$\w+)\]/g)) {
      assert.ok(['$__rate_interval', '1h', '5m', '1m'].includes(range), `${where}: [${range}]`);
    }
  }
});

test('counters are read as rates, the state of the streams is not', () => {
  const metrics = documentedMetrics();
  for (const { where, expr } of dashboardQueries()) {
    for (const [, , name] of expr.matchAll(/(\b(?:rate|increase)\()?\b((?:sse_gateway|process)_\w+)/g)) {
      const family = familyOf(name, metrics);
      const isState = family.startsWith('sse_gateway_connection_lag_');
      const isRate = new RegExp(`\\b(rate|increase)\\(${name}\\b`).test(expr);
      const counts = !isState && ['counter', 'histogram'].includes(metrics.get(family)?.type);
      assert.equal(isRate, counts, `${where}: ${name} is a ${isState ? 'state' : metrics.get(family)?.type}`);
    }
  }
});

test('what has a line for each pod has a bound, so that fifty pods stay readable', () => {
  for (const panel of panels) {
    for (const { expr, legendFormat } of panel.targets) {
      if (/\{\{(pod|shard|instance)\}\}/.test(legendFormat)) assert.match(expr, /^topk\(/, panel.title);
    }
  }
});

test('namespace, job and pod are lists of what there is, and can be all', () => {
  for (const name of ['namespace', 'job', 'pod']) {
    const { type, multi, includeAll, query, definition } = variable(name);
    assert.equal(type, 'query');
    assert.ok(multi && includeAll, name);
    assert.match(query.query, new RegExp(`^label_values\\(sse_gateway_build_info(\\{.*\\})?, ${name}\\)$`));
    assert.equal(definition, query.query);
  }
  assert.equal(variable('datasource').query, 'prometheus');
  // Otherwise All would be every container that has process_*.
  assert.equal(variable('job').allValue, undefined);
});

test('every metric is on the dashboard, or left out for a reason', () => {
  const metrics = documentedMetrics();
  assert.ok(metrics.size > 30, 'docs/metrics.md could not be read');
  const shown = new Set(dashboardQueries().flatMap(({ expr }) => metricsOf(expr)).map((n) => familyOf(n, metrics)));
  for (const name of shown) assert.ok(metrics.has(name), `${name} is not in docs/metrics.md`);
  for (const name of metrics.keys()) {
    assert.notEqual(shown.has(name), name in leftOut,
      `${name} is ${shown.has(name) ? 'shown, and listed as left out' : 'neither shown nor left out for a reason'}`);
  }
});

test('links lead to runbooks that there are, by one variable', () => {
  const base = variable('runbooks');
  assert.equal(base.type, 'constant');
  assert.match(base.query, /^https:\/\/[\w.]+\.example\.com\//);
  assert.equal(base.current.value, base.query);
  const links = [...dashboard.links, ...panels.flatMap((p) => p.links ?? [])];
  for (const { title, url } of links) {
    const [, page] = url.match(/^\$\{runbooks:raw\}\/(\w+\.md)$/) ?? assert.fail(`${title} leads to ${url}`);
    assert.ok(fs.existsSync(path.join(root, runbooksDirectory, page)), `${title}: there is no ${page}`);
  }
  for (const { alert } of alerts) {
    assert.ok(links.some(({ url }) => url.endsWith(`/${alert}.md`)), `no panel leads to the runbook of ${alert}`);
  }
});

test('kustomize makes the ConfigMap that the sidecar looks for', { skip: kustomizeIsMissing() }, () => {
  const text = execFileSync('kubectl', ['kustomize', path.join(root, 'k8s/grafana')], { encoding: 'utf8' });
  const { kind, metadata, data } = YAML.parse(text);
  assert.equal(kind, 'ConfigMap');
  assert.equal(metadata.name, 'sse-gateway-dashboard');
  assert.equal(metadata.labels.grafana_dashboard, '1');
  assert.equal(data['sse-gateway.json'], read(dashboardFile));
  assert.ok(text.length < 1024 * 1024, 'a ConfigMap holds 1 MiB');
  // kubectl apply keeps a copy in an annotation, and all annotations together hold 256 KiB.
  assert.ok(JSON.stringify(data).length < 250_000, `${JSON.stringify(data).length} bytes`);
});

function kustomizeIsMissing() {
  try {
    execFileSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'kubectl 1.21 or newer is not here';
  }
}

// Names of other programs' screens.
const elsewhere = new Set([
  'Last State', 'Status › Targets', 'Status › Rules', 'Dashboards › New › Import', 'i',
]);
const pages = ['docs/operations/monitoring.md', ...fs.readdirSync(path.join(root, runbooksDirectory))
  .map((name) => `${runbooksDirectory}/${name}`)];

for (const page of pages) {
  test(`${page} names panels and metrics that there are, and its links lead somewhere`, () => {
    const text = read(page).replace(/^```.*?^```/gms, (block) => block.replace(/\*/g, ' '));
    const titles = dashboard.panels.flatMap(({ title }) => [title, title.replace(/[,:] .*/, '')]);
    for (const [, name] of text.replace(/\*\*/g, '').matchAll(/\*([^*\n]+)\*/g)) {
      assert.ok(titles.includes(name) || elsewhere.has(name), `there is no panel *${name}*`);
    }
    const metrics = documentedMetrics();
    for (const [name] of text.matchAll(/\b(?:sse_gateway|process)_\w*[a-z]\b/g)) {
      assert.ok(metrics.has(familyOf(name, metrics)), `there is no metric ${name}`);
    }
    for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const [file, anchor] = target.split('#');
      const there = path.join(path.dirname(page), file);
      assert.ok(fs.existsSync(path.join(root, there)), `${target} leads nowhere`);
      if (!anchor) continue;
      const anchors = [...read(there).matchAll(/^#+ (.*)$/gm)]
        .map(([, title]) => title.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-'));
      assert.ok(anchors.includes(anchor), `${file} has no ${anchor}`);
    }
  });
}
