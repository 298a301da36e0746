// Debian's nats-server with JetStream: the log that gateways share.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Program } from '../../integration/gateway.mjs';

// Starts one; returns its address.
export async function startNats(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'nats-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const program = new Program(t, 'nats-server', ['-a', '127.0.0.1', '-p', '-1', '-js', '-sd', directory]);
  const [, address] = await program.logged(/Listening for client connections on (\S+)/);
  await program.logged(/Server is ready/);
  return address;
}
