// What a killed node costs those who read: ./dev bench failover. README.md says what is done and what is counted.
//
//   node failover.mjs [peer ...]      prints a table; each peer is a file of peers/

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Front } from './front.mjs';
import { Processes } from './processes.mjs';
import { readEvents } from './reader.mjs';
import { publishEvents } from './publisher.mjs';

const peers = ['gateway', 'centrifugo', 'nchan', 'mercure'];
const settleMs = 2000;
const killAfterMs = 3000;
const restartAfterMs = 2000;
const goOnMs = 12000;
const lastWordsMs = 5000;

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// victim: 'reader' is the node that the reader is at, 'store' what the nodes share.
async function trial(peer, victim) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'failover-'));
  const processes = new Processes(directory);
  try {
    const nodes = await peer.start(processes, directory);
    const front = await Front.start(processes, directory, nodes);
    const reader = readEvents(peer.eventsUrl(front.url));
    await reader.opened;
    await wait(settleMs);
    const publisher = publishEvents(await peer.publisher(front, nodes));
    await wait(killAfterMs);

    const target = victim === 'store' ? nodes.store : nodes.list[front.indexOf(reader.servedBy())];
    const killedAt = Date.now();
    target.kill();
    if (victim === 'store' || nodes.list.length === 1) {
      await wait(restartAfterMs);
      await target.restart();
    }
    await wait(Math.max(0, killedAt + goOnMs - Date.now()));
    const published = await publisher.stop();
    await wait(lastWordsMs);
    return { ...reader.result(killedAt, published), published: published.length };
  } finally {
    await processes.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

const told = ({ errors, closed, resets }) => [
  errors.length ? `${errors.length} × error` : 'nothing',
  closed ? 'closed for good' : undefined,
  resets ? `${resets} × gateway.reset` : undefined,
].filter(Boolean).join(', ');

function row(peer, victim, result) {
  const { published, lost, twice, outOfOrder, silenceMs } = result;
  return `| ${peer.title} | ${victim === 'store' ? peer.store : 'the node of the reader'} | ${published} | ${lost} | ` +
    `${twice} | ${outOfOrder} | ${(silenceMs / 1000).toFixed(1)} | ${told(result)} |`;
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : peers;
console.log('| server | killed with SIGKILL | acknowledged | never arrived | twice | out of order | silence, s | ' +
  'what the EventSource is told |');
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |');
for (const name of wanted) {
  const peer = await import(`./peers/${name}.mjs`);
  const missing = peer.missing();
  if (missing) {
    console.error(`${name} does not take part: ${missing}`);
    continue;
  }
  for (const victim of ['reader', ...(peer.store ? ['store'] : [])]) {
    console.log(row(peer, victim, await trial(peer, victim)));
  }
}
process.exit(0);
