// k8s/prometheus: each alert fires when it should and only then, and has a runbook.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import YAML from 'yaml';

import { root } from '../integration/gateway.mjs';
import {
  alerts, dashboardFile, documentedMetrics, familyOf, metricsOf, read, rulesFile, runbooksDirectory, writePlainRules,
} from './support/monitoring.mjs';

const casesFile = 'tests/operations/alerts.test.yaml';
const cases = YAML.parse(read(casesFile));

function temporaryDirectory(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'alerts-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  return directory;
}

// What promtool says of the cases, for these groups of rules: {passed, output}.
async function runCases(directory, groups) {
  fs.writeFileSync(path.join(directory, cases.rule_files[0]), YAML.stringify({ groups }));
  fs.copyFileSync(path.join(root, casesFile), path.join(directory, 'alerts.test.yaml'));
  try {
    const { stdout, stderr } = await promisify(execFile)(
      'promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd: directory },
    );
    return { passed: true, output: stdout + stderr };
  } catch (error) {
    return { passed: false, output: `${error.stdout}${error.stderr}` };
  }
}

const groups = () => structuredClone(YAML.parse(read(rulesFile)).spec.groups);

test('the manifest is one that the Prometheus operator takes', () => {
  const manifest = YAML.parse(read(rulesFile));
  new PrometheusRule(manifest).validate();
  assert.equal(manifest.kind, 'PrometheusRule');
});

test('promtool finds no fault in the rules, as the command of the docs makes them', (t) => {
  const file = writePlainRules(temporaryDirectory(t));
  assert.deepEqual(YAML.parse(fs.readFileSync(file, 'utf8')).groups, groups());
  const said = execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  assert.match(said, new RegExp(`SUCCESS: ${alerts.length} rules found`));
});

test('every alert fires in its case, and not in the others', async (t) => {
  const { passed, output } = await runCases(temporaryDirectory(t), groups());
  assert.ok(passed, output);
});

for (const { alert } of alerts) {
  test(`${alert} has a case where it fires and one where it does not`, () => {
    const expected = cases.tests.flatMap((c) => c.alert_rule_test ?? []).filter((c) => c.alertname === alert);
    assert.ok(expected.some((c) => c.exp_alerts?.length > 0), 'none where it fires');
    assert.ok(expected.some((c) => !c.exp_alerts?.length), 'none where it does not');
  });
}

for (const [what, expr] of [['never', 'vector(1) > 2'], ['always', 'vector(1)']]) {
  test(`the cases notice an alert that ${what} fires`, async (t) => {
    const changed = groups();
    for (const rule of changed.flatMap((g) => g.rules)) Object.assign(rule, { expr, for: undefined });
    const { passed, output } = await runCases(temporaryDirectory(t), changed);
    assert.ok(!passed);
    for (const { alert } of alerts) assert.match(output, new RegExp(`alertname: ${alert},`));
  });
}

test('the cases are made of series that the gateway has', () => {
  const metrics = documentedMetrics();
  for (const { series } of cases.tests.flatMap((c) => c.input_series)) {
    const [, name, labels] = series.match(/^(\w+)\{(.*)\}$/);
    const metric = metrics.get(familyOf(name, metrics)) ?? assert.fail(`${name} is not in docs/metrics.md`);
    for (const [label, values] of Object.entries(metric.labels)) {
      const [, value] = labels.match(new RegExp(`\\b${label}="([^"]*)"`)) ?? assert.fail(`${series} has no ${label}`);
      assert.ok(values?.includes(value) ?? true, `${label} of ${name} is never ${value}`);
    }
  }
});

for (const { alert, expr, labels, annotations, for: hold } of alerts) {
  test(`${alert} says what it means, how urgent it is and where its runbook is`, () => {
    assert.match(alert, /^SseGateway[A-Z]\w+$/);
    assert.match(labels.severity, /^(page|ticket)$/);
    assert.ok(annotations.summary && !annotations.summary.includes('{{'), 'a summary that is the same for all pods');
    assert.match(annotations.description, /\{\{/, 'a description that says which and how much');
    assert.equal(annotations.runbook_url, `https://runbooks.example.com/sse-gateway/${alert}.md`);
    // At once only where the expression itself looks back.
    assert.ok(hold || /\[\d+m\]/.test(expr));
    const metrics = documentedMetrics();
    for (const name of metricsOf(expr)) {
      assert.ok(metrics.has(familyOf(name, metrics)), `${name} is not in docs/metrics.md`);
    }
  });
}

test('every alert has a runbook with all its parts, and every runbook an alert', () => {
  const pages = fs.readdirSync(path.join(root, runbooksDirectory)).filter((name) => name !== 'README.md');
  assert.deepEqual(pages.sort(), alerts.map(({ alert }) => `${alert}.md`).sort());
  const index = read(`${runbooksDirectory}/README.md`);
  for (const { alert, labels } of alerts) {
    const page = read(`${runbooksDirectory}/${alert}.md`);
    assert.equal(page.match(/^# (.*)$/m)?.[1], alert);
    assert.deepEqual([...page.matchAll(/^## (.*)$/gm)].map((m) => m[1]), [
      'What it means for browsers', 'How to look', 'Causes and cures', 'How to know that it is over',
    ], alert);
    assert.match(index, new RegExp(`\\| \\[${alert}\\]\\(${alert}\\.md\\) \\| ${labels.severity} \\|`));
  }
});

const monitoringPage = read('docs/operations/monitoring.md');

test('the three questions have every alert', () => {
  const rows = monitoringPage.match(/^\| question \|.*?\n\n/ms)[0];
  assert.deepEqual(rows.match(/SseGateway\w+/g).sort(), alerts.map(({ alert }) => alert).sort());
});

test('Prometheus takes the configurations of the docs', (t) => {
  const directory = temporaryDirectory(t);
  writePlainRules(directory);
  const blocks = [...monitoringPage.matchAll(/^```yaml\n(.*?)^```/gms)].map((m) => m[1]);
  const configurations = blocks.filter((block) => block.includes('scrape_configs:'));
  assert.equal(configurations.length, 2);
  for (const block of configurations) {
    // Debian's Prometheus is built without Kubernetes' discovery: the rest of that block is checked.
    const checked = block.replace(/kubernetes_sd_configs:\n +- role: pod\n/, 'static_configs: []\n');
    fs.writeFileSync(path.join(directory, 'prometheus.yml'), checked);
    execFileSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: directory, stdio: 'pipe' });
    assert.equal(YAML.parse(block).scrape_configs[0].job_name, 'sse-gateway');
  }
});

test('the command of the docs turns every link to a runbook, and nothing else', () => {
  const [, script, from, to] = monitoringPage.match(/sed '(s#(https:[^#]*)#(https:[^#]*)#)'/);
  for (const file of [rulesFile, dashboardFile]) {
    const before = read(file);
    const after = execFileSync('sed', [script], { input: before, encoding: 'utf8' });
    assert.ok(before.includes(from), file);
    assert.equal(after, before.replaceAll(from, to));
    assert.ok(!after.includes('runbooks.example.com'), file);
  }
});
