// Debian's Prometheus, scraping gateways.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import YAML from 'yaml';

import { Program } from '../../integration/gateway.mjs';

export class Prometheus {
  // targets: [{address, labels}], labels beside job and instance. ruleFiles: paths. interval: of scrapes.
  static async start(t, { targets, ruleFiles = [], interval = '500ms' }) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'prometheus-'));
    t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
    const config = path.join(directory, 'prometheus.yml');
    fs.writeFileSync(config, YAML.stringify({
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: '1s' },
      rule_files: ruleFiles,
      scrape_configs: [{
        job_name: 'sse-gateway',
        static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
      }],
    }));
    execFileSync('promtool', ['check', 'config', config]);
    const program = new Program(t, 'prometheus', [
      `--config.file=${config}`, `--storage.tsdb.path=${path.join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ]);
    const prometheus = new Prometheus();
    [, prometheus.address] = await program.logged(/msg="Listening on" address=(\S+)/);
    await program.logged(/Server is ready to receive web requests/);
    return prometheus;
  }

  // The data of an answer of the HTTP API.
  async get(what, parameters = {}) {
    const response = await fetch(`http://${this.address}/api/v1/${what}?${new URLSearchParams(parameters)}`);
    const { status, error, data } = await response.json();
    assert.equal(status, 'success', `${what} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }

  // The samples of an expression now: [{metric, value: [time, text]}].
  async query(expr) {
    return (await this.get('query', { query: expr })).result;
  }
}
