// lighttpd with docs/operations/proxies/lighttpd.conf.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startMaster, temporaryDirectory, unpackedIn, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, proxiesDirectory, substitute } from './substitute.mjs';

// {file, ca, port}. gateway: {http}. idleSeconds, keepOldSeconds: the time-outs of an idle stream and of
// the old process.
export async function configureLighttpd(t, gateway, { idleSeconds, keepOldSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'lighttpd');
  const { certificate, key, ca } = makeCertificate(directory);
  const [port] = await freePorts(1);
  const [host, gatewayPort] = gateway.http.split(':');
  const file = path.join(directory, 'lighttpd.conf');
  fs.writeFileSync(file, substitute(committed('lighttpd.conf'), [
    // That user may read neither the key nor what ./dev has unpacked.
    ['server.username  = "www-data"\nserver.groupname = "www-data"\n', ''],
    ['server.errorlog  = "/var/log/lighttpd/error.log"\n', ''], // to stderr
    ['server.pid-file  = "/run/lighttpd.pid"\n', ''],
    ['server.bind = "0.0.0.0"\nserver.port = 443', `server.bind = "127.0.0.1"\nserver.port = ${port}`],
    ['/etc/lighttpd/tls/events.example.com.crt', certificate],
    ['/etc/lighttpd/tls/events.example.com.key', key],
    ['/var/empty', directory],
    ['/etc/lighttpd/lighttpd-away.lua', path.join(proxiesDirectory, 'lighttpd-away.lua')],
    ['"host" => "127.0.0.1", "port" => 8080', `"host" => "${host}", "port" => ${gatewayPort}`],
    ...(idleSeconds ? [['"read-timeout" => 60', `"read-timeout" => ${idleSeconds}`]] : []),
    ...(keepOldSeconds ? [['shutdown-timeout" => 900', `shutdown-timeout" => ${keepOldSeconds}`]] : []),
    ...more,
  ]));
  return { file, ca, port };
}

const argumentsFor = ({ file }) => ['-f', file, '-m', `${unpackedIn('lighttpd')}/usr/lib/lighttpd`];

export const checkLighttpd = (configuration) =>
  execFileSync('lighttpd', ['-tt', ...argumentsFor(configuration)], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startLighttpd(t, gateway, options) {
  const configuration = await configureLighttpd(t, gateway, options);
  const { ca, port } = configuration;
  // With its whole path, as systemd starts it: at a reload it starts itself again.
  const program = startMaster(t, `${unpackedIn('lighttpd')}/usr/sbin/lighttpd`, ['-D', ...argumentsFor(configuration)]);
  await waitUntilListening(program, [port]);
  return {
    program, ca, url: `https://127.0.0.1:${port}`,
    reload: () => program.child.kill('SIGUSR1'),
  };
}
