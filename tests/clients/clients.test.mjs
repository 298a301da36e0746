// Every client of docs/clients.md against the real gateway: its tables are what this run measures, cell by
// cell, and the code that it shows is what this run runs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { measure } from './measure.mjs';
import { missingProgram, programs, totalTimeoutOfAiohttp } from './programs.mjs';
import { roster } from './roster.mjs';
import { cellsOf, documentCells, documentFile, withPages } from './table.mjs';

const text = fs.readFileSync(documentFile, 'utf8');
const hint = 'run node tests/clients/table.mjs --write and look at what changed';

test('the pages that the document shows are those that are run', () => {
  assert.equal(text, withPages(text), hint);
  for (const { setting, page } of roster.filter((row) => row.setting)) {
    assert.match(text, new RegExp(`<!-- code: pages/${page}\\.mjs -->`), `the document does not show ${page}`);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
    assert.ok(headings.includes(setting), `the document has no heading ${setting}`);
  }
});

const anchorOf = (heading) => heading.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replaceAll(' ', '-');

test('what the clients do is what the tables say', { timeout: 600_000 }, async (t) => {
  const measured = await measure(t);
  const differs = ({ table, row, skipped, cells }) =>
    !skipped && !isDeepStrictEqual(cells, documentCells(text, table)[row]);
  for (const client of new Set(cellsOf(measured).filter(differs).map((row) => row.client))) {
    t.diagnostic(`measured once more: ${client.row.page ?? client.row.file}: ${JSON.stringify(client.words)}`);
    await measured.again(client);
  }
  const rows = cellsOf(measured);
  for (const table of ['clients', 'answers', 'programs']) {
    const documented = documentCells(text, table);
    const inTable = rows.filter((row) => row.table === table);
    await t.test(`${table}: the document has these rows and no others`, () => {
      assert.deepEqual(Object.keys(documented), inTable.map(({ row }) => row), hint);
    });
    for (const { row, skipped, cells, client } of inTable) {
      await t.test(`${table}: ${row}`, { skip: skipped }, () => {
        assert.deepEqual(cells, documented[row], `${hint}; seen: ${JSON.stringify(client.details)}`);
        assert.deepEqual(client.crashes ?? [], [], 'exceptions that nobody caught');
      });
    }
  }
  const aiohttp = programs.find(({ file }) => file === 'with_aiohttp.py');
  await t.test('the total timeout of aiohttp cuts a healthy stream', { skip: missingProgram(aiohttp) }, async () => {
    const { defaultSeconds, livedMs, error } = await totalTimeoutOfAiohttp(measured.world);
    assert.equal(defaultSeconds, 300);
    assert.equal(error, 'TimeoutError');
    assert.ok(livedMs >= 900 && livedMs < 5_000, `it lived ${livedMs} ms`);
  });
});
