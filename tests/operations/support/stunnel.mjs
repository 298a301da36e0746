// stunnel with docs/operations/proxies/stunnel.conf.

import fs from 'node:fs';
import path from 'node:path';

import { Program } from '../../integration/gateway.mjs';
import { freePorts, makeCertificate, startMaster, temporaryDirectory, waitUntilListening } from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, ca, port}. gateway: {http}. idleSeconds: the time-out of an idle stream.
export async function configureStunnel(t, gateway, { idleSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'stunnel');
  const { certificate, key, ca } = makeCertificate(directory);
  const [port] = await freePorts(1);
  const file = path.join(directory, 'stunnel.conf');
  fs.writeFileSync(file, substitute(committed('stunnel.conf'), [
    // Its user is there only where it is installed.
    ['setuid     = stunnel4\nsetgid     = stunnel4\n', ''],
    ['/run/stunnel/events.pid', path.join(directory, 'pid')],
    ['/var/log/stunnel4/events.log', '/dev/null'], // it says the same to stderr
    ['accept  = 443', `accept  = 127.0.0.1:${port}`],
    ['connect = 127.0.0.1:8080', `connect = ${gateway.http}`],
    ['/etc/stunnel/tls/events.example.com.crt', certificate],
    ['/etc/stunnel/tls/events.example.com.key', key],
    ...(idleSeconds ? [['TIMEOUTidle = 60', `TIMEOUTidle = ${idleSeconds}`]] : []),
    ...more,
  ]));
  return { file, ca, port };
}

// It has no way to check a file alone. Resolves to what it says before it ends.
export async function failsToStart(t, { file }) {
  const program = new Program(t, 'stunnel4', [file]);
  await program.closed;
  return program.stderr;
}

export async function startStunnel(t, gateway, options) {
  const { file, ca, port } = await configureStunnel(t, gateway, options);
  const program = startMaster(t, 'stunnel4', [file]);
  await waitUntilListening(program, [port]);
  return { program, ca, url: `https://127.0.0.1:${port}`, reload: () => program.child.kill('SIGHUP') };
}
