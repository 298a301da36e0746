// /@connections, as programs ask that were written for Amazon API Gateway: Amazon's own client, and
// nothing but its endpoint is changed.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';

import {
  ApiGatewayManagementApiClient, DeleteConnectionCommand, ForbiddenException, GetConnectionCommand, GoneException,
  LimitExceededException, PayloadTooLargeException, PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

import { accessKey, ask, connect, credentialsFile, startApi, tokenFile } from './api.mjs';
import { metric, Program, gatewayBinary, waitFor } from './gateway.mjs';

const clientOf = (t, endpoint, options = {}) => {
  const client = new ApiGatewayManagementApiClient({ region: 'eu-central-1', credentials: accessKey, maxAttempts: 1, endpoint, ...options });
  t.after(() => client.destroy());
  return client;
};
const post = (client, id, data) => client.send(new PostToConnectionCommand({ ConnectionId: id, Data: data }));
const get = (client, id) => client.send(new GetConnectionCommand({ ConnectionId: id }));
const remove = (client, id) => client.send(new DeleteConnectionCommand({ ConnectionId: id }));
const messages = (browser) => browser.events.filter(({ event }) => event === undefined).map(({ data }) => data);

test('the client of Amazon posts, looks and deletes', async (t) => {
  const gateway = await startApi(t);
  const browser = await connect(t, gateway);
  const client = clientOf(t, `http://${gateway.api}`);

  const before = new Date();
  const posted = await post(client, browser.id, JSON.stringify({ n: 1 }));
  assert.equal(posted.$metadata.httpStatusCode, 200);
  assert.ok(posted.$metadata.requestId);
  await post(client, browser.id, new TextEncoder().encode('one\ntwo\r\nthree'));
  await waitFor('both messages', () => messages(browser).length === 2);
  assert.deepEqual(messages(browser), ['{"n":1}', 'one\ntwo\nthree']);
  assert.ok(browser.events.every(({ event, id }) => event !== undefined || id === undefined), 'a message has no id');

  const found = await get(client, browser.id);
  assert.equal(found.Identity.SourceIp, '127.0.0.1');
  assert.equal(found.Identity.UserAgent, 'a "browser"');
  assert.ok(found.ConnectedAt instanceof Date && Math.abs(found.ConnectedAt - before) < 60_000);
  assert.ok(found.LastActiveAt >= found.ConnectedAt);

  const deleted = await remove(client, browser.id);
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  await browser.ended;
  assert.deepEqual(browser.events.filter(({ event }) => event === 'gateway.bye').map(({ data }) => JSON.parse(data)), [{ reason: 'closed' }]);
  await assert.rejects(post(client, browser.id, 'x'), GoneException);
  await assert.rejects(get(client, browser.id), GoneException);
  await assert.rejects(remove(client, browser.id), GoneException);
});

for (const [name, suffix] of [['with a slash', '/'], ['of a stage', '/prod'], ['of a stage, with a slash', '/prod/'], ['of a stage below a path', '/live/v2']]) {
  test(`an endpoint ${name}`, async (t) => {
    const gateway = await startApi(t);
    const browser = await connect(t, gateway);
    const client = clientOf(t, `http://${gateway.api}${suffix}`);
    await post(client, browser.id, 'hello');
    assert.equal((await get(client, browser.id)).Identity.SourceIp, '127.0.0.1');
    await waitFor('the message', () => messages(browser)[0] === 'hello');
    await remove(client, browser.id);
  });
}

test('an id that nobody has is gone, whatever it looks like', async (t) => {
  const gateway = await startApi(t);
  const client = clientOf(t, `http://${gateway.api}/prod`);
  for (const id of ['L0SM9cOFvHcCIhw=', 'a/b', 'a b', '@connections', '..%2F', 'ä', 'a?b#c', '%', `${'x'.repeat(300)}`]) {
    for (const call of [get, remove, (c, i) => post(c, i, 'x')]) {
      await assert.rejects(call(client, id), (error) => {
        assert.ok(error instanceof GoneException, `${id}: ${error}`);
        assert.equal(error.$metadata.httpStatusCode, 410);
        return true;
      });
    }
  }
});

test('a message that is too large, not text or empty', async (t) => {
  const gateway = await startApi(t, ['--send_queue_bytes=2000']);
  const browser = await connect(t, gateway);
  const client = clientOf(t, `http://${gateway.api}`);
  for (const bytes of [2001, 100_000, 1_000_000]) {
    await assert.rejects(post(client, browser.id, 'x'.repeat(bytes)), PayloadTooLargeException, `${bytes}`);
  }
  for (const data of [new Uint8Array([0xff]), '']) {
    await assert.rejects(post(client, browser.id, data), (error) => error.name === 'BadRequestException' && error.$metadata.httpStatusCode === 400);
  }
  await post(client, browser.id, 'x'.repeat(1900));
  await waitFor('the message', () => messages(browser).length === 1);
  assert.equal(await metric(gateway, 'sse_gateway_api_requests_total{route="post_to_connection",code="413"}'), 3);
});

test('a browser that takes nothing fills its queue, and that is told', async (t) => {
  const gateway = await startApi(t);
  const browser = await connect(t, gateway);
  browser.socket.pause();
  const client = clientOf(t, `http://${gateway.api}`);
  const sent = [];
  const errors = [];
  await waitFor('the queue to be full', async () => {
    for (let i = 0; i < 20; ++i) sent.push(post(client, browser.id, 'x'.repeat(30_000)).catch((error) => errors.push(error)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    return errors.length > 0;
  });
  assert.ok(errors.every((error) => error instanceof LimitExceededException), String(errors[0]));
  assert.equal(errors[0].$metadata.httpStatusCode, 429);
  // What waits is delivered when it reads on.
  browser.socket.resume();
  await Promise.all(sent);
  await waitFor('what was accepted', () => messages(browser).length === sent.length - errors.length);
});

test('a wrong key, a wrong secret and a clock that is wrong are forbidden', async (t) => {
  const gateway = await startApi(t);
  const browser = await connect(t, gateway);
  for (const options of [
    { credentials: { ...accessKey, secretAccessKey: 'other' } },
    { credentials: { ...accessKey, accessKeyId: 'AKIDOTHER' } },
    { credentials: { ...accessKey, sessionToken: 'of a role' } },
    { systemClockOffset: 6 * 60_000 },
    { systemClockOffset: -6 * 60_000 },
  ]) {
    const client = clientOf(t, `http://${gateway.api}`, options);
    await assert.rejects(get(client, browser.id), (error) => error instanceof ForbiddenException && error.$metadata.httpStatusCode === 403, JSON.stringify(options));
  }
  for (const region of ['us-east-1', 'ap-southeast-3']) {
    assert.ok(await get(clientOf(t, `http://${gateway.api}`, { region }), browser.id));
  }
  assert.equal(await metric(gateway, 'sse_gateway_api_requests_total{route="none",code="403"}'), 5);
  await gateway.program.logged(/msg="request refused".*status=403.*signature: /);
  assert.ok(!gateway.program.stderr.includes(accessKey.secretAccessKey));
});

// By hand, what the client does not do.
function signed(gateway, { method = 'POST', target, body = '', hash = createHash('sha256').update(body).digest('hex'), service = 'execute-api', signedHeaders = ['host', 'x-amz-date'] }) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = { host: gateway.api, 'x-amz-date': date, 'x-amz-content-sha256': hash };
  const canonical = [method, encodeURI(target).replaceAll('@', '%40'), '', ...signedHeaders.map((name) => `${name}:${headers[name]}`), '', signedHeaders.join(';'), hash].join('\n');
  const scope = `${date.slice(0, 8)}/eu-central-1/${service}/aws4_request`;
  const key = scope.split('/').reduce((k, part) => createHmac('sha256', k).update(part).digest(), `AWS4${accessKey.secretAccessKey}`);
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const signature = createHmac('sha256', key).update(text).digest('hex');
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${accessKey.accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}` };
}

test('what a signature does not cover is forbidden', async (t) => {
  const gateway = await startApi(t);
  const browser = await connect(t, gateway);
  const target = `/@connections/${browser.id}`;
  const status = async (options, body = 'hello') => {
    const answer = await ask(gateway.api, 'POST', target, { headers: signed(gateway, { target, ...options }), body });
    if (answer.status !== 200) assert.equal(answer.headers['x-amzn-errortype'], 'ForbiddenException');
    return answer.status;
  };
  assert.equal(await status({ body: 'hello' }), 200);
  assert.equal(await status({ body: 'hello' }, 'other'), 403);
  assert.equal(await status({ hash: 'UNSIGNED-PAYLOAD' }), 403);
  assert.equal(await status({ body: 'hello', service: 's3' }), 403);
  assert.equal(await status({ body: 'hello', signedHeaders: ['x-amz-date'] }), 403);
  assert.equal(await status({ body: 'hello', target: '/@connections/another' }), 403);
  const answer = await ask(gateway.api, 'GET', `${target}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00`, { headers: { authorization: undefined } });
  assert.equal(answer.status, 401);
});

test('a bearer token does what a signature does', async (t) => {
  const gateway = await startApi(t);
  const browser = await connect(t, gateway);
  const target = `/@connections/${browser.id}`;
  assert.equal((await ask(gateway.api, 'POST', target, { body: 'hello' })).status, 200);
  const found = await ask(gateway.api, 'GET', `/%40connections/${browser.id.replaceAll('-', '%2D')}`);
  assert.deepEqual(Object.keys(JSON.parse(found.text)), ['connectedAt', 'lastActiveAt', 'identity']);
  for (const authorization of ['Bearer other', 'Basic eDp5', 'Bearer']) {
    const answer = await ask(gateway.api, 'POST', target, { headers: { authorization }, body: 'x' });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
    assert.equal(answer.headers['x-amzn-errortype'], 'UnauthorizedException');
  }
  const deleted = await ask(gateway.api, 'DELETE', target);
  assert.deepEqual([deleted.status, deleted.text], [204, '']);
  await waitFor('it to be gone', async () => (await ask(gateway.api, 'GET', target)).status === 410);
});

test('no page reaches it, with whatever its browser sends along', async (t) => {
  const gateway = await startApi(t, ['--allow_origins=https://app.example']);
  const browser = await connect(t, gateway);
  const target = `/@connections/${browser.id}`;
  const status = async (headers) => (await ask(gateway.api, 'GET', target, { headers })).status;
  assert.equal(await status({ origin: 'https://evil.example' }), 403);
  assert.equal(await status({ origin: 'null' }), 403);
  assert.equal(await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }), 403);
  assert.equal(await status({ authorization: undefined, cookie: 'sse_gateway=x' }), 403);
  assert.equal(await status({ host: 'evil.example' }), 421);
  assert.equal(await status({ origin: 'https://app.example' }), 200);
  const preflight = await ask(gateway.api, 'OPTIONS', target, { headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' } });
  assert.equal(preflight.status, 405);
  assert.ok(!Object.keys(preflight.headers).some((name) => name.startsWith('access-control-')));
  // Node's own fetch says Sec-Fetch-Mode, and is no page.
  const fetched = await fetch(`http://${gateway.api}${target}`, { headers: { authorization: 'Bearer token-of-the-tests' } });
  assert.equal(fetched.status, 200);
});

test('files of credentials are read again, and a faulty one changes nothing', async (t) => {
  t.after(() => fs.writeFileSync(tokenFile, 'token-of-the-tests\n'));
  const gateway = await startApi(t);
  const status = async (bearer) => (await ask(gateway.api, 'GET', '/@connections/x', { headers: { authorization: `Bearer ${bearer}` } })).status;
  assert.equal(await status('token-of-the-tests'), 410);
  fs.writeFileSync(tokenFile, 'next\ntoken-of-the-tests\n');
  gateway.program.child.kill('SIGHUP');
  await gateway.program.logged(/msg="api credentials" file=\S+ lines=2\n/);
  assert.equal(await status('next'), 410);
  fs.writeFileSync(tokenFile, 'n ext\n');
  gateway.program.child.kill('SIGHUP');
  await gateway.program.logged(/level=error msg="api credentials not read" file=\S+ error="line 1: /);
  assert.equal(await status('next'), 410);
  fs.writeFileSync(tokenFile, 'last\n');
  gateway.program.child.kill('SIGHUP');
  await gateway.program.logged(/msg="api credentials" file=\S+ lines=1\n(?![\s\S]*lines=2)/);
  assert.equal(await status('next'), 401);
  assert.equal(await status('last'), 410);
});

for (const [name, flags, fault] of [
  ['without credentials', ['--api_listen=127.0.0.1:0'], /^sse-gateway: --api_listen: needs --api_token_file or --api_credentials_file\n$/],
  ['with a file that is not there', ['--api_listen=127.0.0.1:0', '--api_token_file=/nowhere/tokens'], /^sse-gateway: --api_token_file=\/nowhere\/tokens: .*No such file.*\n$/],
  ['with credentials and no port', [`--api_credentials_file=${credentialsFile}`], /^sse-gateway: --api_credentials_file: needs --api_listen\n$/],
  ['on the port of another', ['--api_listen=127.0.0.1:7001', '--admin_listen=127.0.0.1:7001', `--api_token_file=${tokenFile}`], /^sse-gateway: --api_listen=127.0.0.1:7001: takes the port of admin_listen 127.0.0.1:7001\n$/],
]) {
  test(`a port ${name} keeps the gateway from starting`, async (t) => {
    const program = new Program(t, gatewayBinary, [...flags, '--check_config']);
    assert.deepEqual(await program.closed, { code: 2, signal: null });
    assert.match(program.stderr, fault);
  });
}

test('a gateway that leaves answers to the end, and says that its sockets close', async (t) => {
  const gateway = await startApi(t, ['--drain_delay=1s']);
  const browser = await connect(t, gateway);
  const closed = gateway.program.end();
  await gateway.program.logged(/msg=draining/);
  const answer = await ask(gateway.api, 'POST', `/@connections/${browser.id}`, { body: 'late' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.connection, 'close');
  await browser.ended;
  assert.ok(messages(browser).includes('late'));
  assert.deepEqual(await closed, { code: 0, signal: null });
});
