// HAProxy in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../integration/gateway.mjs';
import { checkHaproxy, configureHaproxy, startHaproxy } from './support/haproxy.mjs';
import { answerTo } from './support/proxy_ports.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1', grpc: '127.0.0.1:1', admin: '127.0.0.1:1' };

test('HAProxy takes haproxy.cfg', async (t) => {
  checkHaproxy(await configureHaproxy(t, nobody));
  const broken = await configureHaproxy(t, nobody, { more: [['option http-no-delay', 'option http-nodelay']] });
  assert.throws(() => checkHaproxy(broken), /unknown option 'http-nodelay'/);
});

test('HAProxy logs a request without its ticket', async (t) => {
  const { url, ca, program } = await startHaproxy(t, nobody);
  await answerTo(`${url}/v1/snapshot?topic=a&ticket=sealed`, ca);
  const log = () => program.stdout + program.stderr;
  await waitFor(() => `a line in ${log()}`, () => /"GET .*\/v1\/snapshot HTTP/.test(log()));
  assert.doesNotMatch(log(), /sealed/);
});

// Without tune.sndbuf.client and tune.rcvbuf.server it is some 6 s.
testProxy('HAProxy', startHaproxy, { addedMs: 1_500, inChromium: true });
