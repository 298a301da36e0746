// The plots of docs/performance/ and the tables of docs/performance.md, made from bench/results:
//   node bench/plots/plots.mjs            writes them
// A scenario that no run has is left out.

import fs from 'node:fs';
import path from 'node:path';

import { bars, lines } from './chart.mjs';
import { figure, isOfPeers, loadRuns, root, scenariosOf, timesTheOther } from './results.mjs';

const servers = ['gateway', 'floor', 'one_topic', 'plain', 'tls', 'http2_1', 'http2', 's_server', 'new_tokens', 'known_token', 'no_auth', 'batch', 'stream', 'discard', 'nchan', 'pushpin', 'go', 'grpc_gateway', 'node'];
const deliveries = ['isolated_1000', 'isolated_5000', 'isolated_10000', 'isolated_17500', 'large_120', 'burst_1000', 'burst_5000', 'burst_10000', 'topics_1000'];

function groupsOf(scenarios, names, valueOf) {
  return names
    .filter((name) => scenarios.has(name))
    .map((name) => {
      const values = servers.map((server) => [server, valueOf(scenarios.get(name), server)]);
      return { name, values: Object.fromEntries(values.filter(([, value]) => value !== undefined)) };
    })
    .filter((group) => Object.keys(group.values).length > 0);
}

const seriesOf = (groups) => servers.filter((server) => groups.some((group) => group.values[server] !== undefined));

function barsOf(scenarios, names, valueOf, chart) {
  const groups = groupsOf(scenarios, names, valueOf);
  return groups.length > 0 ? bars({ ...chart, series: seriesOf(groups), groups }) : undefined;
}

const drawn = (plots) => Object.fromEntries(Object.entries(plots).filter(([, svg]) => svg !== undefined));

function growth(scenarios) {
  const series = {};
  for (const [kind, text] of [['isolated', 'isolated'], ['burst', 'bursts of 32']]) {
    for (const server of ['gateway', 'floor']) {
      const points = [1000, 5000, 10000, 17500]
        .map((connections) => [connections, figure(scenarios.get(`${kind}_${connections}`), server, 'cpu_ns_per_frame')])
        .filter(([, value]) => value !== undefined)
        .map(([connections, value]) => [connections, value / 1000]);
      if (points.length > 1) series[`${server}, ${text}`] = points;
    }
  }
  if (Object.keys(series).length === 0) return undefined;
  return lines({ title: 'How a delivery grows with connections', unit: 'CPU of the server for each frame, µs', across: 'connections', lines: series });
}

const peerDeliveries = ['isolated_1000', 'isolated_5000', 'isolated_10000', 'large_120', 'burst_1000'];

function plotsOfPeers(scenarios) {
  return drawn({
    'peers-cpu-per-frame.svg': barsOf(scenarios, peerDeliveries, (s, server) => timesTheOther(s, server, 'cpu_ns_per_frame'), {
      title: 'CPU for each frame that is delivered',
      unit: 'times the floor’s, in the same run; each line is ten times the one below',
      log: true,
    }),
    'peers-saturation.svg': barsOf(scenarios, ['saturation_1000'], (s, server) => figure(s, server, 'deliveries_per_second'), {
      title: 'As many deliveries as the machine has in it',
      unit: 'frames a second, 1,000 connections; server and generator share the CPUs',
    }),
    'peers-memory.svg': barsOf(scenarios, ['idle_10000'], (s, server) => figure(s, server, 'pss_bytes_per_connection'), {
      title: 'Memory of an idle connection',
      unit: 'bytes of all processes of the server (PSS)',
    }),
  });
}

// By file name.
function plotsOfOwn(scenarios) {
  return drawn({
    'cpu-per-frame.svg': barsOf(scenarios, deliveries, (s, server) => timesTheOther(s, server, 'cpu_ns_per_frame'), {
      title: 'CPU for each frame that is delivered',
      unit: 'times the floor’s, in the same run',
    }),
    'latency.svg': barsOf(scenarios, deliveries, (s, server) => figure(s, server, 'p99_us') / 1000 || undefined, {
      title: 'From the publisher to the browser',
      unit: '99th percentile, ms',
    }),
    'memory.svg': barsOf(scenarios, ['idle_10000', 'idle_17500'], (s, server) => figure(s, server, 'pss_bytes_per_connection'), {
      title: 'Memory of an idle connection',
      unit: 'bytes of the process (PSS)',
    }),
    'saturation.svg': barsOf(scenarios, ['saturation_1000'], (s, server) => figure(s, server, 'deliveries_per_second'), {
      title: 'As many deliveries as the machine has in it',
      unit: 'frames a second, 1,000 connections; server and generator share the CPUs',
    }),
    'growth.svg': growth(scenarios),
  });
}

const ownOf = (runs) => scenariosOf(runs.filter((run) => !isOfPeers(run)));
const peersOf = (runs) => scenariosOf(runs.filter(isOfPeers));

export const plotsOf = (runs) => ({ ...plotsOfOwn(ownOf(runs)), ...plotsOfPeers(peersOf(runs)) });

const cell = (value, divisor = 1) => {
  if (value === undefined) return '';
  const number = value / divisor;
  return number >= 1000 ? Math.round(number).toLocaleString('en-US') : String(Number(number.toPrecision(3)));
};

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function rowsOf(scenarios, names, columns) {
  return names
    .filter((name) => scenarios.has(name))
    .flatMap((name) =>
      servers
        .filter((server) => columns[0](scenarios.get(name), server) !== undefined)
        .map((server) => [`\`${name}\``, server, ...columns.map((column, i) => cell(column(scenarios.get(name), server), column.divisor))]),
    );
}

const of = (name, divisor = 1) => Object.assign((s, server) => figure(s, server, name), { divisor });
const times = (name, other) => Object.assign((s, server) => timesTheOther(s, server, name, other), { divisor: 1 });

function tablesOfPeers(scenarios) {
  return {
    peers: table(
      ['scenario', 'server', 'CPU µs/frame', 'times the floor’s', 'times the gateway’s', 'deliveries/s', 'p50 ms', 'p99 ms'],
      rowsOf(scenarios, [...peerDeliveries, 'saturation_1000'], [of('cpu_ns_per_frame', 1000), times('cpu_ns_per_frame'), times('cpu_ns_per_frame', 'gateway'), of('deliveries_per_second'), of('p50_us', 1000), of('p99_us', 1000)]),
    ),
    peers_carriers: table(
      ['scenario', 'server', 'CPU µs/frame', 'times plain HTTP/1.1’s', 'times the gateway’s', 'deliveries/s', 'p50 ms', 'p99 ms'],
      rowsOf(scenarios, ['isolated_10000_tls'], [of('cpu_ns_per_frame', 1000), times('cpu_ns_per_frame', 'plain'), times('cpu_ns_per_frame', 'gateway'), of('deliveries_per_second'), of('p50_us', 1000), of('p99_us', 1000)]),
    ),
    peers_connects: table(
      ['scenario', 'server', 'CPU µs/connection', 'times the floor’s', 'connections/s'],
      rowsOf(scenarios, ['connect_5000'], [of('cpu_ns_per_connect', 1000), times('cpu_ns_per_connect'), of('connects_per_second')]),
    ),
    peers_idle: table(
      ['scenario', 'server', 'PSS B/connection', 'CPU ns/connection and s'],
      rowsOf(scenarios, ['idle_10000', 'idle_10000_tls'], [of('pss_bytes_per_connection'), of('cpu_ns_per_connection_second')]),
    ),
  };
}

function tablesOfOwn(scenarios) {
  const delivery = ['isolated_1000', 'isolated_5000', 'isolated_10000', 'isolated_17500', 'large_120', 'burst_1000', 'burst_5000', 'burst_10000', 'saturation_1000', 'topics_1000', 'never_reading_1000', 'one_connection'];
  return {
    deliveries: table(
      ['scenario', 'server', 'CPU µs/frame', 'times the floor’s', 'deliveries/s', 'p50 ms', 'p99 ms', 'p99.9 ms'],
      rowsOf(scenarios, delivery, [of('cpu_ns_per_frame', 1000), times('cpu_ns_per_frame'), of('deliveries_per_second'), of('p50_us', 1000), of('p99_us', 1000), of('p99_9_us', 1000)]),
    ),
    many_topics: table(
      ['scenario', 'server', 'CPU µs/frame', 'times one topic’s', 'deliveries/s', 'p50 ms', 'p99 ms'],
      rowsOf(scenarios, ['topics_10000', 'topics_10000_burst'], [of('cpu_ns_per_frame', 1000), times('cpu_ns_per_frame', 'one_topic'), of('deliveries_per_second'), of('p50_us', 1000), of('p99_us', 1000)]),
    ),
    carriers: table(
      ['scenario', 'server', 'CPU µs/frame', 'times plain HTTP/1.1’s', 'deliveries/s', 'p50 ms', 'p99 ms'],
      rowsOf(scenarios, ['isolated_10000_tls', 'isolated_10000_h2'], [of('cpu_ns_per_frame', 1000), times('cpu_ns_per_frame', 'plain'), of('deliveries_per_second'), of('p50_us', 1000), of('p99_us', 1000)]),
    ),
    sessions: table(
      ['scenario', 'server', 'PSS B/socket', 'more than TLS alone B', 'B/further stream'],
      rowsOf(scenarios, ['idle_h2'], [of('pss_bytes_per_socket'), of('pss_bytes_of_session'), of('pss_bytes_of_further_stream')]),
    ),
    handshakes: table(
      ['scenario', 'server', 'CPU µs/full handshake', 'CPU µs/resumed', 'full ones/s and core', 'times s_server’s'],
      rowsOf(scenarios, ['handshakes'], [of('cpu_ns_per_full_handshake', 1000), of('cpu_ns_per_resumed_handshake', 1000), of('full_handshakes_per_second_and_core'), times('full_handshakes_per_second_and_core', 's_server')]),
    ),
    admissions: table(
      ['scenario', 'server', 'CPU µs/connection', 'more than without µs', 'OpenSSL’s verification alone µs', 'connections/s'],
      rowsOf(scenarios, ['connect_jwt'], [of('cpu_ns_per_connect', 1000), of('cpu_ns_per_connect_more', 1000), of('cpu_ns_of_verification', 1000), of('connects_per_second')]),
    ),
    slow_readers: table(
      ['scenario', 'server', 'memory grows by MiB', 'healthy alone', 'more MiB', 'p99 ms', 'healthy alone', 'times', 'slow ones told of gaps', 'closed', 'events lost untold'],
      rowsOf(scenarios, ['slow_readers'], [of('pss_growth_bytes', 1048576), of('pss_growth_bytes_alone', 1048576), of('pss_growth_bytes_more', 1048576), of('p99_us', 1000), of('p99_us_alone', 1000), of('p99_times_alone'), of('slow_resets'), of('slow_ended'), of('slow_lost')]),
    ),
    connects: table(
      ['scenario', 'server', 'CPU µs/connection', 'times the floor’s', 'connections/s'],
      rowsOf(scenarios, ['connect_5000'], [of('cpu_ns_per_connect', 1000), times('cpu_ns_per_connect'), of('connects_per_second')]),
    ),
    ingest: table(
      ['method', 'server', 'CPU µs/event', 'times the other’s', 'events/s'],
      rowsOf(scenarios, ['ingest_stream', 'ingest_unary', 'ingest_large_alone'], [of('cpu_ns_per_event', 1000), times('cpu_ns_per_event', 'discard'), of('events_per_second')]),
    ),
    batches: table(
      ['scenario', 'events come by', 'CPU µs/event', 'times the other’s', 'events/s'],
      rowsOf(scenarios, ['batch', 'batch_one_connection'], [of('cpu_ns_per_event', 1000), times('cpu_ns_per_event', 'stream'), of('events_per_second')]),
    ),
    idle: table(
      ['scenario', 'server', 'PSS B/connection', 'kernel B/connection', 'CPU ns/connection and s'],
      rowsOf(scenarios, ['idle_10000', 'idle_17500', 'idle_10000_tls'], [of('pss_bytes_per_connection'), of('kernel_slab_bytes_per_connection'), of('cpu_ns_per_connection_second')]),
    ),
  };
}

// By the name in the document's markers.
export const tablesOf = (runs) => ({ ...tablesOfOwn(ownOf(runs)), ...tablesOfPeers(peersOf(runs)) });

// Puts each table between "<!-- table: name -->" and "<!-- end -->".
export function withTables(text, tables) {
  return text.replace(/(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g, (whole, begin, name, end) => {
    if (tables[name] === undefined) throw new Error(`there is no table ${name}`);
    return `${begin}\n${tables[name]}\n\n${end}`;
  });
}

export const documentFile = path.join(root, 'docs/performance.md');
export const plotsDirectory = path.join(root, 'docs/performance');

if (process.argv[1] && path.resolve(process.argv[1]) === new URL(import.meta.url).pathname) {
  const runs = loadRuns();
  if (runs.length === 0) {
    console.error('there are no results in bench/results: ./dev bench --save=name makes some');
    process.exit(1);
  }
  fs.mkdirSync(plotsDirectory, { recursive: true });
  for (const [file, svg] of Object.entries(plotsOf(runs))) fs.writeFileSync(path.join(plotsDirectory, file), svg);
  const text = fs.readFileSync(documentFile, 'utf8');
  fs.writeFileSync(documentFile, withTables(text, tablesOf(runs)));
}
