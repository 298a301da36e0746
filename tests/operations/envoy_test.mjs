// Envoy in front of the gateway, with the configuration of docs/operations/proxies. Debian has none: what is here runs where
// `envoy` is in PATH, or ENVOY_BIN names one. proxies_test.mjs holds the file to Envoy's schema anywhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkEnvoy, configureEnvoy, findEnvoy, startEnvoy } from './support/envoy.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1', grpc: '127.0.0.1:1', admin: '127.0.0.1:1' };

if (findEnvoy()) {
  test('Envoy takes envoy.yaml', async (t) => {
    checkEnvoy(await configureEnvoy(t, nobody));
    const broken = await configureEnvoy(t, nobody, { more: [['use_remote_address: true', 'use_remote_addresses: true']] });
    assert.throws(() => checkEnvoy(broken), /use_remote_addresses/);
  });

  testProxy('Envoy', startEnvoy, { reload: false, retries: [2000, 2999] });
} else {
  test('Envoy', { skip: 'there is no envoy in PATH, and ENVOY_BIN names none' }, () => {});
}
