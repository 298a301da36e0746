// Traffic Server with the files of docs/operations/proxies/trafficserver.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import {
  freePorts, makeCertificate, startMaster, temporaryDirectory, unpackedIn, waitUntilListening,
} from './proxy_ports.mjs';
import { committed, substitute } from './substitute.mjs';

const unpacked = unpackedIn('traffic_server');

// {directory, environment, ca, port}. gateway: {http}. idleSeconds: the time-out of an idle stream.
export async function configureTrafficServer(t, gateway, { idleSeconds, more = [] } = {}) {
  const directory = temporaryDirectory(t, 'trafficserver');
  const { certificate, key, ca } = makeCertificate(directory);
  const [port, awayPort] = await freePorts(2);
  const inside = (name) => path.join(directory, name);
  for (const name of ['etc', 'log', 'run', 'cache']) fs.mkdirSync(inside(name));
  // What Debian's package has, and over it what is on the page.
  fs.cpSync(`${unpacked}/etc/trafficserver`, inside('etc'), { recursive: true });
  const place = (name, substitutions = []) =>
    fs.writeFileSync(inside(`etc/${name}`), substitute(committed(`trafficserver/${name}`), substitutions));
  place('records.config', [
    ['443:ssl 8079:', `${port}:ssl:ip-in=127.0.0.1 ${awayPort}:`],
    ['/etc/trafficserver/tls', directory, 2],
    // More descriptors than a test may have.
    ['connections_throttle INT 42000', 'connections_throttle INT 800'],
    ['max_connections_in INT 21000', 'max_connections_in INT 400'],
    ...(idleSeconds ? [
      ['transaction_no_activity_timeout_out INT 60', `transaction_no_activity_timeout_out INT ${idleSeconds}`],
      ['transaction_no_activity_timeout_in INT 60', `transaction_no_activity_timeout_in INT ${idleSeconds}`],
    ] : []),
    ...more,
  ]);
  // Its user is there only where it is installed; the templates are elsewhere.
  fs.appendFileSync(inside('etc/records.config'), `
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.body_factory.template_sets_dir STRING ${inside('etc/body_factory')}
CONFIG proxy.config.crash_log_helper STRING NULL
`);
  fs.writeFileSync(inside('etc/storage.config'), '');
  place('remap.config', [['/etc/trafficserver/sse_gateway.lua', inside('etc/sse_gateway.lua')]]);
  place('parent.config', [['parent="127.0.0.1:8080', `parent="${gateway.http}`, 3], ['127.0.0.1:8079', `127.0.0.1:${awayPort}`, 2]]);
  place('ssl_multicert.config', [
    ['events.example.com.crt', path.basename(certificate)],
    ['events.example.com.key', path.basename(key)],
  ]);
  place('sse_gateway.lua', [['away_port = 8079', `away_port = ${awayPort}`]]);
  // Where everything is, for programs that look in /etc and /var.
  fs.writeFileSync(inside('runroot.yaml'), Object.entries({
    prefix: directory, exec_prefix: `${unpacked}/usr`, bindir: `${unpacked}/usr/bin`, sbindir: `${unpacked}/usr/bin`,
    sysconfdir: inside('etc'), libdir: `${unpacked}/usr/lib/trafficserver`,
    libexecdir: `${unpacked}/usr/lib/trafficserver/modules`, logdir: inside('log'), runtimedir: inside('run'),
    localstatedir: directory, cachedir: inside('cache'), includedir: directory, mandir: directory, infodir: directory,
    datadir: directory, datarootdir: directory,
  }).map(([name, place_]) => `${name}: ${place_}\n`).join(''));
  const environment = {
    ...process.env, TS_RUNROOT: directory, LD_LIBRARY_PATH: `${unpacked}/usr/lib/trafficserver`,
  };
  return { directory, environment, ca, port };
}

export const checkTrafficServer = ({ environment: env }) =>
  execFileSync('traffic_server', ['-C', 'verify_config'], { stdio: ['ignore', 'pipe', 'pipe'], env });

export async function startTrafficServer(t, gateway, options) {
  const { directory, environment: env, ca, port } = await configureTrafficServer(t, gateway, options);
  const program = startMaster(t, 'traffic_manager', ['--nosyslog'], { env });
  await waitUntilListening(program, [port]);
  return {
    program, ca, url: `https://127.0.0.1:${port}`,
    log: () => fs.readdirSync(path.join(directory, 'log')).map((f) => f + ':\n' + fs.readFileSync(path.join(directory, 'log', f), 'latin1')).join('\n'),
    reload: () => execFileSync('traffic_ctl', ['config', 'reload'], { stdio: 'pipe', env }),
  };
}
