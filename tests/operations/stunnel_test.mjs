// stunnel in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testProxy } from './support/proxy_tests.mjs';
import { configureStunnel, failsToStart, startStunnel } from './support/stunnel.mjs';

test('stunnel does not take a file with a mistake', async (t) => {
  const broken = await configureStunnel(t, { http: '127.0.0.1:1' }, { more: [['TIMEOUTclose', 'TIMEOUTend']] });
  assert.match(await failsToStart(t, broken), /TIMEOUTend/);
});

testProxy('stunnel', startStunnel, {
  protocols: ['http/1.1'], carriesPublishers: false, tellsAddresses: false, whileAway: 'closed', reload: 'kept',
});
