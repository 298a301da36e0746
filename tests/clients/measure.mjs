// Runs all of it, and says in words what each client did.

import * as cases from './cases.mjs';
import { measureProgram, missingProgram, programs, publishForPrograms } from './programs.mjs';
import { missing, roster } from './roster.mjs';
import { Browser, ChromiumHost, NodeHost } from './support/hosts.mjs';
import { World } from './support/world.mjs';

const { isWrongDelivery, cut, ...light } = cases;

// The cases whose words depend on how long something takes run first, and many clients at once: they
// mostly wait. Cuts keep the machine busy.
const phases = [{ cases: light, clients: 8 }, { cases: { cut }, clients: 2 }];

async function inPool(size, items, work) {
  const waiting = [...items];
  await Promise.all(Array.from({ length: size }, async () => {
    for (let item; (item = waiting.shift());) await work(item);
  }));
}

// t: a test, or what has its after(). only: which rows of the roster and programs.
// Returns [{row, skipped: why, words: {case: words}, details, crashes}] of each kind.
export async function measure(t, { seed = Number(process.env.CLIENTS_SEED ?? 1), only = () => true } = {}) {
  const world = await World.start(t, seed);
  await publishForPrograms(world.publisher);
  const clients = roster.filter(only).map((row) => ({ row, skipped: missing(row), words: {}, details: {}, crashes: [] }));
  const others = programs.filter(only).map((row) => ({ row, skipped: missingProgram(row), words: {} }));
  let browser;
  if (clients.some(({ row }) => row.where === 'Chromium')) {
    browser = await Browser.start();
    t.after(() => browser.close());
  }
  for (const phase of phases) {
    await inPool(phase.clients, clients.filter(({ skipped }) => !skipped), (client) => run(client, phase.cases));
  }
  await inPool(4, others.filter(({ skipped }) => !skipped), async (other) => {
    other.words = await measureProgram(other.row, world);
  });

  async function run(client, some) {
    const { row } = client;
    const host = await (row.where === 'Node' ? NodeHost.start(row) : ChromiumHost.start(browser, row));
    host.name = row.page;
    try {
      await Promise.all(Object.entries(some).map(async ([name, words]) => {
        client.words[name] = await words(host, world);
      }));
    } finally {
      await host.end();
    }
    Object.assign(client.details, host.details);
    client.crashes.push(...host.crashes);
  }

  // Measures one row once more, alone, for where a busy machine made it look slow. A delivery that was
  // wrong stays wrong.
  async function again(client) {
    if (client.row.command) {
      client.words = await measureProgram(client.row, world);
      return;
    }
    const wrong = Object.entries(client.words).filter(([, words]) => isWrongDelivery(words));
    await run(client, light);
    await run(client, { cut });
    Object.assign(client.words, Object.fromEntries(wrong));
  }

  return { clients, programs: others, world, again };
}
