import path from 'node:path';

import { listens, until } from '../processes.mjs';

// As Debian's package configures it: snapshots after some time, no append-only file.
export const startRedis = (processes, directory, port) => processes.start('redis', 'redis-server',
  ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--dbfilename', path.basename('dump.rdb'),
    '--save', '3600 1 300 100 60 10000'],
  { ready: () => until(listens(port)) });
