// The Dockerfile, without an engine: what it says is true of the tree, and what its last stage is made of runs as it
// would in a container: as nobody, on a file system that is read-only and has nothing else.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { gatewayBinary, hostDashboardBinary, Program, root, startGateway } from '../integration/gateway.mjs';
import { isIgnored, parseDockerfile } from './support/dockerfile.mjs';
import { gatewayOf, named, projectVersion, render, whyNoKubectl } from './support/manifests.mjs';

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

const stages = parseDockerfile(read('Dockerfile'));
const stage = (name) => stages.find((s) => s.name === name);
const only = (name, instruction) => {
  const found = stage(name).instructions.filter((i) => i.name === instruction);
  assert.equal(found.length, 1, `${instruction} of ${name}`);
  return found[0];
};
const images = ['host_dashboard', 'gateway'];
const copies = stages.flatMap(({ instructions }) => instructions)
  .filter(({ name, options }) => name === 'COPY' && !options.from);
const sources = copies.flatMap(({ words }) => words.slice(0, -1));

// A list of ours may be read by mawk, gawk or busybox.
const packagesIn = (section, awk) =>
  execFileSync('awk', ['-v', `want=${section}`, awk, 'cmake/packages.txt'], { cwd: root, encoding: 'utf8' }).split('\n');

test('what is copied exists, and is not ignored', () => {
  const ignore = read('.dockerignore');
  for (const source of sources) {
    assert.ok(fs.existsSync(path.join(root, source)), source);
    const files = execFileSync('git', ['-c', `safe.directory=${root}`, 'ls-files', source], { cwd: root, encoding: 'utf8' });
    const taken = files.trim().split('\n').filter((file) => !isIgnored(ignore, file));
    assert.ok(taken.length > 0, `${source} is ignored`);
  }
});

test('what is not copied is ignored', () => {
  const ignore = read('.dockerignore');
  for (const file of ['build/release/bin/sse-gateway', '.git/config', 'tests/CMakeLists.txt', 'docs/README.md', 'secret']) {
    assert.ok(isIgnored(ignore, file), file);
  }
  for (const [, kept] of ignore.matchAll(/^!(.*)$/gm)) {
    assert.ok(sources.some((source) => kept === source || kept.startsWith(`${source}/`) || source.startsWith(`${kept}/`)),
      `${kept} is kept, and nobody copies it`);
  }
});

test('the packages come from the one list, by the way that it says', () => {
  const [, awk] = read('cmake/packages.txt').match(/awk -v want=run '(.*)'/);
  const { text } = only('packages', 'RUN');
  assert.ok(text.includes(`'${awk}'`), text);
  const sections = [...text.matchAll(/\$\(packages ([a-z-]+)\)/g)].map(([, section]) => section);
  assert.deepEqual(sections, ['run', 'build']);
  for (const section of sections) {
    const listed = packagesIn(section, awk).filter(Boolean);
    const [, block] = read('cmake/packages.txt').match(new RegExp(`^\\[${section}\\].*\\n((?:.+\\n)*)`, 'm'));
    assert.deepEqual(listed, block.trim().split('\n').map((line) => line.split(/\s+/)[0]));
    assert.ok(listed.length > 3, section);
  }
});

test('a change of the sources installs no package anew', () => {
  const copied = stage('packages').instructions.filter(({ name }) => name === 'COPY').flatMap(({ words }) => words.slice(0, -1));
  assert.deepEqual(copied, ['cmake/packages.txt']);
});

for (const name of images) {
  test(`${name}: begins with nothing, and runs by number as somebody without rights`, () => {
    assert.equal(stage(name).base, 'scratch');
    assert.match(only(name, 'USER').text, /^[1-9]\d+:[1-9]\d+$/);
    assert.equal(only(name, 'STOPSIGNAL').text, 'SIGTERM');
    assert.equal(JSON.parse(only(name, 'ENTRYPOINT').text).length, 1);
    assert.deepEqual(stage(name).instructions.filter((i) => i.name === 'RUN'), []);
  });

  test(`${name}: says what it is`, () => {
    const labels = Object.fromEntries([...only(name, 'LABEL').text.matchAll(/(\S+?)="([^"]*)"/g)].map(([, k, v]) => [k, v]));
    assert.equal(labels['org.opencontainers.image.version'], projectVersion());
    assert.equal(labels['org.opencontainers.image.licenses'], 'Apache-2.0');
    assert.ok(labels['org.opencontainers.image.title'] && labels['org.opencontainers.image.description']);
  });
}

test('the gateway is what is built where no target is named', () => {
  assert.equal(stages.at(-1).name, 'gateway');
  const help = execFileSync(gatewayBinary, ['--help'], { encoding: 'utf8' });
  const ports = ['http', 'grpc', 'admin'].map((name) => help.match(new RegExp(`--${name}_listen=\\S*:(\\d+)`))[1]);
  assert.deepEqual(only('gateway', 'EXPOSE').words, ports);
});

test('image and manifests agree', { skip: whyNoKubectl() ?? false }, () => {
  const { spec } = named(render('gateway'), 'Deployment', 'sse-gateway').spec.template;
  const { runAsUser, runAsGroup } = spec.securityContext;
  assert.equal(only('gateway', 'USER').text, `${runAsUser}:${runAsGroup}`);
  assert.deepEqual(gatewayOf(spec).ports.map(({ containerPort }) => `${containerPort}`), only('gateway', 'EXPOSE').words);
  assert.equal(gatewayOf(spec).command, undefined, 'the image says what is run');
});

test('the health check is the gateway itself, and passes where it serves', async (t) => {
  const [program, ...args] = JSON.parse(only('gateway', 'HEALTHCHECK').text.match(/CMD (\[.*\])$/)[1]);
  assert.deepEqual([program], JSON.parse(only('gateway', 'ENTRYPOINT').text));
  const gateway = await startGateway(t);
  const probe = (admin) => spawnSync(gatewayBinary, args, { env: { SSE_GATEWAY_ADMIN_LISTEN: admin }, encoding: 'utf8' });
  const passed = probe(gateway.admin);
  assert.equal(passed.status, 0, passed.stderr);
  assert.equal(probe('127.0.0.1:1').status, 1);
});

// Where the libraries are not Debian's packages there is no image to be made.
const hasDpkg = spawnSync('dpkg-query', ['--search', '/bin/sh']).status === 0;
const noRoot = !hasDpkg ? 'image_root.sh needs Debian' : false;

function imageRoot(t, program) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'image-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const target = path.join(directory, 'root');
  execFileSync(path.join(root, 'scripts/image_root.sh'), [target, program]);
  return target;
}

const filesIn = (directory) => fs.readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => !entry.isDirectory())
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name).slice(directory.length));

test('an image has the program, what it links, and nothing else', { skip: noRoot }, (t) => {
  const target = imageRoot(t, gatewayBinary);
  const linked = execFileSync('ldd', [gatewayBinary], { encoding: 'utf8' }).match(/\/lib\S+/g);
  const etc = ['passwd', 'group', 'nsswitch.conf', 'os-release'].map((name) => `/etc/${name}`);
  const files = filesIn(target);
  const about = files.filter((file) => /^\/(usr\/share\/doc\/[^/]+\/copyright|var\/lib\/dpkg\/status\.d\/[^/]+)$/.test(file));
  // Whom libcurl trusts, for the keys of tokens.
  const trusted = '/etc/ssl/certs/ca-certificates.crt';
  const expected = new Set(['/usr/local/bin/sse-gateway', trusted, ...linked, ...etc, ...about]);
  assert.deepEqual(new Set(files), expected);
  // Scanners see every package by name and version.
  for (const name of ['libc6', 'libssl3', 'libgrpc++1.51']) {
    const status = fs.readFileSync(path.join(target, 'var/lib/dpkg/status.d', name), 'utf8');
    assert.match(status, new RegExp(`^Package: ${name.replaceAll('+', '\\+')}\n(.*\n)*Version: \\d`));
    assert.ok(files.includes(`/usr/share/doc/${name}/copyright`), name);
  }
});

test('an image whose program misses a library is not made', { skip: noRoot }, (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'image-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const broken = path.join(directory, 'broken');
  const bytes = fs.readFileSync(gatewayBinary, 'latin1').replace('libgrpc++.so', 'libgone++.so');
  fs.writeFileSync(broken, bytes, 'latin1');
  fs.chmodSync(broken, 0o755);
  const { status, stderr } = spawnSync(path.join(root, 'scripts/image_root.sh'), [path.join(directory, 'root'), broken],
    { encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /libgone\+\+\.so\S* => not found/);
});

// As another user, on a read-only file system that has nothing else: takes root, as it does to start a container.
const noChroot = noRoot || (process.getuid() !== 0 && 'chroot needs root') ||
  (spawnSync('unshare', ['--mount', 'true']).status !== 0 && 'this system lets nobody have a mount namespace');

function runInImage(t, target, program, ...args) {
  const [user] = only('gateway', 'USER').words;
  const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec chroot --userspec="$1" "$0" "${@:2}"';
  return new Program(t, 'unshare', ['--mount', 'bash', '-c', script, target, user, `/usr/local/bin/${program}`, ...args],
    { env: {} });
}

test('the gateway serves from its image, read-only and as nobody', { skip: noChroot }, async (t) => {
  const gateway = runInImage(t, imageRoot(t, gatewayBinary), 'sse-gateway', '--http_listen=127.0.0.1:0',
    '--grpc_listen=127.0.0.1:0', '--admin_listen=127.0.0.1:0', '--drain_delay=0s', '--drain_window=1s');
  const [line] = await gateway.logged(/^.*msg=listening.*$/m);
  const [, admin] = line.match(/\badmin=(\S+)/);
  const [, grpc] = line.match(/\bgrpc=(\S+)/);
  for (const page of ['/healthz', '/readyz', '/metrics']) {
    assert.equal((await fetch(`http://${admin}${page}`)).status, 200, page);
  }
  const status = fs.readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
  assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m);

  const publisher = runInImage(t, imageRoot(t, hostDashboardBinary), 'host_dashboard', `--target=${grpc}`, '--interval=100ms');
  await publisher.logged(/publishing to/);
  assert.deepEqual(await publisher.end(), { code: 0, signal: null });
  assert.deepEqual(await gateway.end(), { code: 0, signal: null });
});
