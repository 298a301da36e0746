// The configurations of docs/operations/proxies that no test can run: what they say is checked against
// the schemas, and against what ../../docs/operations/proxies.md promises of every one of them.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { ConfigMap } from 'kubernetes-models/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1';
import { parseAllDocuments } from 'yaml';

import { root } from '../integration/gateway.mjs';
import { checkMessage } from './support/envoy_schema.mjs';
import { awayStream } from './support/proxy_tests.mjs';
import { committed, proxiesDirectory, substitute } from './support/substitute.mjs';

const page = fs.readFileSync(path.join(root, 'docs/operations/proxies.md'), 'utf8');

const seconds = (text) => Number(text.match(/^(\d+)s?$/)[1]);

// A flag's default, in seconds.
function defaultOf(flag) {
  const options = fs.readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');
  return seconds(options.match(new RegExp(`^\\| \`--${flag}\` \\| \\S+ \\| \`(\\S+)\``, 'm'))[1]);
}

const heartbeat = defaultOf('heartbeat_interval');
const keepalive = defaultOf('keepalive_timeout');
const draining = defaultOf('drain_delay') + defaultOf('drain_window') + 8;

// Three heartbeats may be lost; longer than five, and browsers wait for a gateway that is gone.
function assertHoldsAStream(idle) {
  assert.ok(idle >= 3 * heartbeat && idle <= 5 * heartbeat, `${idle} s`);
}

function documents(text) {
  return parseAllDocuments(text).map((document) => {
    assert.deepEqual([document.errors, document.warnings], [[], []]);
    return document.toJS();
  });
}

const named = (all, kind, name) => all.find((one) => one.kind === kind && one.metadata.name === name);

// In [{name, …}].
const byName = (list, name) => list.find((one) => one.name === name);

test('every configuration is on the page, and nothing else is', () => {
  const files = fs.readdirSync(proxiesDirectory, { recursive: true })
    .filter((name) => fs.statSync(path.join(proxiesDirectory, name)).isFile());
  const linked = [...page.matchAll(/\]\(proxies\/([^)#]+)\)/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(linked)].sort(), files.sort());
});

test('the time-outs of the proxies that are run hold a stream', () => {
  const value = (file, pattern) => seconds(committed(file).match(pattern)[1]);
  assertHoldsAStream(value('nginx.conf', /\n +proxy_read_timeout (\S+);/));
  assertHoldsAStream(value('haproxy.cfg', /\ndefaults[^]*?\n +timeout server (\S+)\n/));
  assertHoldsAStream(value('haproxy.cfg', /\ndefaults[^]*?\n +timeout client (\S+)\n/));
  assertHoldsAStream(value('Caddyfile', /\n\t+read_timeout (\S+)\n/));
  assertHoldsAStream(value('apache.conf', /\n +BalancerMember .* timeout=(\d+) /));
  assertHoldsAStream(value('lighttpd.conf', /\n +"read-timeout" => (\d+),\n/));
  assertHoldsAStream(value('varnish.service', / -p pipe_timeout=(\d+) /));
  for (const side of ['in', 'out']) {
    assertHoldsAStream(value('trafficserver/records.config', new RegExp(`transaction_no_activity_timeout_${side} INT (\\d+)\n`)));
  }
  assertHoldsAStream(value('h2o.conf', /\nproxy.timeout.io: (\d+)000\n/));
  assertHoldsAStream(value('stunnel.conf', /\nTIMEOUTidle = (\d+)\n/));
});

// A request that meets the gateway's close of an idle connection is an error of the proxy's.
test('every proxy closes an idle connection to the gateway before the gateway does', () => {
  for (const [file, pattern] of [
    ['nginx.conf', /\n +keepalive_timeout (\S+);/],
    ['Caddyfile', /\n\t+keepalive (\S+)\n/],
    ['apache.conf', /\n +BalancerMember .* ttl=(\d+)\n/],
    ['varnish.service', / -p backend_idle_timeout=(\d+)/],
    ['trafficserver/records.config', /\nCONFIG proxy.config.http.keep_alive_no_activity_timeout_out INT (\d+)\n/],
    ['envoy.yaml', /common_http_protocol_options: {idle_timeout: (\S+)}/],
    ['istio.yaml', /\n +idleTimeout: (\S+)\n/],
  ]) {
    assert.ok(seconds(committed(file).match(pattern)[1]) < keepalive, file);
  }
  assert.ok(Number(committed('h2o.conf').match(/\nproxy.timeout.keepalive: (\d+)\n/)[1]) < keepalive * 1000);
});

test('envoy.yaml has only what Envoy knows', () => {
  const [bootstrap] = documents(committed('envoy.yaml'));
  checkMessage('envoy.config.bootstrap.v3.Bootstrap', bootstrap);

  const broken = (...substitution) => () =>
    checkMessage('envoy.config.bootstrap.v3.Bootstrap', documents(substitute(committed('envoy.yaml'), [substitution]))[0]);
  assert.throws(broken(' idle_timeout: 60s\n', ' idle_timout: 60s\n'), /RouteAction has no field idle_timout/);
  assert.throws(broken(' idle_timeout: 60s\n', ' idle_timeout: 60\n'), /60 is no duration/);
  assert.throws(broken('op: GE', 'op: GT', 2), /Op has no GT/);
  assert.throws(broken('use_remote_address: true', 'use_remote_address: yes please'), /expected a boolean/);
  assert.throws(broken('status_code: 200', 'status_code: "200"', 2), /expected a number/);
});

test('envoy.yaml holds a stream, and tells browsers to come back', () => {
  const [{ static_resources: { listeners, clusters } }] = documents(committed('envoy.yaml'));
  const managerOf = (name) => byName(listeners, name).filter_chains[0].filters[0].typed_config;
  const browsers = managerOf('browsers');
  assert.equal(browsers.use_remote_address, true);
  const [host] = browsers.route_config.virtual_hosts;
  const events = host.routes[0];
  assert.equal(events.route.timeout, '0s');
  assertHoldsAStream(seconds(events.route.idle_timeout));
  assert.equal(events.route.retry_policy.retry_on, 'connect-failure');
  assert.deepEqual(browsers.route_config.request_headers_to_remove, ['forwarded']);
  checkMappers(browsers.local_reply_config);
  for (const { route } of [events, ...host.routes, ...managerOf('publishers').route_config.virtual_hosts[0].routes]) {
    const cluster = byName(clusters, route.cluster);
    for (const { http_health_check: check } of cluster.health_checks) assert.equal(check.path, '/readyz');
    assert.equal(cluster.common_lb_config.healthy_panic_threshold.value, 0);
    assert.equal(cluster.close_connections_on_host_health_failure, undefined);
  }
  const [limits] = byName(clusters, events.route.cluster).circuit_breakers.thresholds;
  for (const limit of ['max_connections', 'max_pending_requests', 'max_requests']) assert.ok(limits[limit] > 1024);
});

function checkMappers({ mappers }) {
  assert.equal(mappers.length, 2);
  for (const [n, mapper] of mappers.entries()) {
    const [byStatus, byPath, byId] = mapper.filter.and_filter.filters;
    assert.deepEqual([byStatus.status_code_filter.comparison.op, byStatus.status_code_filter.comparison.value.default_value],
      ['GE', 500]);
    const regexOf = ({ header_filter: { header } }) => new RegExp(`^(?:${header.string_match.safe_regex.regex})$`);
    const regex = regexOf(byPath);
    for (const url of ['/v1/events', '/v1/events/', '/sse', '/sse/?topic=a', '/sse?topic=a.>', '/v1/events?topic=a&mode=all']) assert.match(url, regex);
    for (const url of ['/', '/v1/snapshot', '/v1/eventsx', '/a/sse']) assert.doesNotMatch(url, regex);
    assert.equal(mapper.status_code, 200);
    assert.equal(mapper.body_format_override.content_type, 'text/event-stream');
    const body = mapper.body_format_override.text_format_source.inline_string
      .replace('%START_TIME(%3f)%', '123').replace('%REQ(LAST-EVENT-ID)%', 'abcd1234-7');
    // The first is for those who have seen an event.
    assert.deepEqual(body.match(awayStream).slice(1, 3), [n === 0 ? 'abcd1234-7' : undefined, '2123']);
    if (n === 0) {
      assert.match('abcd1234-7', regexOf(byId));
      assert.doesNotMatch('no id', regexOf(byId));
    } else {
      assert.equal(byId, undefined);
    }
    const fields = mapper.headers_to_add.map(({ header }) => header.key);
    assert.deepEqual(fields, ['cache-control', 'access-control-allow-origin', 'access-control-allow-credentials', 'vary']);
  }
}

test('istio.yaml holds a stream, and tells browsers to come back', () => {
  const all = documents(committed('istio.yaml'));
  const events = byName(named(all, 'VirtualService', 'sse-gateway').spec.http, 'events');
  assert.deepEqual(events.match.map(({ uri }) => uri.exact), ['/v1/events', '/v1/events/', '/sse', '/sse/']);
  assert.equal(events.timeout, '0s');
  assert.equal(events.retries.retryOn, 'connect-failure');
  const [publishing] = named(all, 'VirtualService', 'sse-gateway-publishers').spec.http;
  assert.equal(publishing.timeout, '0s');
  const [{ connectionPool }] = named(all, 'DestinationRule', 'sse-gateway').spec.trafficPolicy.portLevelSettings;
  assert.equal(connectionPool.http.h2UpgradePolicy, 'DO_NOT_UPGRADE');

  // The same as in envoy.yaml, and known to Envoy.
  const [{ patch }] = named(all, 'EnvoyFilter', 'sse-gateway-away').spec.configPatches;
  checkMessage('google.protobuf.Any', patch.value.typed_config);
  const [envoy] = documents(committed('envoy.yaml'));
  assert.deepEqual(patch.value.typed_config.local_reply_config,
    envoy.static_resources.listeners[0].filter_chains[0].filters[0].typed_config.local_reply_config);

  const annotations = named(all, 'Deployment', 'sse-gateway').spec.template.metadata.annotations;
  const [proxy] = documents(annotations['proxy.istio.io/config']);
  assert.ok(seconds(proxy.terminationDrainDuration) > draining);
});

test('ingress-nginx.yaml holds a stream', () => {
  const all = documents(committed('ingress-nginx.yaml'));
  validateObjects(all);
  const annotation = (name, what) => named(all, 'Ingress', name).metadata.annotations[`nginx.ingress.kubernetes.io/${what}`];
  assertHoldsAStream(seconds(annotation('sse-gateway', 'proxy-read-timeout')));
  assert.equal(annotation('sse-gateway', 'proxy-buffering'), 'off');
  assert.equal(annotation('sse-gateway', 'proxy-next-upstream'), 'error timeout');
  assert.equal(annotation('sse-gateway-publishers', 'backend-protocol'), 'GRPC');
  assert.equal(annotation('sse-gateway-publishers', 'proxy-body-size'), '0');
  const { data } = named(all, 'ConfigMap', 'ingress-nginx-controller');
  assert.ok(seconds(data['upstream-keepalive-timeout']) < keepalive);
  assert.equal(data['large-client-header-buffers'], '4 32k');
  const [namespace, name] = data['proxy-set-headers'].split('/');
  const fields = named(all, 'ConfigMap', name);
  assert.equal(fields.metadata.namespace, namespace);
  assert.deepEqual(fields.data, { Forwarded: '' });
});

test('aws-alb.yaml holds a stream, and leaves those of a gateway that drains alone', () => {
  const all = documents(committed('aws-alb.yaml'));
  validateObjects(all);
  const { annotations } = all[0].metadata;
  const annotation = (name) => annotations[`alb.ingress.kubernetes.io/${name}`];
  const attributes = (name) => Object.fromEntries(annotation(name).split(',').map((pair) => pair.trim().split('=')));
  assertHoldsAStream(seconds(attributes('load-balancer-attributes')['idle_timeout.timeout_seconds']));
  assert.equal(attributes('load-balancer-attributes')['routing.http.xff_header_processing.mode'], 'append');
  assert.ok(seconds(attributes('target-group-attributes')['deregistration_delay.timeout_seconds']) > draining);
  assert.deepEqual([annotation('healthcheck-path'), annotation('healthcheck-port')], ['/readyz', '9090']);
});

function validateObjects(all) {
  const models = { ConfigMap, Deployment, Ingress };
  for (const object of all) new models[object.kind](object).validate();
  const wrong = structuredClone(all[0]);
  delete wrong.spec.rules[0].http.paths[0].pathType;
  assert.throws(() => new Ingress(wrong).validate(), /pathType/);
}
