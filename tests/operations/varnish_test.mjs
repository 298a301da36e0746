// Varnish in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testProxy } from './support/proxy_tests.mjs';
import { checkVarnish, configureVarnish, startVarnish } from './support/varnish.mjs';

const nobody = { http: '127.0.0.1:1', admin: '127.0.0.1:1' };

test('Varnish takes varnish.vcl', async (t) => {
  checkVarnish(await configureVarnish(t, nobody));
  const broken = await configureVarnish(t, nobody, { more: [['return (pipe);', 'return (pipes);']] });
  assert.throws(() => checkVarnish(broken), /pipes/);
});

testProxy('Varnish', startVarnish, { carriesPublishers: false, protocols: ['http/1.1'], reload: 'kept' });
