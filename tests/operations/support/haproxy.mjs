// HAProxy with docs/operations/proxies/haproxy.cfg.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startMaster, temporaryDirectory, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, ca, port, grpcPort}. gateway: {http, grpc, admin}, or several. idleSeconds, keepOldSeconds: the
// time-outs of an idle stream and of the old process.
export async function configureHaproxy(t, gateway, { idleSeconds, keepOldSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'haproxy');
  const { both, ca } = makeCertificate(directory);
  const [port, grpcPort] = await freePorts(2);
  const file = path.join(directory, 'haproxy.cfg');
  fs.writeFileSync(file, substitute(committed('haproxy.cfg'), [
    // Its user is there only where it is installed, and changing to it takes root.
    ['    user haproxy\n    group haproxy\n    chroot /var/lib/haproxy\n', ''],
    // More descriptors than a test may have.
    ['maxconn 20000', 'maxconn 400'],
    ['log /dev/log local0', 'log stderr format raw local0'],
    ['/etc/haproxy/tls/events.example.com.pem', both],
    ['bind :443 ', `bind 127.0.0.1:${port} `],
    ['bind :50052 ', `bind 127.0.0.1:${grpcPort} `],
    ['    server gateway1 127.0.0.1:8080\n', serverLines(gateway, ({ http }) => http, ''), 2],
    ['    server gateway1 127.0.0.1:50051 proto h2 check-proto h1\n',
      serverLines(gateway, ({ grpc }) => grpc, ' proto h2 check-proto h1')],
    ...(idleSeconds ? [
      ['timeout server 60s', `timeout server ${idleSeconds}s`],
      ['timeout client 60s', `timeout client ${idleSeconds}s`],
    ] : []),
    ...(keepOldSeconds ? [['hard-stop-after 15m', `hard-stop-after ${keepOldSeconds}s`]] : []),
    ...more,
  ]));
  return { file, directory, ca, port, grpcPort };
}

// A line for each gateway. Those of a test are on one machine, so each is asked at an admin port of its own.
const serverLines = (gateway, addressOf, more) => [gateway].flat().map((each, i) =>
  `    server gateway${i + 1} ${addressOf(each)}${more} port ${each.admin.split(':')[1]}\n`).join('');

export const checkHaproxy = ({ file }) =>
  execFileSync('haproxy', ['-c', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startHaproxy(t, gateway, options) {
  const { file, directory, ca, port, grpcPort } = await configureHaproxy(t, gateway, options);
  const program = startMaster(t, 'haproxy', ['-W', '-db', '-f', file, '-p', path.join(directory, 'pid')]);
  await waitUntilListening(program, [port, grpcPort]);
  return {
    program, ca, url: `https://127.0.0.1:${port}`, grpc: `127.0.0.1:${grpcPort}`,
    reload: () => program.child.kill('SIGUSR2'),
  };
}
