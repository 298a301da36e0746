// What bench/results/*.json say: figures of scenarios, as medians over rounds, as the bench's own
// tables have them (bench/fanout/results.cc).

import fs from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
export const resultsDirectory = path.join(root, 'bench/results');

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The runs, by file name; none: an empty list.
export function loadRuns(directory = resultsDirectory) {
  if (!fs.existsSync(directory)) return [];
  const files = fs.readdirSync(directory).filter((file) => file.endsWith('.json')).sort();
  return files.map((file) => ({ file, ...JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8')) }));
}

// With other servers beside it the machine holds several times as many connections: the figures of
// such a run are for comparing those servers.
export const isOfPeers = (run) => run.command.startsWith('./dev bench peers');

// Scenario by name; of several runs the last that has it.
export function scenariosOf(runs) {
  const scenarios = new Map();
  for (const run of runs) {
    for (const scenario of run.scenarios) {
      if (scenario.servers.some((server) => server.rounds.length > 0)) scenarios.set(scenario.name, scenario);
    }
  }
  return scenarios;
}

export function figure(scenario, serverName, name) {
  const server = scenario?.servers.find((each) => each.name === serverName);
  const values = (server?.rounds ?? []).map((round) => round[name]).filter((value) => value !== undefined);
  return values.length > 0 ? median(values) : undefined;
}

// The median of the ratios of rounds that lie next to one another, by default with the floor's.
export function timesTheOther(scenario, serverName, name, other = 'floor') {
  const roundsOf = (wanted) => scenario?.servers.find((each) => each.name === wanted)?.rounds ?? [];
  const floor = roundsOf(other);
  const ratios = roundsOf(serverName)
    .map((round, i) => round[name] / floor[i]?.[name])
    .filter((ratio) => Number.isFinite(ratio));
  return ratios.length > 0 ? median(ratios) : undefined;
}
