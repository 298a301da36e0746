// The figures of docs/performance.md are those of bench/results, and how they are made from them.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { flame, stacksOf, treeOf } from '../../bench/plots/flame.mjs';
import { documentFile, plotsDirectory, plotsOf, tablesOf, withTables } from '../../bench/plots/plots.mjs';
import { figure, loadRuns, median, scenariosOf, timesTheOther } from '../../bench/plots/results.mjs';

const scenario = {
  name: 'burst_1000',
  servers: [
    { name: 'gateway', rounds: [{ cpu_ns_per_frame: 300 }, { cpu_ns_per_frame: 900 }, { cpu_ns_per_frame: 400 }] },
    { name: 'go', rounds: [] },
    { name: 'floor', rounds: [{ cpu_ns_per_frame: 100 }, { cpu_ns_per_frame: 600 }, { cpu_ns_per_frame: 200 }] },
  ],
};

test('figures are medians, and a ratio is the median of the rounds’ ratios', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(figure(scenario, 'gateway', 'cpu_ns_per_frame'), 400);
  assert.equal(timesTheOther(scenario, 'gateway', 'cpu_ns_per_frame'), 2); // of 3, 1.5 and 2
  assert.equal(figure(scenario, 'go', 'cpu_ns_per_frame'), undefined);
  assert.equal(timesTheOther(scenario, 'go', 'cpu_ns_per_frame'), undefined);
});

test('a later run counts instead of an earlier one, and one without figures does not', () => {
  const empty = { ...scenario, servers: [{ name: 'gateway', rounds: [] }] };
  const later = { ...scenario, servers: [] };
  const scenarios = scenariosOf([{ scenarios: [later] }, { scenarios: [scenario] }, { scenarios: [empty] }]);
  assert.equal(scenarios.get('burst_1000'), scenario);
});

test('plots have a bar for each server with figures, and none for what was not measured', () => {
  const plots = plotsOf([{ command: './dev bench fanout', scenarios: [scenario] }]);
  assert.deepEqual(Object.keys(plots), ['cpu-per-frame.svg']);
  assert.match(plots['cpu-per-frame.svg'], /<title>burst_1000, gateway: 2<\/title>/);
  assert.match(plots['cpu-per-frame.svg'], /<title>burst_1000, floor: 1<\/title>/);
  assert.doesNotMatch(plots['cpu-per-frame.svg'], /NaN|undefined|>go</);
});

test('a run with peers is shown beside the others, and does not replace them', () => {
  const peer = (cpu) => [{ name: 'gateway', rounds: [{ cpu_ns_per_frame: 200 }] }, { name: 'nchan', rounds: [{ cpu_ns_per_frame: cpu }] }];
  const runs = [
    { command: './dev bench fanout', scenarios: [scenario] },
    { command: './dev bench peers', scenarios: [{ name: 'burst_1000', servers: peer(1600) }] },
  ];
  const tables = tablesOf(runs);
  assert.match(tables.deliveries, /\| `burst_1000` \| gateway \| 0.4 \| 2 \|/);
  assert.match(tables.peers, /\| `burst_1000` \| nchan \| 1.6 \|  \| 8 \|/);
});

test('a table that the document asks for and nobody makes is an error', () => {
  assert.throws(() => withTables('<!-- table: none -->\n<!-- end -->', {}), /none/);
});

test('many topics are compared with one topic', () => {
  const servers = [
    { name: 'gateway', rounds: [{ cpu_ns_per_frame: 360 }, { cpu_ns_per_frame: 300 }] },
    { name: 'one_topic', rounds: [{ cpu_ns_per_frame: 300 }, { cpu_ns_per_frame: 300 }] },
  ];
  const tables = tablesOf([{ command: './dev bench fanout', scenarios: [{ name: 'topics_10000', servers }] }]);
  assert.match(tables.many_topics, /\| `topics_10000` \| gateway \| 0.33 \| 1.1 \|/);
  assert.match(tables.many_topics, /\| `topics_10000` \| one_topic \| 0.3 \| 1 \|/);
});

test('carriers are compared with plain HTTP/1.1, and with the gateway beside peers', () => {
  const servers = [
    { name: 'gateway', rounds: [{ cpu_ns_per_frame: 1400 }] },
    { name: 'nchan', rounds: [{ cpu_ns_per_frame: 2800 }] },
    { name: 'plain', rounds: [{ cpu_ns_per_frame: 1000 }] },
  ];
  const scenarios = [{ name: 'isolated_10000_tls', servers }];
  const tables = tablesOf([{ command: './dev bench fanout', scenarios }, { command: './dev bench peers', scenarios }]);
  assert.match(tables.carriers, /\| `isolated_10000_tls` \| gateway \| 1.4 \| 1.4 \|/);
  assert.match(tables.peers_carriers, /\| `isolated_10000_tls` \| nchan \| 2.8 \| 2.8 \| 2 \|/);
});

test('handshakes are compared with s_server', () => {
  const round = (rate) => [{ full_handshakes_per_second_and_core: rate, cpu_ns_per_full_handshake: 1e9 / rate, cpu_ns_per_resumed_handshake: 2e5 }];
  const servers = [{ name: 'gateway', rounds: round(4000) }, { name: 's_server', rounds: round(5000) }];
  const tables = tablesOf([{ command: './dev bench fanout', scenarios: [{ name: 'handshakes', servers }] }]);
  assert.match(tables.handshakes, /\| `handshakes` \| gateway \| 250 \| 200 \| 4,000 \| 0.8 \|/);
});

test('slow readers are compared with none, round by round', () => {
  const round = { pss_growth_bytes: 3145728, pss_growth_bytes_alone: 2097152, pss_growth_bytes_more: 1048576, p99_us: 2200, p99_us_alone: 2000, p99_times_alone: 1.1, slow_resets: 10, slow_ended: 0, slow_lost: 0 };
  const run = { command: './dev bench fanout', scenarios: [{ name: 'slow_readers', servers: [{ name: 'gateway', rounds: [round] }] }] };
  assert.match(tablesOf([run]).slow_readers, /\| `slow_readers` \| gateway \| 3 \| 2 \| 1 \| 2.2 \| 2 \| 1.1 \| 10 \| 0 \| 0 \|/);
});

test('a flame graph has each function as wide as its share', () => {
  const sample = (leaf) => `shard-0 12 [001] 5.1: 100 cpu-clock:\n\tffff01 ${leaf}+0x1f ([kernel.kallsyms])\n\tffff02 do_syscall_64+0x2 ([kernel.kallsyms])\n`;
  const stacks = stacksOf([sample('tcp_sendmsg'), sample('tcp_sendmsg'), sample('tcp_recvmsg'), sample('tcp_sendmsg')].join('\n'));
  assert.deepEqual(stacks[0], ['shard-0', 'do_syscall_64', 'tcp_sendmsg']);
  const svg = flame(treeOf(stacks), 'a & b');
  assert.match(svg, /<title>tcp_sendmsg: 75.0 %<\/title>/);
  assert.match(svg, /<title>do_syscall_64: 100.0 %<\/title>/);
  assert.match(svg, /a &#38; b/);
});

test('docs/performance.md and its plots are of the results that are here', () => {
  const runs = loadRuns();
  assert.ok(runs.length > 0);
  const text = fs.readFileSync(documentFile, 'utf8');
  assert.equal(text, withTables(text, tablesOf(runs)), 'run ./dev bench plots');
  for (const [file, svg] of Object.entries(plotsOf(runs))) {
    assert.equal(fs.readFileSync(path.join(plotsDirectory, file), 'utf8'), svg, `${file}: run ./dev bench plots`);
    assert.ok(text.includes(`performance/${file}`), `${file} is not shown`);
  }
});
