// The tables of docs/clients.md, as a run of all clients makes them.
//   SSE_GATEWAY_BIN=… node tests/clients/table.mjs --write    puts them into the document

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const documentFile = path.resolve(here, '../../docs/clients.md');

const clientName = ({ row }) => (row.setting ? `${row.name}, [set](#${row.setting})` : row.name);

// What a client does that a page cannot live with.
function faultsOf({ words }) {
  const faults = [];
  if (!words.cut.startsWith('exact')) faults.push(`${words.cut} after a cut`);
  if (words.ends !== 'comes back') faults.push(`${words.ends} at the end of a stream`);
  if (words.killed !== 'comes back') faults.push(`${words.killed} where nobody listens`);
  if (words.retry.startsWith('ignored')) faults.push('ignores `retry:`');
  if (words.status503.endsWith('without its id')) faults.push('forgets its id at a 503');
  if (words.names !== 'by name') faults.push('control events come as messages');
  if (words.heartbeats !== 'unseen') faults.push(`heartbeats: ${words.heartbeats}`);
  if (words.silence.startsWith('cuts')) faults.push(`${words.silence} of silence`);
  if (words.letters !== 'right') faults.push('garbles letters');
  return faults;
}

function verdict(client) {
  const faults = faultsOf(client);
  if (faults.length > 0) return `${client.row.setting ? 'do not use' : 'not as it is'}: ${faults.join('; ')}`;
  const works = client.words.cut === 'exact' ? '**works**' : '**works**, but for that byte';
  return client.row.setting ? `${works}, set like this` : works;
}

const programName = ({ row }) => `${row.name}: ${programUse(row.file)}`;
const programUse = (file) => (fs.existsSync(path.join(here, 'programs', file))
  ? `[\`${file}\`](../tests/clients/programs/${file})` : `\`${file}\``);

const word = (name) => ({ words }) => words[name];

// {name of a table: {rows of a measurement, the name of a row, {column: (measured) => cell}}}
const tables = {
  clients: {
    rowsOf: ({ clients }) => clients, nameOf: clientName, first: 'client',
    columns: {
      'in': ({ row }) => row.where,
      'verdict': verdict,
      'cut inside an event': word('cut'),
      '`retry:`': word('retry'),
      'stream ends': word('ends'),
      'gateway killed': word('killed'),
      'gateway full': word('full'),
    },
  },
  answers: {
    rowsOf: ({ clients }) => clients, nameOf: clientName, first: 'client',
    columns: {
      'delay, if not told': word('delay'),
      'status 500': word('status500'),
      'status 503': word('status503'),
      'status 204': word('status204'),
      'status 307': word('redirect'),
      'named events': word('names'),
      'heartbeats': word('heartbeats'),
      'silence': word('silence'),
      'letters': word('letters'),
      'id of an event without': word('inherits'),
    },
  },
  programs: {
    rowsOf: (measured) => measured.programs, nameOf: programName, first: 'program',
    columns: {
      'events': word('comes'),
      'letters': word('letters'),
      'an event of 200 kB': word('large'),
      'after a cut': word('cut'),
      'silence': word('silence'),
    },
  },
};

// The measured cells: [{table, row, skipped, cells: {column: text}}].
export function cellsOf(measured) {
  return Object.entries(tables).flatMap(([table, { rowsOf, nameOf, columns }]) =>
    rowsOf(measured).map((client) => ({
      table, row: nameOf(client), skipped: client.skipped, client,
      cells: client.skipped ? {} : Object.fromEntries(
        Object.entries(columns).map(([column, cellOf]) => [column, cellOf(client)])),
    })));
}

const marked = (table) => new RegExp(`(<!-- table: ${table} -->\n)([^]*?)(<!-- end of table -->)`);

const rowCells = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());

// The cells of a table in the document: {row: {column: text}}.
export function documentCells(text, table) {
  const [, , body] = text.match(marked(table)) ?? [];
  if (body === undefined) throw new Error(`the document has no table ${table}`);
  const lines = body.split('\n').filter((line) => line.startsWith('|'));
  if (lines.length === 0) return {};
  const [head, , ...rows] = lines.map(rowCells);
  return Object.fromEntries(rows.map(([name, ...cells]) =>
    [name, Object.fromEntries(cells.map((cell, i) => [head[i + 1], cell]))]));
}

// The document with these cells; a row that was skipped stays as it is.
export function withTables(text, measured) {
  const all = cellsOf(measured);
  for (const [table, { columns, first }] of Object.entries(tables)) {
    const names = Object.keys(columns);
    const old = documentCells(text, table);
    const lines = all.filter((row) => row.table === table).map(({ row, skipped, cells }) => {
      const from = skipped ? old[row] ?? {} : cells;
      return `| ${[row, ...names.map((name) => from[name] ?? '')].join(' | ')} |`;
    });
    const head = `| ${[first, ...names].join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}`;
    text = text.replace(marked(table), (_, begin, body, end) => `${begin}\n${[head, ...lines].join('\n')}\n\n${end}`);
  }
  return text;
}

// The document with the pages as they are in pages/, between its markers.
export function withPages(text) {
  return text.replace(/(<!-- code: (\S+) -->\n)[^]*?(<!-- end of code -->)/g, (_, begin, file, end) =>
    `${begin}\n\`\`\`js\n${fs.readFileSync(path.join(here, file), 'utf8')}\`\`\`\n\n${end}`);
}

async function main() {
  if (process.argv[2] !== '--write') {
    console.error('usage: table.mjs --write');
    process.exit(2);
  }
  const { measure } = await import('./measure.mjs');
  const ends = [];
  try {
    const measured = await measure({ after: (end) => ends.push(end) });
    for (const { row, skipped, crashes } of [...measured.clients, ...measured.programs]) {
      if (skipped) console.log(`${row.name}: left as it was: ${skipped}`);
      if (crashes?.length > 0) console.log(`${row.name}: uncaught: ${[...new Set(crashes)].join('; ')}`);
    }
    fs.writeFileSync(documentFile, withPages(withTables(fs.readFileSync(documentFile, 'utf8'), measured)));
  } finally {
    for (const end of ends) await end();
  }
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
