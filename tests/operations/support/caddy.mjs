// Caddy with docs/operations/proxies/Caddyfile.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, temporaryDirectory, waitUntilListening,
} from './proxy_ports.mjs';
import { Program } from '../../integration/gateway.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, directory, ca, port}. gateway: {http, admin}. idleSeconds, keepOldSeconds: the time-outs of an idle
// stream and of the old server.
export async function configureCaddy(t, gateway, { idleSeconds, keepOldSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'caddy');
  const { certificate, key, ca } = makeCertificate(directory);
  const [port] = await freePorts(1);
  const file = path.join(directory, 'Caddyfile');
  fs.writeFileSync(file, substitute(committed('Caddyfile'), [
    // Neither the port of its own API, nor port 80 for redirects.
    ['\n\tservers {\n', `\n\tadmin unix/${directory}/admin\n\tauto_https disable_redirects\n\tservers {\n`],
    ['\nevents.example.com {\n', `\nhttps://127.0.0.1:${port} {\n`],
    ['/etc/caddy/tls/events.example.com.crt', certificate],
    ['/etc/caddy/tls/events.example.com.key', key],
    ['reverse_proxy 127.0.0.1:8080 {', `reverse_proxy ${gateway.http} {`],
    ['health_port 9090', `health_port ${gateway.admin.split(':')[1]}`],
    ...(idleSeconds ? [['read_timeout 60s', `read_timeout ${idleSeconds}s`]] : []),
    ...(keepOldSeconds ? [['grace_period 15m', `grace_period ${keepOldSeconds}s`]] : []),
    ...more,
  ]));
  return { file, directory, ca, port };
}

const argumentsFor = ({ file }) => ['--config', file, '--adapter', 'caddyfile'];

// What it keeps would be in the home.
const environmentFor = ({ directory }) =>
  ({ ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory });

const run = (command, configuration, ...more) => execFileSync('caddy',
  [command, ...argumentsFor(configuration), ...more],
  { stdio: ['ignore', 'pipe', 'pipe'], env: environmentFor(configuration) });

export const checkCaddy = (configuration) => run('validate', configuration);

export async function startCaddy(t, gateway, options) {
  const configuration = await configureCaddy(t, gateway, options);
  const { directory, ca, port } = configuration;
  // A SIGTERM would wait for the streams, as a reload does.
  const program = new Program(t, 'caddy', ['run', ...argumentsFor(configuration)], { env: environmentFor(configuration) });
  await waitUntilListening(program, [port]);
  return {
    program, ca, url: `https://127.0.0.1:${port}`,
    // The file is as it was.
    reload: () => run('reload', configuration, '--address', `unix/${directory}/admin`, '--force'),
  };
}
