#!/usr/bin/env bash
# A replica of a stream that starts again after a kill stores messages twice, and numbers all that follow differently.
#
# The guess: the copies of a stream with three replicas hold the same messages under the same numbers, whichever
# server is killed: the raft log decides the order, and each entry is applied once.
#
# Seen: nats-server 2.9.10 of Debian 12, each of ten times. A log entry that stores nothing, as that of a repeated
# Nats-Msg-Id, takes no number, and each replica counts such entries. The count is in memory; on disk it is only in a
# raft snapshot, and those come every two to three minutes. A server that starts again after a kill goes through the
# raft log with the count of its last snapshot, or 0, and so takes as many of its last messages as it has not counted
# for new ones. It refuses those whose id it knows, and counts rightly from there. Those without an id, or with one
# from before the duplicate window, it stores again. Here: a, twice a repeat of it, then b, c and d without an id. A
# follower is killed and starts again: it has a b c d c d. The next message, e, is acknowledged as 5 and is 7 there.
# That stays, and stream info has all replicas as current. A consumer with one replica reads the copy of its own
# server: one reader gets e as 5, the other gets c and d twice and e as 7. A message whose Nats-Expected-Last-Sequence
# or Nats-Expected-Last-Subject-Sequence 0 does not hold counts like a repeat; one that has a
# Nats-Expected-Last-Subject-Sequence above 0, and no id, is stored again. Newer servers differ: the leader of 2.10.27
# refuses a repeat before it is in the raft log, but not an Expected-Last-Sequence that does not hold, and with that
# the same comes; 2.15.1 showed neither. Whoever writes to 2.9.10 has to give each message an id, and a duplicate
# window that is longer than the time between snapshots; that prevents this, not each difference of copies.
#
# Takes Debian 12 with apt-get, Node 18 or newer with npm; unpacks packages, installs nothing. Exit 1: the behaviour
# is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q -q nats-server=2.9.10-1+b3 2>/dev/null
dpkg-deb -x nats-server_*.deb root
npm install --no-audit --no-fund --silent nats@2.29.3

cat >replicas.mjs <<'JS'
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { AckPolicy, connect } from 'nats';

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const servers = [];
for (const name of ['n1', 'n2', 'n3']) {
  servers.push({ name, client: await freePort(), route: await freePort(), monitor: await freePort() });
}
const routes = servers.map(({ route }) => `nats://127.0.0.1:${route}`).join(',');

function start(server) {
  const { name, client, route, monitor } = server;
  server.process = spawn(process.argv[2], ['--name', name, '--addr', '127.0.0.1', '--port', client,
    '--http_port', monitor, '--jetstream', '--store_dir', name, '--cluster_name', 'c', '--cluster',
    `nats://127.0.0.1:${route}`, '--routes', routes, '--log', `${name}.log`].map(String), { stdio: 'ignore' });
}

async function kill(server) {
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
}

// What value() gives in the end: once it is the expected one, or after half a minute.
async function eventually(value, expected) {
  for (let i = 0; ; ++i) {
    const is = await value().catch((error) => error.message);
    if (isDeepStrictEqual(is, expected) || i === 300) return is;
    await sleep(100);
  }
}

// The number of the last message in a server's own copy.
async function last(server) {
  const response = await fetch(`http://127.0.0.1:${server.monitor}/jsz?streams=true`);
  return (await response.json()).account_details[0].stream_detail[0].state.last_seq;
}

let connection;
async function to(server) {
  await connection?.close();
  connection = await connect({ servers: `127.0.0.1:${server.client}`, waitOnFirstConnect: true });
  return connection.jetstreamManager({ checkAPI: false });
}

async function publish(text, id) {
  const { seq, duplicate } = await connection.jetstream().publish('e.x', text, id ? { msgID: id } : {});
  return duplicate ? `${seq} again` : seq;
}

// What a consumer reads whose only replica is on that server. The servers choose where it is, so it takes several.
async function read(manager, server) {
  for (let i = 0; i < 50; ++i) {
    const consumer = await manager.consumers.add('LOG',
      { ack_policy: AckPolicy.None, num_replicas: 1, inactive_threshold: 60e9 });
    if (consumer.cluster.leader !== server.name) continue;
    const reader = await connection.jetstream().consumers.get('LOG', consumer.name);
    const messages = [];
    for await (const message of await reader.fetch({ max_messages: 10, expires: 1500 })) {
      messages.push(`${message.seq} ${message.string()}`);
    }
    return messages;
  }
  throw new Error(`no consumer came to be at ${server.name}`);
}

try {
  servers.forEach(start);
  let manager = await to(servers[0]);
  const config = { name: 'LOG', subjects: ['e.>'], num_replicas: 3 };
  const made = () => manager.streams.add(config).then(() => true);
  assert.equal(await eventually(made, true), true);
  const { cluster } = await manager.streams.info('LOG');
  const leader = servers.find(({ name }) => name === cluster.leader);
  const follower = servers.find((server) => server !== leader);
  const lasts = () => Promise.all([leader, follower].map(last));
  manager = await to(leader);

  assert.deepEqual([await publish('a', 'id-a'), await publish('a', 'id-a'), await publish('a', 'id-a'),
    await publish('b'), await publish('c'), await publish('d')], [1, '1 again', '1 again', 2, 3, 4]);
  assert.deepEqual(await eventually(lasts, [4, 4]), [4, 4]);

  await kill(follower);
  start(follower);
  const restarted = await eventually(lasts, [4, 6]);
  console.log(`last number at the leader and at the killed follower: ${restarted}`);
  assert.deepEqual(restarted, [4, 6]);

  assert.equal(await publish('e'), 5);
  assert.deepEqual(await eventually(lasts, [5, 7]), [5, 7]);
  const current = async () => (await manager.streams.info('LOG')).cluster.replicas.every((replica) => replica.current);
  assert.equal(await eventually(current, true), true);
  const atLeader = await read(manager, leader);
  const atFollower = await read(manager, follower);
  console.log(`a reader at the leader: ${atLeader.join(', ')}`);
  console.log(`a reader at the follower: ${atFollower.join(', ')}`);
  assert.deepEqual(atLeader, ['1 a', '2 b', '3 c', '4 d', '5 e']);
  assert.deepEqual(atFollower, ['1 a', '2 b', '3 c', '4 d', '5 c', '6 d', '7 e']);
} finally {
  await connection?.close();
  for (const server of servers) await kill(server);
}
JS

root/usr/sbin/nats-server --version
node replicas.mjs root/usr/sbin/nats-server
echo "as stated"
