// Pages that have to show who they are: by ticket and by cookie, from origins of their own.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { Issuer } from '../../e2e/support/issuer.mjs';
import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { recorderPage } from '../support/recorder.mjs';
import { Setting } from '../support/setting.mjs';

// It asks for a ticket as docs/auth.md has it; what comes is in window.answer.
const page = `${recorderPage}<script>
  window.ask = (url, token) => {
    window.answer = null;
    fetch(url, { method: 'POST', headers: { Authorization: 'Bearer ' + token } })
      .then(async (answer) => { window.answer = { status: answer.status, ...await answer.json() }; })
      .catch((error) => { window.answer = { status: 0, detail: String(error) }; });
  };
</script>`;

const ticketKeys = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n';
const grants = { sub: 'me', topics: ['>'] };

export function credentials({ test }) {
  const begin = async (t, browser, flags = []) => {
    const issuer = new Issuer();
    t.after(() => issuer.remove());
    const site = await serve(page);
    t.after(() => site.close());
    const keys = issuer.file('tickets', ticketKeys);
    const setting = await Setting.start(t, browser,
      [...issuer.flags, '--jwt_leeway=0', `--ticket_key_file=${keys}`, ...flags]);
    return { issuer, site, setting };
  };
  const ticketOf = async (recorder, setting, token) => {
    const url = setting.stream('').replace('/v1/events?', '/v1/tickets?');
    await recorder.tab.evaluate((...args) => window.ask(...args), url, token);
    const answer = await waitFor(() => recorder.tab.evaluate(() => window.answer), 'an answer', 20_000, 50);
    assert.equal(answer.status, 201, JSON.stringify(answer));
    return answer.ticket;
  };
  // Opens the page with a stream that is refused, since it needs one to be a recorder.
  const open = (setting, url) => setting.record(setting.stream('topic=none.of.it'), { page: url });
  const isRefused = (recorder) => recorder.until('it is refused', ({ readyState }) => readyState === 2);

  test('reconnects with its ticket, also to a replica that has just started', async (t, browser) => {
    const { issuer, site, setting } = await begin(t, browser);
    const recorder = await open(setting, site.url);
    await isRefused(recorder);
    const ticket = await ticketOf(recorder, setting, issuer.token(grants));
    await recorder.start(setting.stream(`mode=all&ticket=${ticket}`));
    await recorder.until('the stream is open', ({ opened }) => opened === 1);
    await setting.numbers.publish();
    await recorder.until('the first event', ({ last }) => last === 1);
    setting.proxy.cutAndHold();
    await setting.numbers.publish();
    await waitFor(() => setting.proxy.waiting > 0, 'the browser comes back', 20_000);
    setting.proxy.release();
    await recorder.until('what was missed', ({ last }) => last === 2);
    await recorder.assertGot(setting.numbers);
    const seen = (await recorder.state()).opened;
    setting.proxy.cutAndHold();
    await setting.kill();
    await setting.startGateway();
    setting.proxy.release();
    await recorder.until('it is let in again', ({ opened, readyState }) => opened > seen && readyState === 1);
    assert.ok(setting.proxy.requests.filter(({ line }) => line.includes(ticket)).length >= 3);
  });

  test('has no use for a ticket of another origin', async (t, browser) => {
    const { issuer, site, setting } = await begin(t, browser);
    const owner = await open(setting, site.url);
    const ticket = await ticketOf(owner, setting, issuer.token(grants));
    const thief = await open(setting, site.url.replace('127.0.0.1', 'localhost'));
    await thief.start(setting.stream(`ticket=${ticket}`));
    await isRefused(thief);
    await owner.start(setting.stream(`ticket=${ticket}`));
    await owner.until('the stream is open', ({ opened }) => opened === 1);
  });

  test('uses a ticket of its own origin at the gateway\'s own address', async (t, browser) => {
    const { issuer, setting } = await begin(t, browser, ['--allow_origins=https://somebody-else.example.com']);
    const recorder = await open(setting, `${setting.proxy.url}/`);
    // The page at the proxy has no function of its own for it.
    await recorder.tab.evaluate((url, token) => {
      window.answer = null;
      fetch(url, { method: 'POST', headers: { Authorization: 'Bearer ' + token } })
        .then((answer) => answer.json()).then((answer) => { window.answer = answer; });
    }, setting.stream('').replace('/v1/events?', '/v1/tickets?'), issuer.token(grants));
    const { ticket } = await waitFor(() => recorder.tab.evaluate(() => window.answer), 'an answer', 20_000, 50);
    await recorder.start(setting.stream(`ticket=${ticket}`));
    await recorder.until('the stream is open', ({ opened }) => opened === 1);
    assert.equal(setting.proxy.requests.at(-1).headers.origin, undefined, 'a GET of one\'s own origin has none');
  });

  test('is told that its token has expired, and is refused then', async (t, browser) => {
    const { issuer, site, setting } = await begin(t, browser);
    const recorder = await open(setting, site.url);
    const ticket = await ticketOf(recorder, setting, issuer.token(grants, 4));
    await recorder.start(setting.stream(`ticket=${ticket}`));
    await recorder.until('the stream is open', ({ opened }) => opened === 1);
    await recorder.untilEvent('gateway.bye');
    const bye = (await recorder.events()).find(({ type }) => type === 'gateway.bye');
    assert.deepEqual(JSON.parse(bye.data), { reason: 'auth_expired' });
    await isRefused(recorder);
  });

  test('is known by its cookie where its origin is listed and of the same site', async (t, browser) => {
    const cookie = `t${randomUUID().slice(0, 8)}`;
    const site = await serve(page);
    t.after(() => site.close());
    const elsewhere = site.url.replace('127.0.0.1', 'localhost');
    const listed = [site.url, elsewhere].map((url) => url.slice(0, -1)).join(',');
    const { issuer, setting } = await begin(t, browser, [`--allow_origins=${listed}`, `--auth_cookie=${cookie}`]);
    const recorder = await open(setting, site.url);
    await isRefused(recorder);
    // Of this test alone, by its name; it is gone soon.
    await recorder.tab.evaluate((value) => { document.cookie = value; },
      `${cookie}=${issuer.token(grants)}; path=/; max-age=60`);
    await recorder.start(setting.stream(), { withCredentials: true });
    await recorder.until('the stream is open', ({ opened }) => opened === 1);
    await recorder.start(setting.stream());
    await isRefused(recorder); // without credentials the browser sends no cookie
    const own = await open(setting, `${setting.proxy.url}/`);
    await own.start(setting.stream());
    await own.until('the stream is open', ({ opened }) => opened === 1);
    const other = await open(setting, elsewhere);
    await other.start(setting.stream(), { withCredentials: true });
    await isRefused(other); // of another site, though listed
  });
}
