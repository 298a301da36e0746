// lighttpd in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkLighttpd, configureLighttpd, startLighttpd } from './support/lighttpd.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1' };

test('lighttpd takes lighttpd.conf', async (t) => {
  checkLighttpd(await configureLighttpd(t, nobody));
  const broken = await configureLighttpd(t, nobody, { more: [['proxy.balance = "least-connection"', 'proxy.balance = 1']] });
  assert.throws(() => checkLighttpd(broken), /proxy.balance should have been a string/);
});

testProxy('lighttpd', startLighttpd, { carriesPublishers: false, streamsOnOne: 8 });
