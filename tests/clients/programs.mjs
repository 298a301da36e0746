// Programs and libraries that read the stream as lines and are no EventSource: each runs as a process,
// and prints the data of each event as a line.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Link } from './support/link.mjs';
import { Mock, event, hello } from './support/mock.mjs';

const dir = path.join(path.dirname(fileURLToPath(import.meta.url)), 'programs');
const python = '/usr/bin/python3'; // Debian's: another one that comes first in the PATH may lack its packages
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// module: what Debian's Python has of it must be `version`. file: of programs/.
const inPython = (module, version, file, more = {}) => ({
  name: `Python \`${module}\` ${version}`, command: [python, path.join(dir, file)], file, ...more,
  found: () => execFileSync(python, ['-c', `import ${module}; print(${module}.__version__)`], { encoding: 'utf8', stdio: 'pipe' }),
  version,
});

const built = path.resolve(dir, '../../../build/clients');
const sseclientDir = path.join(built, 'sseclient');

// A configuration in which it does not look for news of itself.
function httpieDir() {
  const into = path.join(built, 'httpie');
  fs.mkdirSync(into, { recursive: true });
  fs.writeFileSync(path.join(into, 'config.json'), JSON.stringify({ disable_update_warnings: true }));
  return into;
}

export const programs = [
  { name: 'curl', file: 'curl -s', command: ['curl', '-s'] },
  { name: 'curl', file: 'curl -sN', command: ['curl', '-sN'] },
  {
    name: 'HTTPie 3.2', env: { HTTPIE_CONFIG_DIR: httpieDir() }, file: 'http --stream', command: ['http', '--stream', '--ignore-stdin', '--body', 'GET'], version: '3.2',
    found: () => execFileSync('http', ['--version'], { encoding: 'utf8', stdio: 'pipe' }),
  },
  { name: '`fetch` of Node', file: 'with_fetch.mjs', command: [process.execPath, path.join(dir, 'with_fetch.mjs')] },
  inPython('requests', '2.28', 'with_requests.py'),
  inPython('requests', '2.28', 'with_requests_bytes.py'),
  inPython('httpx', '0.23', 'with_httpx_plain.py'),
  inPython('httpx', '0.23', 'with_httpx.py'),
  inPython('aiohttp', '3.8', 'with_aiohttp_plain.py'),
  inPython('aiohttp', '3.8', 'with_aiohttp.py'),
  {
    ...inPython('sseclient', '0.0.27', 'with_sseclient.py'), env: { PYTHONPATH: sseclientDir }, found: installSseclient,
  },
];

// It is not in Debian. Where the index of Python's packages is not at hand this throws.
function installSseclient() {
  if (!fs.existsSync(path.join(sseclientDir, 'sseclient.py'))) {
    execFileSync('pip', ['install', '--quiet', '--disable-pip-version-check', '--retries=1', '--timeout=10',
      '--no-deps', '--target', sseclientDir, 'sseclient==0.0.27'], { stdio: 'pipe', timeout: 60_000 });
  }
  return '0.0.27';
}

// Why a program cannot run here, if it cannot.
export function missingProgram({ version, found }) {
  if (!found) return undefined;
  try {
    const here = found().trim();
    return here.startsWith(version) ? undefined : `the table has ${version}, this is ${here}`;
  } catch (error) {
    return `it is not there: ${String(error.stderr ?? error.message).trim().split('\n').at(-1)}`;
  }
}

class Run {
  output = '';

  constructor({ command, env = {} }, url) {
    const [file, ...args] = command;
    this.child = spawn(file, [...args, url], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } });
    this.child.stdout.setEncoding('utf8');
    this.child.stdout.on('data', (text) => { this.output += text; });
    this.child.on('error', () => {});
  }

  get hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async until(ms, predicate) {
    const end = Date.now() + ms;
    while (Date.now() < end && !predicate()) await pause(20);
    return predicate();
  }
}

// use(run, source) once the program has asked for the stream of the source, a Link or a Mock.
async function runWith(program, source, query, use) {
  const run = new Run(program, `${source.url}/v1/events${query}`);
  try {
    await run.until(20_000, () => source.requests.length > 0 || run.hasEnded);
    return await use(run, source);
  } finally {
    run.child.kill('SIGKILL');
    source.close();
  }
}

// The data of the events that were printed, whatever stands around it.
const valuesIn = (output) => output.split('\n').map((line) => line.replace(/^data: ?/, ''))
  .filter((line) => line.startsWith('{')).flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });

const cases = {
  // Does an event come while the stream goes on, or at its end? And what comes after a cut?
  async comes(program) {
    let decide;
    const decided = new Promise((resolve) => { decide = resolve; });
    const mock = await Mock.start(async (i, answer) => {
      await answer.stream(hello(300), event(1));
      await decided;
      answer.reset();
    });
    return runWith(program, mock, '', async (run) => {
      const isSeen = await run.until(3_000, () => run.output.includes('"user":1'));
      decide();
      await run.until(4_000, () => mock.requests.length > 1 || run.hasEnded);
      return { comes: isSeen ? 'as they come' : 'at the end', cut: mock.requests.length > 1 ? 'comes back' : 'ends' };
    });
  },

  // Letters of one to four bytes, and U+0085, which Python takes for the end of a line.
  async letters(program, world) {
    return runWith(program, await Link.start(world.live.http), '?topic=letters', async (run) => {
      await run.until(5_000, () => /"user":1\D.*\n/.test(run.output));
      await pause(100);
      const [first] = valuesIn(run.output).filter(({ user }) => user === 1);
      if (first?.title === lettersTitle) return { letters: 'right' };
      return { letters: run.output.includes(lettersTitle.split('\u0085')[0]) ? 'lines cut at U+0085' : 'garbled' };
    });
  },

  async large(program, world) {
    return runWith(program, await Link.start(world.live.http), '?topic=large', async (run) => {
      const isThere = () => valuesIn(run.output).some(({ title }) => title?.length === largeBytes);
      await run.until(program.file === 'curl -s' ? 0 : 15_000, () => isThere() || run.hasEnded);
      return { large: isThere() ? 'right' : 'fails' };
    });
  },

  async silence(program) {
    const mock = await Mock.start((i, answer) => answer.stream(hello(300), event(1)));
    return runWith(program, mock, '', async (run) => {
      await run.until(8_000, () => run.hasEnded || mock.requests[0]?.endedAt);
      const [{ at, endedAt = Date.now() }] = mock.requests;
      const seconds = Math.floor((endedAt - at) / 1000 + 0.1);
      return { silence: seconds < 8 ? `cut at ${seconds} s` : '8 s and more' };
    });
  },
};

const lettersTitle = 'Å é 漢 😀 a\u0085b';
const largeBytes = 200_000;

export async function publishForPrograms(publisher) {
  await publisher.publish({ topic: 'letters', dashboard: { id: 'letters', user: 1, title: lettersTitle } });
  await publisher.publish({ topic: 'large', dashboard: { id: 'large', user: 1, title: 'x'.repeat(largeBytes) } });
}

// {comes, letters, large, cut, silence} in words.
export async function measureProgram(program, world) {
  const parts = await Promise.all(Object.values(cases).map((measure) => measure(program, world)));
  const words = Object.assign({}, ...parts);
  return words.comes === 'at the end' ? { ...words, letters: '', large: '' } : words;
}

// How long a stream lives on which an event comes each 60 ms, with a total timeout of aiohttp's of 1 s,
// and what that timeout is where nobody sets it: {livedMs, defaultSeconds, error}.
export async function totalTimeoutOfAiohttp(world) {
  const script = `
import asyncio, sys, time, aiohttp
async def main():
    print(aiohttp.client.DEFAULT_TIMEOUT.total, flush=True)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1), read_bufsize=1 << 20) as session:
        begin = time.monotonic()
        try:
            async with session.get(sys.argv[1]) as response:
                async for line in response.content:
                    pass
        except Exception as error:
            print(time.monotonic() - begin, type(error).__name__, flush=True)
asyncio.run(main())`;
  const link = await Link.start(world.live.http);
  return runWith({ command: [python, '-c', script] }, link, '?topic=feed&start=live', async (run) => {
    await run.until(10_000, () => run.hasEnded);
    const [defaultSeconds, lived, error] = run.output.split(/\s+/);
    return { defaultSeconds: Number(defaultSeconds), livedMs: Number(lived) * 1000, error };
  });
}
