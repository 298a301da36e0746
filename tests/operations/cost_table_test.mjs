// The cost tables of docs/migrating-from-api-gateway-websockets.md are what its assumptions come to.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../integration/gateway.mjs';
import { assumptionsOf, costs, documentFile, withFigures } from './cost_table.mjs';

const text = fs.readFileSync(documentFile, 'utf8');
const assumptions = assumptionsOf(text);

test('every figure of the tables follows from the assumptions', () => {
  assert.equal(text, withFigures(text), 'run node tests/operations/cost_table.mjs --write');
});

// Worked out by hand, so that a mistake in the arithmetic is one in two places.
test('the charges are those of the price lists', () => {
  const prices = {
    ...assumptionsOf(text), payload_bytes: 350, websocket_bytes: 4, sse_bytes: 40, network_bytes: 74, hours: 730,
    message_unit_kb: 32, message_tier1_millions: 1000, message_tier1: 1, message_tier2: 0.8,
    connection_minutes: 0.25, data_out_free_gb: 100, data_out_tier1_gb: 10240, data_out_tier1: 0.09, data_out_tier2_gb: 40960,
    data_out_tier2: 0.085, data_out_tier3_gb: 102400, data_out_tier3: 0.07, data_out_tier4: 0.05,
    connections_per_gateway: 10000, spare_gateways: 1, gateway_vcpu: 1, gateway_gb: 2, fargate_vcpu: 0.04048,
    fargate_gb: 0.004445, balancer_hour: 0.0225, lcu_hour: 0.008, lcu_opened: 25, lcu_open: 3000, lcu_gb: 1,
    balancer_addresses: 2, address_hour: 0.005, page_minutes: 30, cpu_us: 25,
    heartbeat_s: 15, heartbeat_bytes: 10,
  };
  const small = costs(1000, 1, prices);
  assert.equal(small.api.messages, 2_628_000_000);
  assert.equal(small.api.messageCharge, 2302.4); // 1000 × 1 + 1628 × 0.8
  assert.equal(small.api.minuteCharge, 10.95); // 43.8 million × 0.25
  assert.equal(small.own.gateways, 2);
  assert.equal(small.own.gatewayCharge, 72.08); // 2 × 730 × 0.04937
  const large = costs(100_000, 1, prices);
  assert.equal(large.api.messageCharge, 210_440);
  assert.equal(large.own.gateways, 11);
  assert.equal(large.own.lcu, large.own.lcus.bytes);
  assert.ok(Math.abs(large.own.lcu - 155.6) < 0.1, `${large.own.lcu}`);
  assert.ok(Math.abs(large.own.gb - 113_565) < 1, `${large.own.gb}`);
  // 10,140 × 0.09 + 40,960 × 0.085 + 62,365 × 0.07
  assert.ok(Math.abs(large.own.gbCharge - (912.6 + 3481.6 + 4365.5)) < 1, `${large.own.gbCharge}`);
  const quiet = costs(10_000, 60, prices); // three heartbeats between two events
  assert.ok(Math.abs(quiet.own.gb - 438e6 * (464 + 3 * 84) / 2 ** 30) < 0.1, `${quiet.own.gb}`);
  const bigEvents = costs(1000, 1, { ...prices, payload_bytes: 33 * 1024 });
  assert.equal(bigEvents.api.messages, 2 * small.api.messages); // metered in units of 32 KB
});

test('the CPU time for a frame is no less than the soak measured', () => {
  const soak = fs.readFileSync(path.join(root, 'docs/operations/soak.md'), 'utf8');
  const figure = (name) => Number(soak.match(new RegExp(`^\\| ${name} \\| ([\\d.]+) `, 'm'))[1]);
  const measured = figure('CPU time of the gateway, s') / figure('frames delivered') * 1e6;
  assert.ok(assumptions.cpu_us >= measured, `${measured} µs, the document has ${assumptions.cpu_us}`);
});
