// A page that knows the publishers' port, in the clear and with TLS: whatever a browser lets it send
// there, nothing is published.

import assert from 'node:assert/strict';

import { temporaryDirectory } from '../../e2e/support/programs.mjs';
import { serve } from '../../e2e/support/site.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { metric, Proxy, startGateway } from '../../integration/gateway.mjs';
import { EventPublisher } from '../../operations/support/event_publisher.mjs';
import { makeCertificate } from '../../operations/support/proxy_ports.mjs';

const call = '/ssegateway.v1.PublisherService/Publish';
// A call's body: PublishRequest{event{topic: "a", deleted: true}}, behind its length.
const body = [0, 0, 0, 0, 7, 10, 5, 10, 1, 97, 32, 1];

const results = ['ok', 'duplicate', 'invalid', 'forbidden', 'unavailable', 'exhausted'];
const received = async (gateway) => {
  const counts = await Promise.all(results.map((result) =>
    metric(gateway, `sse_gateway_events_received_total{result="${result}"}`)));
  return Object.fromEntries(results.map((result, i) => [result, counts[i]]));
};
const nothing = Object.fromEntries(results.map((result) => [result, 0]));

// In the page: every way out that it has; window.tried says how each ended. What a form's frame gets is
// not always told.
const attempt = (url, bytes) => {
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x',
    'application/octet-stream', 'application/grpc', 'application/grpc-web+proto'];
  const data = new Uint8Array(bytes);
  const blob = (type) => new Blob([data], { type });
  const ended = (target, ...names) => new Promise((resolve) => {
    for (const name of names) target.addEventListener(name, () => resolve(name));
    setTimeout(() => resolve('nothing'), 3_000);
  });
  const ways = {};
  for (const mode of ['cors', 'no-cors', 'same-origin', 'navigate']) {
    for (const type of types) {
      ways[`fetch ${mode} ${type}`] = () => fetch(url, {
        method: 'POST', mode, credentials: 'include', headers: { 'content-type': type, te: 'trailers' }, body: data,
      });
    }
    ways[`fetch ${mode} without a type`] = () => fetch(url, { method: 'POST', mode, body: data, keepalive: true });
    ways[`fetch ${mode} GET`] = () => fetch(url, { mode });
  }
  for (const type of types) {
    ways[`beacon ${type}`] = () => navigator.sendBeacon(url, blob(type));
    ways[`XMLHttpRequest ${type}`] = () => {
      const request = new XMLHttpRequest();
      request.open('POST', url);
      request.setRequestHeader('content-type', type);
      request.send(data);
      return ended(request, 'loadend');
    };
  }
  for (const type of types.slice(0, 3).map((each) => each.split(';')[0])) {
    ways[`form ${type}`] = () => {
      const frame = document.body.appendChild(document.createElement('iframe'));
      frame.name = type;
      const form = document.body.appendChild(document.createElement('form'));
      Object.assign(form, { action: url, method: 'POST', enctype: type, target: type });
      const input = form.appendChild(document.createElement('input'));
      Object.assign(input, { name: 'x', value: String.fromCharCode(...data) });
      form.submit();
      return ended(frame, 'load');
    };
  }
  ways.WebSocket = () => ended(new WebSocket(url.replace('http', 'ws')), 'open', 'error');
  ways.EventSource = () => {
    const source = new EventSource(url);
    return ended(source, 'open', 'error').finally(() => source.close());
  };
  for (const [tag, field] of [['img', 'src'], ['script', 'src'], ['link', 'href']]) {
    ways[tag] = () => {
      const element = document.createElement(tag);
      element.rel = 'stylesheet';
      element[field] = url;
      document.head.append(element);
      return ended(element, 'load', 'error');
    };
  }
  Promise.all(Object.entries(ways).map(async ([name, way]) => [name, await (async () => way())().then(
    (value) => (typeof value === 'string' ? value : 'done'), (error) => error.name)]))
    .then((tried) => { window.tried = Object.fromEntries(tried); });
};

export function publishersPort({ engine, test }) {
  for (const scheme of ['http', 'https']) {
    test(`publishes nothing from a page that knows the publishers' port (${scheme})`, async (t, browser) => {
      const { certificate, key, ca } = makeCertificate(temporaryDirectory('certificate'));
      const gateway = await startGateway(t, {}, scheme === 'http' ? []
        : [`--grpc_tls_cert_file=${certificate}`, `--grpc_tls_key_file=${key}`]);
      const link = await Proxy.start(t, gateway.grpc);
      const site = await serve('<!doctype html><body></body>');
      t.after(() => site.close());
      const tab = await browser.open(site.url);
      t.after(() => tab.close());
      await tab.evaluate(attempt, `${scheme}://${link.address}${call}`, body);
      const tried = await waitFor(() => tab.evaluate(() => window.tried), 'all of them end', 20_000, 100);
      assert.ok(Object.keys(tried).length > 50);
      assert.ok(link.connections > 0, 'the port was reached');
      assert.deepEqual(await received(gateway), nothing, JSON.stringify(tried));
      assert.equal(await metric(gateway, 'sse_gateway_window_events'), 0);
      const calls = await metric(gateway, 'sse_gateway_publisher_calls_refused_total{reason="page"}');
      assert.equal(calls > 0, scheme === 'https' && engine.sendsTeTrailers === true);
      // It is there for publishers.
      const publisher = new EventPublisher(t, gateway.grpc, scheme === 'http' ? undefined : ca);
      await publisher.publish({ topic: 'a', deleted: true });
      assert.deepEqual(await received(gateway), { ...nothing, ok: 1 });
    });
  }
}
