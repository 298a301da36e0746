// The dashboard, the alerts and docs/metrics.md, as the tests of monitoring read them.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import YAML from 'yaml';

import { root } from '../../integration/gateway.mjs';

export const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

export const dashboardFile = 'k8s/grafana/sse-gateway.json';
export const rulesFile = 'k8s/prometheus/rules.yaml';
export const runbooksDirectory = 'docs/operations/runbooks';

export const dashboard = JSON.parse(read(dashboardFile));
export const alerts = YAML.parse(read(rulesFile)).spec.groups.flatMap((group) => group.rules);

// Panels that show something, those inside of collapsed rows too.
export function panelsOf({ panels }) {
  return panels.flatMap((panel) => (panel.type === 'row' ? panelsOf(panel) : [panel]));
}

export function variable(name) {
  return dashboard.templating.list.find((v) => v.name === name);
}

// Every query of the dashboard: [{where, expr, type}].
export function dashboardQueries() {
  return [
    ...panelsOf(dashboard).flatMap((panel) => panel.targets.map((target) => (
      { where: `${panel.title} ${target.refId}`, expr: target.expr, type: panel.type }
    ))),
    ...dashboard.annotations.list.filter(({ expr }) => expr)
      .map(({ name, expr }) => ({ where: name, expr, type: 'annotation' })),
  ];
}

// An expression as Grafana sends it; values by the variable's name.
export function substitute(expr, values) {
  return expr.replace(/\$\{?(\w+)\}?/g, (whole, name) => {
    if (!(name in values)) throw new Error(`${whole} has no value in: ${expr}`);
    return values[name];
  });
}

// What an expression reads: each of its metrics, with its matchers.
export function selectorsOf(expr) {
  return [...new Set(expr.match(/\b(?:sse_gateway|process)_\w+(?:\{[^}]*\})?/g))];
}

export function metricsOf(expr) {
  return selectorsOf(expr).map((selector) => selector.replace(/\{.*/s, ''));
}

// The metrics that docs/metrics.md names: name to {type, labels: {name: [value]}}; no values where the
// page leaves some open.
export function documentedMetrics() {
  const metrics = new Map();
  for (const line of read('docs/metrics.md').split('\n')) {
    const [, name, type, label] = line.match(/^\| `((?:sse_gateway|process)_\w+)` \| (\w+) \| ([^|]*)\|/) ?? [];
    if (!name) continue;
    const [, key, values] = label.match(/^`(\w+)`: (.*)$/s) ?? [];
    const named = values?.includes('…') ? undefined : [...(values ?? '').matchAll(/`([^`]+)`/g)].map((v) => v[1]);
    metrics.set(name, { type, labels: key ? { [key]: named } : {} });
  }
  return metrics;
}

// The family of a series' name: that of a histogram has no _bucket, _sum, _count.
export function familyOf(name, metrics) {
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return metrics.get(family)?.type === 'histogram' ? family : name;
}

// The rules as Prometheus without an operator reads them, by the command of docs/operations/monitoring.md.
export function writePlainRules(directory) {
  const [, script] = read('docs/operations/monitoring.md').match(/^sed '(.*)' k8s\/prometheus\/rules\.yaml/m);
  const file = path.join(directory, 'sse-gateway.rules.yaml');
  fs.writeFileSync(file, execFileSync('sed', [script, path.join(root, rulesFile)]));
  return file;
}
