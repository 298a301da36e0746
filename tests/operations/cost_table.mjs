// The arithmetic of the cost tables in docs/migrating-from-api-gateway-websockets.md: assumptions are
// read from the document, and every figure between its markers is made here.
//   node cost_table.mjs --write    puts the figures into the document

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const documentFile = path.join(root, 'docs/migrating-from-api-gateway-websockets.md');

// The rows "| `name` | value | ... |" as numbers: {name: value}.
export function assumptionsOf(text) {
  const rows = [...text.matchAll(/^\| `([a-z0-9_]+)` \| \$?([\d.,]+) \|/gm)];
  const assumptions = {};
  for (const [, name, value] of rows) {
    if (name in assumptions) throw new Error(`two values of ${name}`);
    assumptions[name] = Number(value.replaceAll(',', ''));
  }
  return new Proxy(assumptions, {
    get(target, name) {
      if (typeof name === 'string' && !(name in target)) throw new Error(`the document has no ${name}`);
      return target[name];
    },
  });
}

const cents = (dollars) => Math.round(dollars * 100) / 100;

// Charges of tiers: [[size, price], ...], the last without an end.
function tiered(amount, tiers) {
  let sum = 0;
  for (const [size, price] of tiers) {
    const part = Math.min(amount, size);
    sum += part * price;
    amount -= part;
  }
  return sum;
}

const dataTiers = (a) => [
  [a.data_out_free_gb, 0], [a.data_out_tier1_gb - a.data_out_free_gb, a.data_out_tier1],
  [a.data_out_tier2_gb, a.data_out_tier2], [a.data_out_tier3_gb, a.data_out_tier3], [Infinity, a.data_out_tier4],
];

// What `connections` that are open all month and get an event each `every_s` seconds cost in it.
export function costs(connections, every_s, a) {
  const seconds = a.hours * 3600;
  const events = connections * seconds / every_s;
  const bytesPerGb = 1024 ** 3;

  const api = {};
  api.messages = events * Math.ceil(a.payload_bytes / (a.message_unit_kb * 1024));
  api.messageCharge = cents(tiered(api.messages / 1e6, [
    [a.message_tier1_millions, a.message_tier1], [Infinity, a.message_tier2],
  ]));
  api.minutes = connections * a.hours * 60;
  api.minuteCharge = cents(api.minutes / 1e6 * a.connection_minutes);
  api.gb = events * (a.payload_bytes + a.websocket_bytes + a.network_bytes) / bytesPerGb;
  api.gbCharge = cents(tiered(api.gb, dataTiers(a)));
  api.total = api.messageCharge + api.minuteCharge + api.gbCharge;

  const own = {};
  own.perSecond = connections / every_s;
  own.busyCpus = own.perSecond * a.cpu_us / 1e6;
  own.gateways = Math.ceil(connections / a.connections_per_gateway) + a.spare_gateways;
  const gatewayHour = a.gateway_vcpu * a.fargate_vcpu + a.gateway_gb * a.fargate_gb;
  own.gatewayCharge = cents(own.gateways * a.hours * gatewayHour);
  const sseBytes = a.payload_bytes + a.sse_bytes + a.network_bytes;
  const heartbeats = Math.ceil(every_s / a.heartbeat_s) - 1; // between two events
  const bytesPerEvent = sseBytes + heartbeats * (a.heartbeat_bytes + a.network_bytes);
  own.lcus = {
    opened: connections / (a.page_minutes * 60) / a.lcu_opened,
    open: connections / a.lcu_open,
    bytes: own.perSecond * bytesPerEvent * 3600 / bytesPerGb / a.lcu_gb,
  };
  own.lcu = Math.max(...Object.values(own.lcus));
  own.balancerCharge = cents(a.hours * (a.balancer_hour + own.lcu * a.lcu_hour));
  own.addressCharge = cents(a.hours * a.balancer_addresses * a.address_hour);
  own.gb = events * bytesPerEvent / bytesPerGb;
  own.gbCharge = cents(tiered(own.gb, dataTiers(a)));
  own.total = own.gatewayCharge + own.balancerCharge + own.addressCharge + own.gbCharge;

  return { connections, every_s, seconds, events, api, own };
}

const number = (value, digits = 0) => value.toLocaleString('en-US', {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
});
const dollars = (value) => `$${number(value, 2)}`;
const price = (value) => `$${value.toLocaleString('en-US', {
  minimumFractionDigits: 2, maximumFractionDigits: 6,
})}`;
const millions = (value) => number(value / 1e6, 1);
const factor = (value) => `${number(value, value < 10 ? 1 : 0)} ×`;

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const sizes = [1_000, 10_000, 100_000];

function mainTable(a) {
  const all = sizes.map((size) => costs(size, 1, a));
  const row = (name, value) => [name, ...all.map(value)];
  return table(['connections', ...sizes.map((size) => number(size))], [
    row('**API Gateway**', () => ''),
    row('messages, million', (c) => millions(c.api.messages)),
    row('charge for messages', (c) => dollars(c.api.messageCharge)),
    row('connection minutes, million', (c) => millions(c.api.minutes)),
    row('charge for connection minutes', (c) => dollars(c.api.minuteCharge)),
    row('data out, GB', (c) => number(c.api.gb)),
    row('charge for data out', (c) => dollars(c.api.gbCharge)),
    row('sum', (c) => `**${dollars(c.api.total)}**`),
    row('**this gateway**', () => ''),
    row('vCPUs busy', (c) => number(c.own.busyCpus, 2)),
    row('gateways', (c) => number(c.own.gateways)),
    row('charge for gateways', (c) => dollars(c.own.gatewayCharge)),
    row('LCUs', (c) => number(c.own.lcu, 1)),
    row('charge for the load balancer', (c) => dollars(c.own.balancerCharge)),
    row('charge for public addresses', (c) => dollars(c.own.addressCharge)),
    row('data out, GB', (c) => number(c.own.gb)),
    row('charge for data out', (c) => dollars(c.own.gbCharge)),
    row('sum', (c) => `**${dollars(c.own.total)}**`),
    row('API Gateway costs', (c) => `**${factor(c.api.total / c.own.total)}**`),
    row('the same without data out', (c) =>
      factor((c.api.total - c.api.gbCharge) / (c.own.total - c.own.gbCharge))),
  ]);
}

// The charge for data, tier by tier.
function dataTerms(gb, charge, a) {
  const terms = [];
  for (const [size, each] of dataTiers(a)) {
    const part = Math.min(gb, size);
    gb -= part;
    if (part > 0) terms.push(`${number(part, 1)} × ${price(each)}`);
  }
  return `${terms.slice(1).join(' + ')} = ${dollars(charge)}`; // the first is free
}

function arithmeticOf(size, a) {
  const c = costs(size, 1, a);
  const connections = number(c.connections);
  const beyond = c.api.messages / 1e6 - a.message_tier1_millions;
  const gateway = `${a.gateway_vcpu} vCPU × ${price(a.fargate_vcpu)} + ${a.gateway_gb} GB × ${price(a.fargate_gb)}`;
  const frameBytes = `(${a.payload_bytes} + ${a.sse_bytes} + ${a.network_bytes}) bytes`;
  return [
    `${connections} connections`,
    '  API Gateway',
    `    messages   ${connections} × ${number(c.seconds)} s = ${number(c.api.messages / 1e6)} million`,
    `               ${number(a.message_tier1_millions)} × ${price(a.message_tier1)} + ${number(beyond)} × ` +
      `${price(a.message_tier2)} = ${dollars(c.api.messageCharge)}`,
    `    minutes    ${connections} × ${number(a.hours * 60)} = ${number(c.api.minutes / 1e6, 1)} million × ` +
      `${price(a.connection_minutes)} = ${dollars(c.api.minuteCharge)}`,
    `    data out   ${number(c.api.messages / 1e6)} million × (${a.payload_bytes} + ${a.websocket_bytes} + ` +
      `${a.network_bytes}) bytes = ${number(c.api.gb, 1)} GB`,
    `               ${dataTerms(c.api.gb, c.api.gbCharge, a)}`,
    '  this gateway',
    `    CPU        ${number(c.own.perSecond)} frames/s × ${a.cpu_us} µs = ${number(c.own.busyCpus, 3)} vCPUs`,
    `    gateways   ${connections} / ${number(a.connections_per_gateway)}, rounded up, + ${a.spare_gateways} = ` +
      `${c.own.gateways}`,
    `               ${c.own.gateways} × ${a.hours} h × (${gateway}) = ${dollars(c.own.gatewayCharge)}`,
    `    LCUs       opened ${connections} / ${number(a.page_minutes * 60)} s / ${a.lcu_opened} = ` +
      `${number(c.own.lcus.opened, 1)}; open ${connections} / ${number(a.lcu_open)} = ` +
      `${number(c.own.lcus.open, 1)};`,
    `               GB an hour ${number(c.own.perSecond)} × ${frameBytes} × 3,600 s = ` +
      `${number(c.own.lcus.bytes, 3)}: the largest counts`,
    `               ${a.hours} h × (${price(a.balancer_hour)} + ${number(c.own.lcu, 3)} × ` +
      `${price(a.lcu_hour)}) = ${dollars(c.own.balancerCharge)}`,
    `    addresses  ${a.balancer_addresses} × ${a.hours} h × ${price(a.address_hour)} = ` +
      dollars(c.own.addressCharge),
    `    data out   ${number(c.events / 1e6)} million × ${frameBytes} = ${number(c.own.gb, 1)} GB`,
    `               ${dataTerms(c.own.gb, c.own.gbCharge, a)}`,
  ].join('\n');
}

function arithmetic(a) {
  return `\`\`\`text\n${sizes.map((size) => arithmeticOf(size, a)).join('\n\n')}\n\`\`\``;
}

function quietTable(a) {
  const every = [[1, '1 s'], [10, '10 s'], [60, '1 min'], [600, '10 min']];
  const cheaper = (c) => (c.api.total < c.own.total ? 'API Gateway' : 'this gateway');
  return table(['connections', 'an event each', 'API Gateway', 'this gateway', 'cheaper'],
    [100, 1_000, 10_000].flatMap((size) => every.map(([seconds, name]) => {
      const c = costs(size, seconds, a);
      return [number(size), name, dollars(c.api.total), dollars(c.own.total), cheaper(c)];
    })));
}

const parts = { table: mainTable, arithmetic, quiet: quietTable };

// The document with its figures as the assumptions in it have them.
export function withFigures(text) {
  const a = assumptionsOf(text);
  for (const [name, make] of Object.entries(parts)) {
    const marked = new RegExp(`(<!-- figures: ${name} -->\n)[^]*?(<!-- end of figures -->)`);
    if (!marked.test(text)) throw new Error(`the document has no figures: ${name}`);
    text = text.replace(marked, (_, begin, end) => `${begin}\n${make(a)}\n\n${end}`);
  }
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== '--write') {
    console.error('usage: cost_table.mjs --write');
    process.exit(2);
  }
  fs.writeFileSync(documentFile, withFigures(fs.readFileSync(documentFile, 'utf8')));
}
