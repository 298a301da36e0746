// Varnish with docs/operations/proxies/varnish.vcl and the parameters of varnish.service.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { freePorts, startMaster, temporaryDirectory, unpackedIn, waitUntilListening } from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

// {file, directory, args, port}. gateway: {http, admin}. idleSeconds: the time-out of an idle stream.
export async function configureVarnish(t, gateway, { idleSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'varnish');
  const [port] = await freePorts(1);
  const backend = (address) => `.host = "${address.split(':')[0]}";\n    .port = "${address.split(':')[1]}";`;
  const file = path.join(directory, 'varnish.vcl');
  fs.writeFileSync(file, substitute(committed('varnish.vcl'), [
    [backend('127.0.0.1:8080'), backend(gateway.http)],
    [backend('127.0.0.1:9090'), backend(gateway.admin)],
    ...more,
  ]));
  const [, command] = committed('varnish.service').match(/^ExecStart=\S+\/varnishd ((?:.*\\\n)*.*)$/m);
  const args = substitute(command, [
    // Its user is there only where it is installed.
    ['-j unix,user=vcache ', '-j none '],
    // Nothing stands before it here.
    ['-a 127.0.0.1:6086,PROXY -T localhost:6082', `-a 127.0.0.1:${port} -T localhost:0`],
    ['-S /etc/varnish/secret ', ''],
    ['/etc/varnish/varnish.vcl', file],
    ...(idleSeconds ? [['pipe_timeout=60', `pipe_timeout=${idleSeconds}`]] : []),
  ]).split(/[\s\\]+/);
  const modules = `${unpackedIn('varnishd')}/usr/lib/${fs.readdirSync('/usr/lib').find((name) => name.endsWith('-linux-gnu'))}/varnish/vmods`;
  return { file, directory, port, args: [...args, '-n', path.join(directory, 'run'), '-p', `vmod_path=${modules}`] };
}

export const checkVarnish = ({ args }) => execFileSync('varnishd',
  [...args.filter((arg) => arg !== '-F'), '-C'], { stdio: ['ignore', 'pipe', 'pipe'] });

export async function startVarnish(t, gateway, options) {
  const { file, directory, args, port } = await configureVarnish(t, gateway, options);
  const program = startMaster(t, 'varnishd', args);
  await waitUntilListening(program, [port]);
  return {
    program, url: `http://127.0.0.1:${port}`,
    reload: () => {
      const tell = (...words) => execFileSync('varnishadm', ['-n', path.join(directory, 'run'), ...words], { stdio: 'pipe' });
      tell('vcl.load', 'reloaded', file);
      tell('vcl.use', 'reloaded');
    },
  };
}
