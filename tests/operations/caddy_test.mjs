// Caddy in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkCaddy, configureCaddy, startCaddy } from './support/caddy.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1', admin: '127.0.0.1:1' };

test('Caddy takes the Caddyfile', async (t) => {
  checkCaddy(await configureCaddy(t, nobody));
  const broken = await configureCaddy(t, nobody, { more: [['lb_retries 1', 'lb_retry 1']] });
  assert.throws(() => checkCaddy(broken), /lb_retry/);
});

testProxy('Caddy', startCaddy, { carriesPublishers: false, reload: 'kept' });
