// The programs as shipped are hardened as cmake/Hardening.cmake says: read back from the binaries, since a flag that
// is there may still have done nothing.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { gatewayBinary, hostDashboardBinary, root } from '../integration/gateway.mjs';

const noReadelf = spawnSync('readelf', ['--version']).status === 0 ? false : 'needs readelf, of binutils';
const readelf = (file, ...options) =>
  execFileSync('readelf', ['--wide', ...options, file], { encoding: 'utf8', maxBuffer: 1 << 30 });

// What is not as it should be, one a line.
function faultsOf(file) {
  const faults = [];
  const must = (holds, fault) => { if (!holds) faults.push(fault); };

  const dynamic = readelf(file, '--dynamic');
  must(/\(FLAGS\).*\bBIND_NOW\b|\(BIND_NOW\)|\(FLAGS_1\).*\bNOW\b/.test(dynamic), 'symbols are bound while it runs');
  must(/\(FLAGS_1\).*\bPIE\b/.test(dynamic), 'it is loaded at a fixed address');
  must(!/\((RPATH|RUNPATH|TEXTREL)\)/.test(dynamic), 'it names a directory of libraries, or its code is written to');

  must(/^\s*Type:\s+DYN\b/m.test(readelf(file, '--file-header')), 'it is no position independent executable');
  const segments = readelf(file, '--segments');
  must(/^\s*GNU_RELRO\s/m.test(segments), 'the tables of addresses can be written');
  must(/^\s*GNU_STACK\s.*\sRW\s/m.test(segments), 'the stack can be executed');
  for (const [, flags] of segments.matchAll(/^\s*LOAD\s+(?:0x\S+\s+){5}(.*?)\s+0x\S+$/gm)) {
    must(!/W.*E/.test(flags), 'memory that is written can be executed');
  }

  const imported = readelf(file, '--dyn-syms');
  must(/\sUND\s+__stack_chk_fail\b/.test(imported), 'no frame has a canary');
  must(/\sUND\s+__\w+_chk\b/.test(imported.replaceAll('__stack_chk_fail', '')), 'no function of the C library is checked');
  must(/\sUND\s+_ZSt21__glibcxx_assert_fail/.test(imported), 'the standard library checks nothing');
  return faults;
}

// The switches that each of our own sources was compiled with: the compiler records them.
const switches = ['-fstack-protector-strong', '-fstack-clash-protection', '-fPIE',
  ...(process.arch === 'x64' ? ['-fcf-protection=full'] : [])];

function unhardenedSources(file) {
  const faults = [];
  let producer = '';
  for (const line of readelf(file, '--debug-dump=info', '--dwarf-depth=1').split('\n')) {
    const [, name, value] = line.match(/DW_AT_(producer|name)\s*:\s*(?:\([^)]*\):? ?)*(.*)$/) ?? [];
    if (name === 'producer') producer = value;
    if (name !== 'name' || !/\.(cc|cpp|ipp)\s*$/.test(value)) continue;
    const missing = switches.filter((flag) => !producer.includes(flag));
    if (missing.length > 0) faults.push(`${value}: ${missing.join(' ')}`);
  }
  return { faults, any: producer !== '' };
}

for (const file of [gatewayBinary, hostDashboardBinary]) {
  const name = path.basename(file);
  test(`${name} is hardened`, { skip: noReadelf }, () => assert.deepEqual(faultsOf(file), []));

  test(`each source of ${name} is`, { skip: noReadelf }, () => {
    const { faults, any } = unhardenedSources(file);
    assert.ok(any, 'the binary says what it was compiled with');
    assert.deepEqual(faults, []);
  });

  // The mark that lets a kernel check it takes a C library whose start files have it: Debian 12's have not.
  test(`functions of ${name} begin with the mark of an indirect jump's end`,
    { skip: noReadelf || (process.arch !== 'x64' && 'x86 alone has it') }, () => {
      const symbols = [...readelf(file, '--symbols').matchAll(/:\s+([0-9a-f]{16})\s+\d+\s+FUNC\s+(?:GLOBAL|LOCAL)\s+\S+\s+\d+\s+(\S+)$/gm)];
      const main = symbols.find(([, , symbol]) => symbol === 'main');
      assert.ok(main, 'main is there');
      const address = Number.parseInt(main[1], 16);
      const code = [...readelf(file, '--segments')
        .matchAll(/^\s*LOAD\s+0x(\S+)\s+0x(\S+)\s+0x\S+\s+0x(\S+)\s+0x\S+\s+R\s+E\s/gm)]
        .map((match) => match.slice(1).map((hex) => Number.parseInt(hex, 16)))
        .find(([, start, size]) => address >= start && address < start + size);
      const bytes = Buffer.alloc(4);
      const descriptor = fs.openSync(file);
      fs.readSync(descriptor, bytes, 0, 4, code[0] + address - code[1]);
      fs.closeSync(descriptor);
      assert.equal(bytes.toString('hex'), 'f30f1efa', 'endbr64');
    });
}

test('a program without all that is seen', { skip: noReadelf || (spawnSync('g++', ['--version']).status !== 0 && 'needs g++') }, (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardening-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const source = path.join(directory, 'soft.cc');
  const program = path.join(directory, 'soft');
  fs.writeFileSync(source, '#include <cstdio>\nint main() { std::puts("soft"); }\n');
  execFileSync('g++', ['-g1', '-O2', '-fno-pie', '-no-pie', '-fno-stack-protector', '-fcf-protection=none', '-U_FORTIFY_SOURCE',
    '-Wl,-z,norelro,-z,lazy,-z,execstack', source, '-o', program]);
  assert.equal(faultsOf(program).length, 8, faultsOf(program).join('\n'));
  assert.equal(unhardenedSources(program).faults.length, 1);
});

test('the image is built with the same preset, and no flags of its own', () => {
  const dockerfile = fs.readFileSync(path.join(root, 'Dockerfile'), 'utf8');
  assert.match(dockerfile, /cmake --preset release /);
  assert.doesNotMatch(dockerfile, /C(XX|C)?FLAGS|CMAKE_CXX_FLAGS|SSEGW_SANITIZER|CMAKE_BUILD_TYPE/);
});
