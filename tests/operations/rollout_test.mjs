// A rollout as the component publish-to-all has it: a new gateway is there beside the old one, is published to before
// browsers are sent to it, and then the old one leaves. The name that publishers resolve is a line of /etc/hosts.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { hostDashboardBinary, metric, Program, startGateway, subscribe, waitFor } from '../integration/gateway.mjs';

const name = 'sse-gateway-pods';

// In a mount namespace of its own a file takes the place of /etc/hosts.
const unshare = ['--mount', ...(process.getuid() === 0 ? [] : ['--map-root-user'])];
const { status } = spawnSync('unshare', [...unshare, 'mount', '--bind', '/dev/null', '/etc/hosts']);
const skip = status === 0 ? false : 'this system lets nobody have a mount namespace';

test('host_dashboard publishes to every address, and a rollout leaves no page empty', { skip }, async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rollout-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const hosts = path.join(directory, 'hosts');
  const setPods = (...addresses) => fs.writeFileSync(hosts, addresses.map((a) => `${a} ${name}\n`).join(''));

  const old = await startGateway(t, { http: '127.0.0.2:0', grpc: '127.0.0.2:0' });
  const port = old.grpc.split(':')[1];
  setPods('127.0.0.2');
  const publisher = new Program(t, 'unshare', [
    ...unshare, 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts,
    hostDashboardBinary, `--target=${name}:${port}`, '--every_address', '--id=rollout', '--interval=100ms',
  ]);
  const before = await subscribe(t, old, 'topic=dashboards.rollout');
  await waitFor('events of the old gateway', () => before.length >= 3);

  // The new one is in the name before it is ready for browsers.
  const fresh = await startGateway(t, { http: '127.0.0.3:0', grpc: `127.0.0.3:${port}` });
  setPods('127.0.0.2', '127.0.0.3');
  await waitFor('a snapshot in the new gateway', async () => (await metric(fresh, 'sse_gateway_snapshot_keys')) === 1);

  const ended = old.program.end('SIGTERM');
  const after = await subscribe(t, fresh, 'topic=dashboards.rollout');
  await waitFor('the first event of the new gateway', () => after.length >= 1);
  assert.equal(after[0].data.id, 'rollout');
  assert.equal((await ended).code, 0);
  assert.ok(before.some(({ event, data }) => event === 'gateway.bye' && data.reason === 'drain'));

  setPods('127.0.0.3');
  await publisher.logged(/no gateway at 127\.0\.0\.2:\d+ any more/);
  const soFar = after.length;
  await waitFor('more events of the new gateway', () => after.length >= soFar + 3);
  assert.deepEqual(await publisher.end(), { code: 0, signal: null });
});
