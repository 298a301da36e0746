// Debian's nats-server with JetStream: the log that gateways share.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { quietPorts } from '../../e2e/support/ports.mjs';
import { Program, waitFor } from '../../integration/gateway.mjs';

// One server, or three that are one cluster. A server that was killed comes back on its port, with its files.
export class NatsServers {
  #t;
  #files = []; // of configuration
  #programs = [];
  #ports;
  #monitors;

  static async start(t, count = 1) {
    const servers = new NatsServers();
    servers.#t = t;
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'nats-'));
    t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
    const ports = await quietPorts(3 * count);
    servers.#ports = ports.slice(0, count);
    servers.#monitors = ports.slice(count, 2 * count);
    const routes = ports.slice(2 * count).map((port) => `nats-route://127.0.0.1:${port}`);
    servers.#files = servers.#ports.map((port, i) => {
      const file = path.join(directory, `${i}.conf`);
      fs.writeFileSync(file, `
        listen: "127.0.0.1:${port}", http: "127.0.0.1:${servers.#monitors[i]}", server_name: s${i}
        jetstream { store_dir: "${directory}/${i}" }
        ${count > 1 ? `cluster { name: c, listen: "127.0.0.1:${ports[2 * count + i]}", routes: ${JSON.stringify(routes)} }` : ''}
      `);
      return file;
    });
    servers.#files.forEach((_, i) => servers.#launch(i));
    for (const program of servers.#programs) await program.logged(/Server is ready/);
    await waitFor('a leader of JetStream', async () => count === 1 || (await servers.#look(0)).meta_cluster?.leader);
    return servers;
  }

  // For --store.
  get url() {
    return `nats://${this.#ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
  }

  // The number of the server that leads a stream.
  async leaderOf(stream) {
    const { account_details: accounts } = await this.#look(0);
    const { cluster } = accounts.flatMap((account) => account.stream_detail).find(({ name }) => name === stream);
    return Number(cluster.leader.slice(1));
  }

  kill(i = 0) {
    return this.#programs[i].end('SIGKILL');
  }

  async restart(i = 0) {
    this.#launch(i);
    await this.#programs[i].logged(/Server is ready/);
  }

  #launch(i) {
    this.#programs[i] = new Program(this.#t, process.env.NATS_SERVER ?? 'nats-server', ['-c', this.#files[i]]);
  }

  async #look(i) {
    return (await fetch(`http://127.0.0.1:${this.#monitors[i]}/jsz?accounts=true&streams=true`)).json();
  }
}
