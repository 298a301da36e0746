// Envoy with docs/operations/proxies/envoy.yaml.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startMaster, temporaryDirectory, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// Debian has no Envoy: where there is one, its path.
export function findEnvoy() {
  const directories = (process.env.PATH ?? '').split(':');
  return process.env.ENVOY_BIN ?? directories.map((directory) => path.join(directory, 'envoy')).find(fs.existsSync);
}

// {file, ca, port, grpcPort}. gateway: {http, grpc, admin}. idleSeconds: the time-out of an idle stream.
export async function configureEnvoy(t, gateway, { idleSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'envoy');
  const { certificate, key, ca } = makeCertificate(directory);
  const [port, grpcPort] = await freePorts(2);
  const file = path.join(directory, 'envoy.yaml');
  const portOf = (address) => address.split(':')[1];
  fs.writeFileSync(file, substitute(committed('envoy.yaml'), [
    ['{address: 0.0.0.0, port_value: 443}', `{address: 127.0.0.1, port_value: ${port}}`],
    ['{address: 0.0.0.0, port_value: 50052}', `{address: 127.0.0.1, port_value: ${grpcPort}}`],
    ['/etc/envoy/tls/events.example.com.crt', certificate],
    ['/etc/envoy/tls/events.example.com.key', key],
    ['port_value: 8080', `port_value: ${portOf(gateway.http)}`],
    ['port_value: 50051', `port_value: ${portOf(gateway.grpc)}`],
    ['port_value: 9090', `port_value: ${portOf(gateway.admin)}`, 2],
    ...(idleSeconds ? [[' idle_timeout: 60s\n', ` idle_timeout: ${idleSeconds}s\n`]] : []),
    ...more,
  ]));
  return { file, ca, port, grpcPort };
}

const argumentsFor = ({ file }) => ['-c', file, '--use-dynamic-base-id', '--concurrency', '2', '--log-level', 'warning'];

export const checkEnvoy = (configuration) =>
  execFileSync(findEnvoy(), ['--mode', 'validate', ...argumentsFor(configuration)], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startEnvoy(t, gateway, options) {
  const configuration = await configureEnvoy(t, gateway, options);
  const { ca, port, grpcPort } = configuration;
  const program = startMaster(t, findEnvoy(), [...argumentsFor(configuration), '--drain-time-s', '1']);
  await waitUntilListening(program, [port, grpcPort]);
  return { program, ca, url: `https://127.0.0.1:${port}`, grpc: `127.0.0.1:${grpcPort}` };
}
