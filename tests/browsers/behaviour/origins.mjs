// Pages of other origins, with and without credentials, and of none.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { removeDirectory, temporaryDirectory } from '../../e2e/support/programs.mjs';
import { recorderPage } from '../support/recorder.mjs';
import { Setting } from '../support/setting.mjs';

const somebodyElse = 'https://somebody-else.example.com';

export function origins({ test }) {
  // pages(setting): {name: address}; cases: {name: whether it is let in, [without, with credentials]}.
  const assertLetIn = async (t, browser, allowed, pages, cases) => {
    const setting = await Setting.start(t, browser, [`--allow_origins=${allowed}`]);
    await setting.numbers.publish();
    for (const [name, expected] of Object.entries(cases)) {
      const recorder = await setting.record(setting.stream(), { page: pages(setting)[name] });
      for (const [i, isLetIn] of expected.entries()) {
        const withCredentials = i === 1;
        if (withCredentials) await recorder.start(setting.stream(), { withCredentials });
        const { readyState, last } = await recorder.until(`an answer for ${name}`,
          (state) => state.last === 1 || state.readyState === 2);
        assert.deepEqual([readyState, last], isLetIn ? [1, 1] : [2, 0],
          `${name}, ${withCredentials ? 'with' : 'without'} credentials, ${allowed}`);
        const { origin } = setting.proxy.requests.at(-1).headers;
        if (['a sandbox', 'a file'].includes(name)) assert.equal(origin, 'null');
      }
    }
    assert.ok(setting.proxy.requests.every(({ line }) => line.startsWith('GET ')), 'no preflight');
  };

  const places = async (t) => {
    const site = await serve(recorderPage);
    t.after(() => site.close());
    const sandbox = http.createServer((request, response) => response.setHeader('Content-Type', 'text/html')
      .setHeader('Content-Security-Policy', 'sandbox allow-scripts').end(recorderPage)).listen(0, '127.0.0.1');
    await once(sandbox, 'listening');
    t.after(() => { sandbox.close(); sandbox.closeAllConnections(); });
    const directory = temporaryDirectory('page');
    t.after(() => removeDirectory(directory));
    const file = path.join(directory, 'page.html');
    fs.writeFileSync(file, recorderPage);
    const { port } = new URL(site.url);
    return {
      origin: site.url.slice(0, -1),
      pages: (setting) => ({
        'another origin': site.url,
        'another host': `http://localhost:${port}/`,
        'the same origin': `${setting.proxy.url}/`,
        'a sandbox': `http://127.0.0.1:${sandbox.address().port}/`,
        'a file': `file://${file}`,
      }),
    };
  };

  test('is let in from everywhere with *, but not with credentials', async (t, browser) => {
    const { pages } = await places(t);
    await assertLetIn(t, browser, '*', pages, {
      'another origin': [true, false], 'another host': [true, false], 'a sandbox': [true, false],
      'a file': [true, false], 'the same origin': [true, true],
    });
  });

  test('is let in from an origin that is listed, also with credentials', async (t, browser) => {
    const { origin, pages } = await places(t);
    await assertLetIn(t, browser, `${somebodyElse},${origin}`, pages, {
      'another origin': [true, true], 'another host': [false, false], 'a sandbox': [false],
      'the same origin': [true, true],
    });
  });

  test('is not let in from an origin that is not listed, but always from the gateway\'s own', async (t, browser) => {
    const { pages } = await places(t);
    await assertLetIn(t, browser, somebodyElse, pages, {
      'another origin': [false, false], 'a sandbox': [false], 'a file': [false], 'the same origin': [true, true],
    });
  });

  test('is let in without an origin where null is listed', async (t, browser) => {
    const { pages } = await places(t);
    await assertLetIn(t, browser, `${somebodyElse},null`, pages, {
      'a sandbox': [true, true], 'a file': [true, true], 'another origin': [false],
    });
  });

  test('is let in from any port of a host that is listed with *', async (t, browser) => {
    const { pages } = await places(t);
    await assertLetIn(t, browser, 'http://localhost:*', pages, {
      'another host': [true, true], 'another origin': [false],
    });
  });

  test('shows the console whatever origins are listed', async (t, browser) => {
    const setting = await Setting.start(t, browser, [`--allow_origins=${somebodyElse}`]);
    const page = await browser.open(`http://${setting.gateway.http}/`);
    t.after(() => page.close());
    await setting.publisher.publish({ dashboard: { id: 'web-1', title: 'the title' } });
    await waitFor(() => page.evaluate(() => document.body.innerText.includes('the title')), 'the dashboard');
  });
}
