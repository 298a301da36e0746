// Traffic Server in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testProxy } from './support/proxy_tests.mjs';
import { checkTrafficServer, configureTrafficServer, startTrafficServer } from './support/trafficserver.mjs';

const nobody = { http: '127.0.0.1:1' };

test('Traffic Server takes records.config', async (t) => {
  checkTrafficServer(await configureTrafficServer(t, nobody));
});

testProxy('Traffic Server', startTrafficServer, { carriesPublishers: false, reload: 'kept' });
