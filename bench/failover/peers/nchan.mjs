// Two nginx with Nchan and Redis.

import fs from 'node:fs';
import path from 'node:path';

import { temporaryPaths } from '../front.mjs';
import { find, freePorts, listens, until } from '../processes.mjs';
import { post } from '../publisher.mjs';
import { startRedis } from './redis.mjs';

export const title = 'Nchan 1.3.6, two nginx, and Redis 7.0';
export const store = 'Redis, back after 2 s';

const root = path.resolve(import.meta.dirname, '../../..');
const module = ['/usr/lib/nginx/modules', path.join(root, 'build/daemons/usr/lib/nginx/modules')]
  .map((directory) => path.join(directory, 'ngx_nchan_module.so')).find((file) => fs.existsSync(file));

export const missing = () => (module ? ['nginx', 'redis-server'].filter((name) => !find(name)).join(', ') || undefined
  : 'libnginx-mod-nchan');

export async function start(processes, directory) {
  const [redisPort, ...ports] = await freePorts(3);
  const redis = await startRedis(processes, directory, redisPort);
  const list = [];
  for (const [index, port] of ports.entries()) {
    const home = path.join(directory, `nchan-${index}`);
    fs.mkdirSync(home);
    const file = path.join(home, 'nginx.conf');
    fs.writeFileSync(file, config(home, port, redisPort));
    const node = await processes.start(`nchan-${index}`, 'nginx',
      ['-p', home, '-e', path.join(home, 'error.log'), '-c', file], { ready: () => until(listens(port)) });
    list.push(Object.assign(node, { port }));
  }
  return { list, store: redis };
}

const config = (home, port, redis) => `
load_module ${module};
daemon off;
pid ${home}/nginx.pid;
worker_processes 1;
user root;
events {}
http {
  access_log off;
  ${temporaryPaths(home)}
  nchan_redis_url redis://127.0.0.1:${redis};
  server {
    listen 127.0.0.1:${port};
    location = /events {
      nchan_subscriber eventsource;
      nchan_channel_id n;
      nchan_use_redis on;
      nchan_subscriber_first_message newest;
    }
    location = /publish {
      nchan_publisher http;
      nchan_channel_id n;
      nchan_use_redis on;
      nchan_message_buffer_length 10000;
      nchan_message_timeout 5m;
    }
  }
}
`;

export const eventsUrl = (front) => `${front}/events`;

export const publisher = (front) => (number, signal) =>
  post(`${front.url}/publish`, { body: JSON.stringify({ number }), signal });
