// h2o with docs/operations/proxies/h2o.conf.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startGroup, temporaryDirectory, unpackedIn, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, environment, ca, port}. gateway: {http}. idleSeconds: the time-out of an idle stream.
export async function configureH2o(t, gateway, { idleSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'h2o');
  const { certificate, key, ca } = makeCertificate(directory);
  const [port] = await freePorts(1);
  const file = path.join(directory, 'h2o.conf');
  fs.writeFileSync(file, substitute(committed('h2o.conf'), [
    // Its user is there only where it is installed.
    ['user: debian-h2o\npid-file: /run/h2o.pid\nerror-log: /var/log/h2o/error.log\n',
      process.getuid() === 0 ? 'user: root\n' : ''],
    // More descriptors than a test may have.
    ['max-connections: 20000', 'max-connections: 400'],
    ['listen:\n  port: 443', `listen:\n  host: 127.0.0.1\n  port: ${port}`],
    ['/etc/h2o/tls/events.example.com.crt', certificate],
    ['/etc/h2o/tls/events.example.com.key', key],
    ['http://127.0.0.1:8080', `http://${gateway.http}`, 2],
    ...(idleSeconds ? [['proxy.timeout.io: 60000', `proxy.timeout.io: ${idleSeconds * 1000}`]] : []),
    ...more,
  ]));
  const environment = { ...process.env, H2O_ROOT: `${unpackedIn('h2o')}/usr` };
  return { file, environment, ca, port };
}

export const checkH2o = ({ file, environment: env }) =>
  execFileSync('h2o', ['-t', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'], env });

export async function startH2o(t, gateway, options) {
  const { file, environment: env, ca, port } = await configureH2o(t, gateway, options);
  const program = startGroup(t, 'h2o', ['-m', 'master', '-c', file], { env });
  await waitUntilListening(program, [port]);
  return { program, ca, url: `https://127.0.0.1:${port}`, reload: () => program.child.kill('SIGHUP') };
}
