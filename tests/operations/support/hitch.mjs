// hitch with docs/operations/proxies/hitch.conf.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { freePorts, makeCertificate, startMaster, temporaryDirectory, waitUntilListening } from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, ca, port}. gateway: {http}.
export async function configureHitch(t, gateway, { more = [] } = {}) {
  const directory = temporaryDirectory(t, 'hitch');
  const { both, ca } = makeCertificate(directory);
  const [port] = await freePorts(1);
  const [host, gatewayPort] = gateway.http.split(':');
  const file = path.join(directory, 'hitch.conf');
  fs.writeFileSync(file, substitute(committed('hitch.conf'), [
    // Its user is there only where it is installed, and as root it does not run.
    ['user     = "_hitch"\ngroup    = "_hitch"\n', process.getuid() === 0 ? 'user = "nobody"\ngroup = "nogroup"\n' : ''],
    ['"[*]:443"', `"[127.0.0.1]:${port}"`],
    ['"[127.0.0.1]:8080"', `"[${host}]:${gatewayPort}"`],
    ['/etc/hitch/tls/events.example.com.pem', both],
    ...more,
  ]));
  return { file, ca, port };
}

export const checkHitch = ({ file }) =>
  execFileSync('hitch', ['--test', `--config=${file}`], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startHitch(t, gateway, options) {
  const { file, ca, port } = await configureHitch(t, gateway, options);
  const program = startMaster(t, 'hitch', [`--config=${file}`]);
  await waitUntilListening(program, [port]);
  return { program, ca, url: `https://127.0.0.1:${port}`, reload: () => program.child.kill('SIGHUP') };
}
