// HAProxy in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkHaproxy, configureHaproxy, startHaproxy } from './support/haproxy.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1', grpc: '127.0.0.1:1', admin: '127.0.0.1:1' };

test('HAProxy takes haproxy.cfg', async (t) => {
  checkHaproxy(await configureHaproxy(t, nobody));
  const broken = await configureHaproxy(t, nobody, { more: [['option http-no-delay', 'option http-nodelay']] });
  assert.throws(() => checkHaproxy(broken), /unknown option 'http-nodelay'/);
});

// Without tune.sndbuf.client and tune.rcvbuf.server it is some 6 s.
testProxy('HAProxy', startHaproxy, { addedMs: 1_500, inChromium: true });
