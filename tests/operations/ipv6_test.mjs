// A cluster without IPv4: the gateway, a publisher, a reader and the health check in a network namespace that has IPv6
// addresses alone.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { gatewayBinary, hostDashboardBinary, Program } from '../integration/gateway.mjs';

// fd00::1 stands for a pod's address. Whatever runs behind it has no IPv4, not even loopback's.
const namespace = 'ip link set lo up && ip addr del 127.0.0.1/8 dev lo && ip -6 addr add fd00::1/128 dev lo nodad && ';
const inNamespace = (script) => spawnSync('unshare', ['--net', 'bash', '-c', namespace + script], { encoding: 'utf8' });
const tried = inNamespace('ip -4 addr show dev lo && ip -6 addr show dev lo');
const skip = tried.status === 0 && tried.stdout.includes('fd00::1') && !tried.stdout.includes('127.0.0.1') ? false
  : `no network namespace with IPv6 alone: ${tried.error?.message ?? tried.stderr}`.trim();

// Runs in the namespace of a program that runs there.
const beside = (t, program, command, args, options) =>
  new Program(t, 'nsenter', ['--net', '--target', `${program.child.pid}`, '--', command, ...args], options);

test('gateway, publisher and reader by IPv6 alone', { skip }, async (t) => {
  // exec: the child is the gateway itself.
  const gateway = new Program(t, 'unshare', ['--net', 'bash', '-c',
    `${namespace}exec "$0" --http_listen=:0 --grpc_listen=:0 --admin_listen=:0 --drain_delay=0s --drain_window=1s`, gatewayBinary]);
  const [line] = await gateway.logged(/^.*msg=listening.*$/m);
  const port = (name) => line.match(new RegExp(`\\b${name}=\\S*:(\\d+)`))[1];

  for (const host of ['[fd00::1]', '[::1]']) {
    const publisher = beside(t, gateway, hostDashboardBinary, [`--target=${host}:${port('grpc')}`, '--id=six', '--interval=100ms']);
    await publisher.logged(/publishing to/);
    const reader = beside(t, gateway, 'curl', ['--silent', '--no-buffer', '--max-time', '20',
      `http://${host}:${port('http')}/v1/events?topic=dashboards.six`]);
    await new Promise((resolve, reject) => {
      reader.child.stdout.on('data', () => { if (/^data: \{"id":"six"/m.test(reader.stdout)) resolve(); });
      reader.closed.then(() => reject(new Error(`no event came: ${reader.stdout}`)), reject);
    });
    await reader.end();
    await publisher.end();
  }

  // The health check of the image: it is told where the gateway listens, and nothing of addresses.
  const probe = beside(t, gateway, gatewayBinary, ['--probe=readyz'],
    { env: { ...process.env, SSE_GATEWAY_ADMIN_LISTEN: `:${port('admin')}` } });
  const { code } = await probe.closed;
  assert.equal(code, 0, probe.stdout + probe.stderr);
  // As the kubelet asks, and Prometheus.
  for (const page of ['readyz', 'metrics']) {
    const asked = beside(t, gateway, 'curl', ['--silent', '--fail', '--output', '/dev/null', `http://[fd00::1]:${port('admin')}/${page}`]);
    assert.equal((await asked.closed).code, 0, page);
  }
  assert.deepEqual(await gateway.end(), { code: 0, signal: null });
});
