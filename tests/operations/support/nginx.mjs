// nginx with docs/operations/proxies/nginx.conf.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startMaster, temporaryDirectory, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, ca, port, grpcPort}. gateway: {http, grpc}, or several. idleSeconds, keepOldSeconds: the time-outs
// of an idle stream and of the old workers. accessLog: "off", or a file and its format.
export async function configureNginx(t, gateway, { idleSeconds, keepOldSeconds, accessLog = 'off', more = [] } = {}) {
  const directory = temporaryDirectory(t, 'nginx');
  // The workers are another user where the test runs as root.
  fs.chmodSync(directory, 0o711);
  const { certificate, key, ca } = makeCertificate(directory);
  const [port, grpcPort] = await freePorts(2);
  // Debian's nginx has its places compiled in, and what is only unpacked does not have them.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
  const file = path.join(directory, 'nginx.conf');
  fs.writeFileSync(file, substitute(committed('nginx.conf'), [
    ['/run/nginx.pid', `${directory}/pid`],
    ['/var/log/nginx/error.log warn', 'stderr notice'],
    ['/var/log/nginx/access.log events', accessLog],
    ['\nhttp {\n', `\nhttp {\n    ${temporary}\n`],
    ['/etc/nginx/tls/events.example.com.crt', certificate],
    ['/etc/nginx/tls/events.example.com.key', key],
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['listen 50052 ', `listen 127.0.0.1:${grpcPort} `],
    serversLine('127.0.0.1:8080', [gateway].flat().map(({ http }) => http)),
    serversLine('127.0.0.1:50051', [gateway].flat().map(({ grpc }) => grpc)),
    ...(idleSeconds ? [
      ['proxy_read_timeout 60s', `proxy_read_timeout ${idleSeconds}s`],
      ['send_timeout 60s', `send_timeout ${idleSeconds}s`],
    ] : []),
    ...(keepOldSeconds ? [['worker_shutdown_timeout 15m', `worker_shutdown_timeout ${keepOldSeconds}s`]] : []),
    ...more,
  ]));
  return { file, directory, ca, port, grpcPort };
}

// The line of an upstream's server, once for each address.
function serversLine(from, addresses) {
  const [line] = committed('nginx.conf').match(new RegExp(`^ *server ${from} .*;\n`, 'm'));
  return [line, addresses.map((address) => line.replace(from, address)).join('')];
}

const argumentsFor = ({ directory, file }) => ['-p', directory, '-c', file, '-e', 'stderr'];

export const checkNginx = (configuration) =>
  execFileSync('nginx', ['-t', ...argumentsFor(configuration)], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startNginx(t, gateway, options) {
  const configuration = await configureNginx(t, gateway, options);
  const { ca, port, grpcPort } = configuration;
  const program = startMaster(t, 'nginx', [...argumentsFor(configuration), '-g', 'daemon off;']);
  await waitUntilListening(program, [port, grpcPort]);
  return {
    program, ca, url: `https://127.0.0.1:${port}`, grpc: `127.0.0.1:${grpcPort}`,
    reload: () => execFileSync('nginx', ['-s', 'reload', ...argumentsFor(configuration)], { stdio: 'pipe' }),
  };
}
