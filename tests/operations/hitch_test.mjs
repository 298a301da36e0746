// hitch in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkHitch, configureHitch, startHitch } from './support/hitch.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1' };

test('hitch takes hitch.conf', async (t) => {
  checkHitch(await configureHitch(t, nobody));
  const broken = await configureHitch(t, nobody, { more: [['write-proxy-v2 = off', 'write-proxy-v4 = off']] });
  assert.throws(() => checkHitch(broken), /write-proxy-v4/);
});

testProxy('hitch', startHitch, {
  protocols: ['http/1.1'], carriesPublishers: false, tellsAddresses: false, cutsSilence: false, whileAway: 'closed',
  reload: 'kept', inChromium: true,
});
