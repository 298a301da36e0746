// What every proxy in a test needs: a place for its files, free ports, a certificate, and a right end.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { Program, waitFor } from '../../integration/gateway.mjs';

export function temporaryDirectory(t, name) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

// The directory whose usr/ has the command and what belongs to it: '' where it is installed, and
// otherwise where ./dev has unpacked it.
export function unpackedIn(command) {
  const found = process.env.PATH.split(':').map((directory) => path.join(directory, command)).find(fs.existsSync);
  return found?.match(/^(.*)\/usr\/s?bin\//)?.[1] ?? '';
}

// Free at this moment: the proxies cannot say which port they took where they are given 0.
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => { server.close(); return once(server, 'close'); }));
  return ports;
}

// {certificate, key, both: paths; ca: the certificate's text}
export function makeCertificate(directory) {
  const file = (name) => path.join(directory, name);
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file('key'), '-out', file('crt'),
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ca = fs.readFileSync(file('crt'), 'utf8');
  fs.writeFileSync(file('both'), ca + fs.readFileSync(file('key'), 'utf8'), { mode: 0o600 });
  return { certificate: file('crt'), key: file('key'), both: file('both'), ca };
}

// Ends with the test by SIGTERM, and not by SIGKILL: that would leave the master's workers behind.
export function startMaster(t, command, args, options) {
  const program = new Program({ after: () => {} }, command, args, options);
  t.after(() => program.end('SIGTERM'));
  return program;
}

// For a master whose end takes seconds while streams are open: all of its processes end at once.
export function startGroup(t, command, args, options) {
  const program = new Program({ after: () => {} }, command, args, { ...options, detached: true });
  t.after(() => {
    try {
      process.kill(-program.child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
    return program.closed;
  });
  return program;
}

export async function waitUntilListening(program, ports) {
  for (const port of ports) {
    await waitFor(() => `port ${port} in:\n${program.stdout}${program.stderr}`, async () => {
      if (program.child.exitCode !== null) throw new Error(`ended early:\n${program.stdout}${program.stderr}`);
      const socket = net.connect(port, '127.0.0.1');
      const connected = await Promise.race([
        once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false),
      ]).catch(() => false);
      socket.destroy();
      return connected;
    });
  }
}

// The status of an answer, once it has come whole.
export async function answerTo(url, ca) {
  const [response] = await once(https.get(url, { ca, agent: false }), 'response');
  await once(response.resume(), 'end');
  return response.statusCode;
}
