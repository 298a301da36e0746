// nginx before the nodes, as docs/operations/proxies has it for streams: whoever cannot be connected to is passed over.

import fs from 'node:fs';
import path from 'node:path';

import { freePorts, listens } from './processes.mjs';

export class Front {
  #addresses;

  static async start(processes, directory, { list }) {
    const [port] = await freePorts(1);
    const home = path.join(directory, 'front');
    fs.mkdirSync(home);
    const file = path.join(home, 'nginx.conf');
    fs.writeFileSync(file, config(home, port, list.map((node) => node.port)));
    await processes.start('front', 'nginx', ['-p', home, '-e', path.join(home, 'error.log'), '-c', file],
      { ready: async () => { while (!await listens(port)()); } });
    return new Front(port, list.map((node) => `127.0.0.1:${node.port}`));
  }

  constructor(port, addresses) {
    this.url = `http://127.0.0.1:${port}`;
    this.#addresses = addresses;
  }

  indexOf(address) {
    return this.#addresses.indexOf(address);
  }
}

// All of nginx's, so that it writes nowhere else.
export const temporaryPaths = (home) => ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((what) => `${what}_temp_path ${home}/temp;`).join('\n  ');

const config = (home, port, nodes) => `
daemon off;
pid ${home}/nginx.pid;
worker_processes 1;
events {}
http {
  access_log off;
  ${temporaryPaths(home)}
  upstream nodes {
${nodes.map((node) => `    server 127.0.0.1:${node} fail_timeout=1s;`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
      proxy_read_timeout 60s;
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout;
      add_header X-Node $upstream_addr;
    }
  }
}
`;
