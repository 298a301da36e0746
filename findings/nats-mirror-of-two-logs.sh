#!/usr/bin/env bash
# A mirror whose stream is deleted and made anew becomes a mixture of both, and says that it lags by nothing.
#
# The guess: a JetStream mirror knows the stream it copies by more than a name. When that is deleted and created again
# under the same name, the mirror reports an error or a lag, or begins again; at the least it copies what comes.
#
# Seen: nats-server 2.9.10 of Debian 12. The mirror has five messages. Its stream is made anew and gets two: the mirror
# keeps its five, has none of the two, and reports lag 0 and no error. The new stream gets seven more: the mirror takes
# those whose numbers are above five, so it has the old 1 to 5 and the new 6 to 9, and never the new 1 to 5; lag 0
# again. Newer servers differ: 2.15.1 stays with the old five for good, with lag 0 too. Whoever reads a mirror has to compare the
# moments at which both were created (`created` in stream info), and delete a mirror that is older than its stream.
#
# Takes Debian 12 with apt-get, Node 18 or newer with npm; unpacks packages, installs nothing. Exit 1: the behaviour is
# another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q -q nats-server=2.9.10-1+b3 2>/dev/null
dpkg-deb -x nats-server_*.deb root
npm install --no-audit --no-fund --silent nats@2.29.3

cat >mirror.mjs <<'JS'
import assert from 'node:assert/strict';
import { connect } from 'nats';

const connection = await connect({ servers: `127.0.0.1:${process.argv[2]}` });
const manager = await connection.jetstreamManager();
const stream = connection.jetstream();
const makeLog = () => manager.streams.add({ name: 'LOG', subjects: ['e.>'] });
const publish = async (names) => { for (const name of names) await stream.publish(`e.${name}`, name); };

// What the mirror has, once it has looked at its stream again: it does so every second or so.
async function mirror() {
  await new Promise((resolve) => { setTimeout(resolve, 6000); });
  const { state, mirror: { lag, error } } = await manager.streams.info('KEYS');
  const subjects = [];
  for (let seq = 1; seq <= state.last_seq; ++seq) {
    const { subject } = await manager.streams.getMessage('KEYS', { seq });
    subjects.push(`${seq} ${subject}`);
  }
  console.log(`mirror: lag ${lag}, error ${error}, ${subjects.join(', ')}`);
  return { lag, error, subjects };
}

await makeLog();
await manager.streams.add({ name: 'KEYS', mirror: { name: 'LOG' }, max_msgs_per_subject: 1 });
await publish(['a', 'b', 'c', 'd', 'e']);
const old = ['1 e.a', '2 e.b', '3 e.c', '4 e.d', '5 e.e'];
assert.deepEqual(await mirror(), { lag: 0, error: undefined, subjects: old });

await manager.streams.delete('LOG');
await makeLog();
await publish(['k1', 'k2']);
assert.deepEqual(await mirror(), { lag: 0, error: undefined, subjects: old });

await publish(['k3', 'k4', 'k5', 'k6', 'k7', 'k8', 'k9']);
assert.deepEqual(await mirror(), { lag: 0, error: undefined,
  subjects: [...old, '6 e.k6', '7 e.k7', '8 e.k8', '9 e.k9'] });
await connection.close();
JS

root/usr/sbin/nats-server --version
root/usr/sbin/nats-server --jetstream --addr 127.0.0.1 --port -1 --store_dir "$dir/data" --ports_file_dir "$dir" >log 2>&1 &
until compgen -G "$dir/*.ports" >/dev/null; do sleep 0.1; done
port=$(grep -o '"nats://127.0.0.1:[0-9]*"' "$dir"/*.ports | grep -o '[0-9]*"$' | tr -d '"')
node mirror.mjs "$port"
echo "as stated"
