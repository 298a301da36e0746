// A gateway with the port of the HTTP API, and those who use it.

import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

import { startGateway } from './gateway.mjs';

export const token = 'token-of-the-tests';
export const accessKey = { accessKeyId: 'AKIDOFTHETESTS', secretAccessKey: 'se/cr+et=' };

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'api-'));
process.on('exit', () => fs.rmSync(directory, { recursive: true }));
export const tokenFile = path.join(directory, 'tokens');
export const credentialsFile = path.join(directory, 'credentials');
fs.writeFileSync(tokenFile, `# of the tests\n${token}\n`);
fs.writeFileSync(credentialsFile, `${accessKey.accessKeyId} ${accessKey.secretAccessKey}\n`);

export const apiFlags = ['--api_listen=127.0.0.1:0', `--api_token_file=${tokenFile}`, `--api_credentials_file=${credentialsFile}`];

// gateway.api: where its API is.
export async function startApi(t, flags = []) {
  const gateway = await startGateway(t, {}, [...apiFlags, ...flags]);
  gateway.api = gateway.program.stderr.match(/msg=listening .*?\bapi=(\S+)/)[1];
  return gateway;
}

// One browser. Resolves to {id, events, ended, socket}: its connection's id, all events as they come
// ({event, data}), a promise of its end, and its socket, so that a test can leave it unread.
export async function connect(t, gateway, query = 'topic=nothing') {
  const request = http.get(`http://${gateway.http}/v1/events?${query}`, { headers: { accept: 'text/event-stream', 'user-agent': 'a "browser"' } });
  t.after(() => request.destroy());
  const response = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
  const events = [];
  let text = '';
  response.setEncoding('utf8').on('error', () => {});
  response.on('data', (chunk) => {
    text += chunk;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split('\n');
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
      events.push({
        event: lines.find((line) => line.startsWith('event: '))?.slice(7),
        id: lines.find((line) => line.startsWith('id: '))?.slice(4),
        data: data.join('\n'),
      });
    }
  });
  const ended = new Promise((resolve) => response.on('close', resolve));
  return { id: response.headers['x-connection-id'], events, ended, socket: response.socket };
}

// What fetch does not let a test do: any header, any path. A header that is undefined is left out.
export async function ask(address, method, target, { headers = {}, body } = {}) {
  const [host, port] = address.split(':');
  const all = Object.entries({ authorization: `Bearer ${token}`, ...headers }).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: target, headers: Object.fromEntries(all) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; })
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
