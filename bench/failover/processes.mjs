// The processes of a trial: started, killed, and all gone at its end.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

export class Processes {
  #directory;
  #all = [];

  constructor(directory) {
    this.#directory = directory;
  }

  // ready: resolves when it serves; it is asked again after a restart.
  async start(name, command, args, { env = {}, ready }) {
    const log = fs.openSync(path.join(this.#directory, `${name}.log`), 'a');
    // With what it has started: nginx is a master and its workers.
    const child = { name, process: undefined, kill: () => process.kill(-child.process.pid, 'SIGKILL') };
    child.restart = async () => {
      child.process = spawn(command, args, { stdio: ['ignore', log, log], detached: true, env: { ...process.env, ...env } });
      await ready();
    };
    this.#all.push(child);
    await child.restart();
    return child;
  }

  async stop() {
    await Promise.all(this.#all.map(({ process: child, kill }) => new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        resolve();
        return;
      }
      child.once('exit', resolve);
      kill();
    })));
  }
}

// Ports that are free now.
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

// Asks until the answer is one; throws after 15 s.
export async function until(ask) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await Promise.resolve().then(ask).catch(() => false);
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not ready after 15 s: ${ask}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

export const listens = (port) => () => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

// Where a program is, or undefined.
export function find(name) {
  return (process.env.PATH ?? '').split(':').map((directory) => path.join(directory, name)).find((file) => fs.existsSync(file));
}
