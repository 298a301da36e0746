// h2o in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkH2o, configureH2o, startH2o } from './support/h2o.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1' };

test('h2o takes h2o.conf', async (t) => {
  checkH2o(await configureH2o(t, nobody));
  const broken = await configureH2o(t, nobody, { more: [['proxy.preserve-host: ON', 'proxy.preserve-hosts: ON']] });
  assert.throws(() => checkH2o(broken), /unknown command: proxy.preserve-hosts/);
});

testProxy('h2o', startH2o, { carriesPublishers: false, reload: 'kept', holdsLittle: false, noticesLeaving: ['h2'] });
