// nginx in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkNginx, configureNginx, startNginx } from './support/nginx.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1', grpc: '127.0.0.1:1' };

test('nginx takes nginx.conf', async (t) => {
  checkNginx(await configureNginx(t, nobody));
  const broken = await configureNginx(t, nobody, { more: [['proxy_buffering off;', 'proxy_bufering off;']] });
  assert.throws(() => checkNginx(broken), /unknown directive "proxy_bufering"/);
});

// It cannot bound what the kernel receives from the gateway; without sndbuf it is some 6 s.
testProxy('nginx', startNginx, { addedMs: 4_500, inChromium: true });
