// The SBOM of a program: SPDX 2.3 with what its readers ask for, and the packages that the program really links.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { gatewayBinary, hostDashboardBinary, root } from '../integration/gateway.mjs';

const skip = spawnSync('dpkg-query', ['--search', '/bin/sh']).status === 0 ? false : 'it is of Debian\'s packages';
const sbomOf = (program, env = {}) => JSON.parse(execFileSync('python3', [path.join(root, 'scripts/sbom.py'), program],
  { encoding: 'utf8', env: { ...process.env, ...env } }));

for (const program of [gatewayBinary, hostDashboardBinary]) {
  const name = path.basename(program);

  // SPDX 2.3, annex and sections 6 to 11: what is mandatory.
  test(`the SBOM of ${name} is SPDX 2.3`, { skip }, () => {
    const sbom = sbomOf(program);
    assert.equal(sbom.spdxVersion, 'SPDX-2.3');
    assert.equal(sbom.dataLicense, 'CC0-1.0');
    assert.equal(sbom.SPDXID, 'SPDXRef-DOCUMENT');
    assert.ok(sbom.name);
    assert.ok(URL.canParse ? URL.canParse(sbom.documentNamespace) : new URL(sbom.documentNamespace));
    assert.doesNotMatch(sbom.documentNamespace, /#/);
    assert.match(sbom.creationInfo.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(sbom.creationInfo.creators[0], /^Tool: /);
    const ids = sbom.packages.map(({ SPDXID }) => SPDXID);
    assert.equal(new Set(ids).size, ids.length);
    for (const entry of sbom.packages) {
      assert.match(entry.SPDXID, /^SPDXRef-[A-Za-z0-9.-]+$/);
      for (const field of ['name', 'versionInfo', 'downloadLocation', 'licenseConcluded', 'licenseDeclared', 'copyrightText']) {
        assert.ok(entry[field], `${field} of ${entry.name}`);
      }
      assert.equal(entry.filesAnalyzed, false);
    }
    for (const { spdxElementId, relatedSpdxElement, relationshipType } of sbom.relationships) {
      assert.match(relationshipType, /^(DESCRIBES|DYNAMIC_LINK|STATIC_LINK|CONTAINS|BUILD_DEPENDENCY_OF)$/);
      for (const id of [spdxElementId, relatedSpdxElement]) assert.ok(id === 'SPDXRef-DOCUMENT' || ids.includes(id), id);
    }
    assert.equal(sbom.relationships.filter(({ relationshipType }) => relationshipType === 'DESCRIBES').length, 1);
    assert.equal(sbom.relationships.length, sbom.packages.length, 'each package has a place');
  });

  test(`the SBOM of ${name} has the packages that it links, as dpkg knows them`, { skip }, () => {
    const sbom = sbomOf(program);
    const byId = new Map(sbom.packages.map((entry) => [entry.SPDXID, entry]));
    const linked = sbom.relationships.filter(({ relationshipType }) => relationshipType === 'DYNAMIC_LINK')
      .map(({ relatedSpdxElement }) => byId.get(relatedSpdxElement));
    // By the other way round: does a package list the file?
    const files = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g).map((file) => fs.realpathSync(file));
    const lists = linked.map(({ name: entry }) => execFileSync('dpkg-query', ['--listfiles', entry], { encoding: 'utf8' })
      .split('\n').filter((file) => file.includes('.so')).map((file) => (fs.existsSync(file) ? fs.realpathSync(file) : file)));
    for (const file of files) assert.ok(lists.some((list) => list.includes(file)), `${file} is of no package of the SBOM`);
    for (const [i, list] of lists.entries()) {
      assert.ok(list.some((file) => files.includes(file)), `${linked[i].name} is not linked`);
    }
    for (const { name: entry, versionInfo, externalRefs } of linked) {
      const version = execFileSync('dpkg-query', ['--show', '-f', '${Version}\n', entry], { encoding: 'utf8' }).split('\n')[0];
      assert.equal(versionInfo, version, entry);
      assert.match(externalRefs[0].referenceLocator, /^pkg:deb\/debian\/[a-z0-9.%+-]+@[^?]+\?arch=\w+&distro=debian-12$/i);
    }
  });
}

test('what is in the gateway without being linked is named', { skip }, () => {
  const sbom = sbomOf(gatewayBinary);
  const kinds = new Map(sbom.relationships.map(({ relationshipType, relatedSpdxElement }) => [relatedSpdxElement, relationshipType]));
  const kindOf = (name) => kinds.get(sbom.packages.find((entry) => entry.name === name)?.SPDXID);
  assert.equal(kindOf('libboost1.81-dev'), 'STATIC_LINK');
  assert.equal(kindOf('libjs-chart.js'), 'CONTAINS');
  assert.equal(kindOf('libgrpc++1.51'), 'DYNAMIC_LINK');
});

test('an SBOM of the same program is the same', { skip }, () => {
  const env = { SOURCE_DATE_EPOCH: '1790000000' };
  assert.deepEqual(sbomOf(gatewayBinary, env), sbomOf(gatewayBinary, env));
});
