// nginx in front of the gateway, with the configuration of docs/operations/proxies.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { waitFor } from '../integration/gateway.mjs';
import { checkNginx, configureNginx, startNginx } from './support/nginx.mjs';
import { answerTo, temporaryDirectory } from './support/proxy_ports.mjs';
import { testProxy } from './support/proxy_tests.mjs';

const nobody = { http: '127.0.0.1:1', grpc: '127.0.0.1:1' };

test('nginx takes nginx.conf', async (t) => {
  checkNginx(await configureNginx(t, nobody));
  const broken = await configureNginx(t, nobody, { more: [['proxy_buffering off;', 'proxy_bufering off;']] });
  assert.throws(() => checkNginx(broken), /unknown directive "proxy_bufering"/);
});

test('nginx logs a request without its ticket', async (t) => {
  const file = path.join(temporaryDirectory(t, 'log'), 'access.log');
  const { url, ca } = await startNginx(t, nobody, { accessLog: `${file} events` });
  await answerTo(`${url}/v1/snapshot?topic=a&ticket=sealed`, ca);
  const log = await waitFor('a line', () => fs.existsSync(file) && fs.readFileSync(file, 'utf8'));
  assert.match(log, /"GET \/v1\/snapshot HTTP/);
  assert.doesNotMatch(log, /sealed/);
});

// It cannot bound what the kernel receives from the gateway; without sndbuf it is some 6 s.
testProxy('nginx', startNginx, { addedMs: 4_500, inChromium: true });
