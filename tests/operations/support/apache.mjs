// Apache with docs/operations/proxies/apache.conf.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startGroup, temporaryDirectory, unpackedIn, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, ca, port}. gateway: {http}. idleSeconds: the time-out of an idle stream.
export async function configureApache(t, gateway, { idleSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'apache');
  // The workers are another user where the test runs as root.
  fs.chmodSync(directory, 0o711);
  const pages = path.join(directory, 'pages');
  fs.mkdirSync(pages);
  fs.writeFileSync(path.join(pages, 'away.shtml'), committed('apache-away.shtml'));
  const { certificate, key, ca } = makeCertificate(directory);
  const [port, awayPort] = await freePorts(2);
  const file = path.join(directory, 'apache.conf');
  fs.writeFileSync(file, substitute(committed('apache.conf'), [
    ['ServerRoot /usr', `ServerRoot ${unpackedIn('apache2')}/usr`],
    ['DefaultRuntimeDir /run/apache2', `DefaultRuntimeDir ${directory}`],
    ['/run/apache2/apache2.pid', `${directory}/pid`],
    ['ErrorLog /var/log/apache2/error.log', `ErrorLog ${directory}/log`],
    ['TypesConfig /etc/mime.types', 'TypesConfig /dev/null'],
    ['Listen 443', `Listen 127.0.0.1:${port}`],
    ['VirtualHost *:443', `VirtualHost 127.0.0.1:${port}`],
    ['127.0.0.1:8079', `127.0.0.1:${awayPort}`, 3],
    ['/etc/apache2/tls/events.example.com.crt', certificate],
    ['/etc/apache2/tls/events.example.com.key', key],
    ['/etc/apache2/sse-gateway', pages, 3],
    ['BalancerMember http://127.0.0.1:8080 ', `BalancerMember http://${gateway.http} `],
    ...(idleSeconds ? [[' timeout=60 ', ` timeout=${idleSeconds} `]] : []),
    ...more,
  ]));
  return { file, ca, port };
}

export const checkApache = ({ file }) => execFileSync('apache2', ['-t', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startApache(t, gateway, options) {
  const { file, ca, port } = await configureApache(t, gateway, options);
  const program = startGroup(t, 'apache2', ['-DFOREGROUND', '-f', file]);
  await waitUntilListening(program, [port]);
  return {
    program, ca, url: `https://127.0.0.1:${port}`, log: () => fs.readFileSync(path.join(path.dirname(file), 'log'), 'utf8'),
    reload: () => execFileSync('apache2', ['-k', 'graceful', '-f', file], { stdio: 'pipe' }),
  };
}
