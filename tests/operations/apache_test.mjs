// Apache in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkApache, configureApache, startApache } from './support/apache.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1' };

test('Apache takes apache.conf', async (t) => {
  checkApache(await configureApache(t, nobody));
  const broken = await configureApache(t, nobody, { more: [['ProxyPreserveHost On', 'ProxyPreserveHosts On']] });
  assert.throws(() => checkApache(broken), /Invalid command 'ProxyPreserveHosts'/);
});

testProxy('Apache', startApache, { carriesPublishers: false, reload: 'kept', retries: [2000, 2999], noticesLeaving: [], streamsOnOne: 6 });
