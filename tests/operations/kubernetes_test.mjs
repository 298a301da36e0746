// The manifests of k8s/, rendered as they are deployed: kustomize has no complaint, the API's schemas know every field,
// and the policy of support/policy.mjs holds. That the checks can fail is tested too.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { gatewayBinary, root } from '../integration/gateway.mjs';
import {
  checkFlagfile, flagfileOf, gatewayOf, named, ofKind, projectVersion, render, whyNoKubectl,
} from './support/manifests.mjs';
import { policyFaults } from './support/policy.mjs';
import { makeCertificate } from './support/proxy_ports.mjs';
import { schemaFaults } from './support/schema.mjs';

const skip = whyNoKubectl() ?? false;

const deployments = [
  { overlay: 'gateway', components: [], kinds: ['Ingress'] },
  { overlay: 'gateway', components: ['httproute', 'service-monitor'], kinds: ['HTTPRoute', 'ServiceMonitor'] },
  { overlay: 'gateway', components: ['descriptor-set'], kinds: ['Ingress'] },
  { overlay: 'gateway', components: ['api'], kinds: ['Ingress'] },
  { overlay: 'gateway', components: ['publish-to-all'], kinds: ['Ingress'] },
  { overlay: 'gateway', components: ['publish-to-all', 'autoscaling'], kinds: ['Ingress', 'HorizontalPodAutoscaler'] },
  { overlay: 'gateway', components: ['host-dashboard'], kinds: ['Ingress'] },
  { overlay: 'gateway', components: ['host-dashboard', 'publish-to-all'], kinds: ['Ingress'] },
  { overlay: 'edge', components: [], kinds: [] },
  { overlay: 'edge', components: ['certificates', 'service-monitor'], kinds: ['Certificate', 'ServiceMonitor'] },
  { overlay: 'replicas', components: [], kinds: ['Ingress', 'HorizontalPodAutoscaler', 'StatefulSet'] },
  { overlay: 'replicas', components: ['host-dashboard', 'service-monitor'],
    kinds: ['Ingress', 'HorizontalPodAutoscaler', 'StatefulSet', 'ServiceMonitor'] },
  { overlay: 'sidecar', components: [], kinds: [] },
  { overlay: 'sidecar', components: ['pod-monitor'], kinds: ['PodMonitor'] },
];
const always = ['Namespace', 'Deployment', 'Service', 'ServiceAccount', 'ConfigMap', 'NetworkPolicy', 'PodDisruptionBudget'];
// What a cluster without any additions accepts.
const builtIn = [...always, 'Ingress', 'HorizontalPodAutoscaler', 'StatefulSet'];

const renderAll = () => deployments.map(({ overlay, components }) => render(overlay, components));

for (const { overlay, components, kinds } of deployments) {
  const name = [overlay, ...components].join(' with ');

  test(`${name}: has what it says, in one namespace`, { skip }, () => {
    const manifests = render(overlay, components);
    assert.deepEqual(new Set(manifests.map(({ kind }) => kind)), new Set([...always, ...kinds]));
    const [{ metadata: { name: namespace } }] = ofKind(manifests, 'Namespace');
    for (const { kind, metadata } of manifests) {
      assert.equal(kind === 'Namespace' ? metadata.name : metadata.namespace, namespace, `${kind} ${metadata.name}`);
    }
  });

  test(`${name}: the API's schemas know every field`, { skip }, async () => {
    for (const manifest of render(overlay, components)) {
      assert.deepEqual(await schemaFaults(manifest), [], `${manifest.kind} ${manifest.metadata.name}`);
    }
  });

  test(`${name}: the policy holds`, { skip }, () => {
    assert.deepEqual(policyFaults(render(overlay, components)), []);
  });

  test(`${name}: the gateway accepts its flagfile`, { skip }, () => {
    const manifests = render(overlay, components);
    for (const { spec: { template: { spec } } } of ofKind(manifests, 'Deployment')) {
      const gateway = gatewayOf(spec);
      if (gateway) checkFlagfile(gatewayBinary, flagfileOf(manifests, spec, gateway));
    }
  });
}

test('with descriptor-set the gateway gets a set, and takes it', { skip }, () => {
  const manifests = render('gateway', ['descriptor-set']);
  const pod = named(manifests, 'Deployment', 'sse-gateway').spec.template.spec;
  const { env, volumeMounts } = gatewayOf(pod);
  const { value: file } = env.find(({ name }) => name === 'SSE_GATEWAY_DESCRIPTOR_SET');
  const { name: volume } = volumeMounts.find(({ mountPath }) => mountPath === path.dirname(file));
  const { configMap: { name } } = pod.volumes.find((v) => v.name === volume);
  const { data, binaryData } = named(manifests, 'ConfigMap', name);
  const key = path.basename(file);
  const set = binaryData?.[key] ? Buffer.from(binaryData[key], 'base64') : Buffer.from(data[key]);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'types-'));
  try {
    fs.writeFileSync(path.join(directory, key), set);
    execFileSync(gatewayBinary, ['--check_config'],
      { stdio: 'pipe', env: { SSE_GATEWAY_DESCRIPTOR_SET: path.join(directory, key) } });
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
  assert.ok(set.includes('acme/v1/order.proto'));
});

test('with publish-to-all the publisher to try it with publishes to every pod', { skip }, () => {
  const manifests = render('gateway', ['host-dashboard', 'publish-to-all']);
  const { args } = named(manifests, 'Deployment', 'host-dashboard').spec.template.spec.containers[0];
  const { metadata: { name }, spec: { ports: [{ port }] } } = named(manifests, 'Service', 'sse-gateway-pods');
  assert.ok(args.includes(`--target=${name}:${port}`) && args.includes('--every_address'), args.join(' '));
});

test('the gateway of edge takes its variables, with Secrets as they are described', { skip }, () => {
  const manifests = render('edge');
  const pod = named(manifests, 'Deployment', 'sse-gateway').spec.template.spec;
  const { env, volumeMounts } = gatewayOf(pod);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'edge-'));
  try {
    const pair = makeCertificate(directory);
    const text = (file) => fs.readFileSync(file, 'utf8');
    const files = { 'tls.crt': pair.ca, 'tls.key': text(pair.key), 'ca.crt': pair.ca,
      keys: `${randomBytes(32).toString('base64')}\n` };
    const variables = {};
    for (const { name, value } of env) {
      const mount = volumeMounts.find(({ mountPath }) => path.dirname(value) === mountPath);
      variables[name] = value;
      if (!mount) continue;
      const { configMap } = pod.volumes.find((volume) => volume.name === mount.name);
      const file = path.basename(value);
      variables[name] = path.join(directory, `${mount.name}-${file}`);
      fs.writeFileSync(variables[name], configMap ? named(manifests, 'ConfigMap', configMap.name).data[file] : files[file]);
    }
    // A variable that is not read is a warning.
    const { status, stderr } = spawnSync(gatewayBinary, ['--check_config'], { encoding: 'utf8', env: variables });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});

test('only the browsers\' port of edge has an address on the internet', { skip }, () => {
  const open = ofKind(render('edge'), 'Service').filter(({ spec }) => spec.type !== 'ClusterIP');
  assert.deepEqual(open.map(({ spec }) => spec.ports.map(({ targetPort }) => targetPort)), [['http']]);
});

test('certificates are for the Secrets that are mounted, and for names that there are', { skip }, () => {
  const manifests = render('edge', ['certificates']);
  const { volumes } = named(manifests, 'Deployment', 'sse-gateway').spec.template.spec;
  const mounted = volumes.flatMap(({ secret }) => secret?.secretName ?? []);
  for (const { spec } of ofKind(manifests, 'Certificate')) assert.ok(mounted.includes(spec.secretName), spec.secretName);
});

test('the servers of the log take their configuration', { skip: skip || whyNoNats() }, () => {
  const pod = named(render('replicas'), 'StatefulSet', 'nats').spec.template.spec;
  const { data } = named(render('replicas'), 'ConfigMap', pod.volumes.find(({ name }) => name === 'config').configMap.name);
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'nats-')), 'nats.conf');
  try {
    fs.writeFileSync(file, data['nats.conf']);
    const env = { ...process.env, POD_NAME: 'nats-0', GATEWAY_PASSWORD: 'p0', OPERATOR_PASSWORD: 'p1' };
    const { status, stderr } = spawnSync('nats-server', ['-t', '-c', file], { encoding: 'utf8', env });
    assert.equal(status, 0, stderr);
  } finally {
    fs.rmSync(path.dirname(file), { recursive: true });
  }
});

// {gateway: {publish: [subject], subscribe: […]}, operator: …} of a server's configuration.
function grantedIn(config) {
  const subjects = (text, what) => [...text.match(new RegExp(`${what}: \\[([^\\]]*)\\]`))[1].matchAll(/"([^"]+)"/g)]
    .map(([, subject]) => subject).sort();
  return Object.fromEntries([...config.matchAll(/user: (\w+)\n.*?permissions: (\{.*?\})/gs)].map(([, user, permissions]) =>
    [user, { publish: subjects(permissions, 'publish'), subscribe: subjects(permissions, 'subscribe') }]));
}

// The same of the tables of the docs: the gateway's first, the operator's second.
function documentedGrants() {
  const page = fs.readFileSync(path.join(root, 'docs/operations/replicas.md'), 'utf8');
  const [section] = page.match(/^## Permissions$.*?(?=^## )/ms);
  const tables = [...section.matchAll(/^\| \| subjects \|\n\| --- \| --- \|\n((?:\|.*\n)+)/gm)].map(([, rows]) => {
    const grants = { publish: [], subscribe: [] };
    for (const row of rows.trim().split('\n')) {
      const [, what, subjects] = row.match(/^\| ([^|]+) \| (.*) \|$/);
      for (const [, subject] of subjects.matchAll(/`([^`]+)`/g)) {
        for (const right of ['publish', 'subscribe']) {
          if (what.split(',')[0].includes(right)) grants[right].push(subject.replace('<n>', 'ssegw'));
        }
      }
    }
    return { publish: grants.publish.sort(), subscribe: grants.subscribe.sort() };
  });
  assert.equal(tables.length, 2);
  return { gateway: tables[0], operator: tables[1] };
}

test('users of the log may do what the docs say, and nothing else', { skip }, () => {
  const config = ofKind(render('replicas'), 'ConfigMap').find(({ data }) => data['nats.conf']).data['nats.conf'];
  assert.deepEqual(grantedIn(config), documentedGrants());
});

test('without components a bare cluster has all kinds', { skip }, () => {
  for (const { overlay } of deployments) {
    for (const { kind } of render(overlay)) assert.ok(builtIn.includes(kind), `${overlay}: ${kind}`);
  }
});

test('every overlay, component and file of k8s/ is rendered by one of these tests', { skip }, () => {
  const folders = (name) => fs.readdirSync(path.join(root, 'k8s', name)).sort();
  assert.deepEqual([...new Set(deployments.map(({ overlay }) => overlay))].sort(), folders('overlays'));
  const used = new Set(['sidecar', 'tls', 'tokens', 'publisher-tls', 'nats', 'nats-store', ...deployments.flatMap(({ components }) => components)]);
  assert.deepEqual([...used].sort(), folders('components'));

  for (const folder of ['base', ...['overlays', 'components'].flatMap((f) => folders(f).map((n) => `${f}/${n}`))]) {
    const text = fs.readFileSync(path.join(root, 'k8s', folder, 'kustomization.yaml'), 'utf8');
    for (const file of folders(folder)) {
      if (file === 'kustomization.yaml') continue;
      assert.match(text, new RegExp(`(- |: )${file}$`, 'm'), `k8s/${folder}/${file}`);
    }
  }
});

test('a change of the flags is a rollout', { skip }, () => {
  for (const manifests of renderAll()) {
    for (const { metadata } of ofKind(manifests, 'ConfigMap')) assert.match(metadata.name, /-[a-z0-9]{10}$/);
  }
});

test('an unknown field is found wherever it stands', { skip }, async () => {
  // Maps of quantities: any name may be one of a resource.
  const free = /\/(requests|limits)$/;
  let tried = 0;
  for (const manifest of new Map(renderAll().flat().map((m) => [JSON.stringify(m), m])).values()) {
    for (const place of objectsIn(manifest)) {
      if (free.test(`/${place.join('/')}`)) continue;
      const changed = structuredClone(manifest);
      place.reduce((object, key) => object[key], changed).replica = 1;
      assert.notDeepEqual(await schemaFaults(changed), [], `${manifest.kind} /${place.join('/')}/replica`);
      ++tried;
    }
  }
  assert.ok(tried > 200, `${tried}`);
});

test('a missing field and a wrong type are found', { skip }, async () => {
  const deployment = named(render('gateway'), 'Deployment', 'sse-gateway');
  for (const [change, message] of [
    [(d) => { delete d.spec.selector; }, /selector/],
    [(d) => { d.spec.replicas = '1'; }, /replicas/],
    [(d) => { d.spec.template.spec.containers[0].ports[0].containerPort = 'http'; }, /containerPort/],
  ]) {
    const changed = structuredClone(deployment);
    change(changed);
    assert.match((await schemaFaults(changed)).join(), message);
  }
});

// Each entry breaks one rule of the policy: the fault is named, and no other but those that follow from it.
const breaches = [
  ['gateway', 'a rollout has a moment without a pod', ({ deployment }) => {
    deployment.spec.strategy.rollingUpdate.maxUnavailable = 1;
  }],
  ['gateway', 'a token is mounted', ({ pod }) => { delete pod.automountServiceAccountToken; }],
  ['gateway', 'the service account is not its own, or has a token', ({ pod }) => { pod.serviceAccountName = 'default'; }],
  ['gateway', 'variables of Services are set', ({ pod }) => { delete pod.enableServiceLinks; }],
  ['gateway', 'it shares something with its node', ({ pod }) => { pod.hostNetwork = true; }],
  ['gateway', 'it is not spread over nodes', ({ pod }) => { pod.topologySpreadConstraints.shift(); }],
  ['gateway', 'it may run as root', ({ pod }) => { pod.securityContext.runAsUser = 0; }],
  ['sidecar', 'it may run as root', ({ gateway }) => { gateway.securityContext.runAsNonRoot = false; }],
  ['gateway', 'its root file system can be written', ({ gateway }) => {
    delete gateway.securityContext.readOnlyRootFilesystem;
  }],
  ['sidecar', 'it may gain privileges', ({ gateway }) => { delete gateway.securityContext.allowPrivilegeEscalation; }],
  ['gateway', 'it has capabilities', ({ gateway }) => { gateway.securityContext.capabilities.add = ['NET_ADMIN']; }],
  ['gateway', 'it has no seccomp profile', ({ pod }) => { delete pod.securityContext.seccompProfile; }],
  ['gateway', 'it is promised less memory than it may take', ({ gateway }) => {
    gateway.resources.requests.memory = '64Mi';
  }],
  ['gateway', `its image is not of version ${projectVersion()}`, ({ gateway }) => { gateway.image = 'sse-gateway:latest'; }],
  ['gateway', 'terminationGracePeriodSeconds is less than the 35 s that leaving may take', ({ pod }) => {
    pod.terminationGracePeriodSeconds = 30;
  }],
  ['gateway', 'terminationGracePeriodSeconds is less than the 75 s that leaving may take', ({ flags }) => {
    flags((text) => text.replace('--drain_window=20s', '--drain_window=1m'));
  }],
  ['sidecar', 'terminationGracePeriodSeconds is less than the 45 s that leaving may take', ({ flags }) => {
    flags((text) => text.replace('--drain_window=10s', '--drain_window=20s'));
  }],
  ['gateway', 'a restart would be decided by /readyz', ({ gateway }) => {
    gateway.livenessProbe.httpGet.path = '/readyz';
  }],
  ['gateway', 'readiness is not /readyz', ({ gateway }) => { gateway.readinessProbe.httpGet.path = '/healthz'; }],
  ['sidecar', 'the pod may still be listed as ready when --drain_delay is over', ({ gateway }) => {
    gateway.readinessProbe.periodSeconds = 10;
  }],
  ['gateway', 'port grpc is not what --grpc_listen says', ({ flags }) => {
    flags((text) => `${text}--grpc_listen=:50052\n`);
  }],
  ['gateway', 'port http is for one family of addresses', ({ flags }) => {
    flags((text) => text.replace('--http_listen=:8080', '--http_listen=0.0.0.0:8080'));
  }],
  ['sidecar', 'it has addresses of one family alone', ({ service }) => { delete service.spec.ipFamilyPolicy; }],
  ['gateway', 'it has addresses of one family alone', ({ service }) => { service.spec.ipFamilies = ['IPv4']; }],
  ['gateway', 'who may connect is said by address', ({ network }) => {
    network.spec.ingress[2].from = [{ ipBlock: { cidr: '10.0.0.0/8' } }];
  }],
  ['edge', 'it may connect to others', ({ network }) => { network.spec.egress[1].ports[0].port = 80; }],
  ['edge', 'it may connect to others', ({ gateway }) => {
    gateway.env = gateway.env.filter(({ name }) => name !== 'SSE_GATEWAY_JWT_JWKS');
  }],
  ['edge', 'a Secret is not mounted, or as a file that is never written again', ({ gateway }) => {
    gateway.volumeMounts.find(({ name }) => name === 'tls').subPath = 'tls.crt';
  }],
  ['edge', 'others of the pod may read a Secret', ({ pod }) => {
    pod.volumes.find(({ name }) => name === 'tls').secret.defaultMode = 0o444;
  }],
  ['edge', 'the process may not read its Secrets', ({ pod }) => { delete pod.securityContext.fsGroup; }],
  ['sidecar', 'the sidecar ends with the start of the pod', ({ gateway }) => { delete gateway.restartPolicy; }],
  ['gateway', 'the window does not get what its flag says', ({ flags }) => {
    flags((text) => text.replace('--window_max_bytes=67108864', '--window_max_bytes=140000000'));
  }],
  ['gateway', 'the memory limit is too low for window and connections', ({ flags }) => {
    flags((text) => text.replace('--max_connections=10000', '--max_connections=100000'));
  }],
  ['gateway', 'no container has the port public', ({ service }) => { service.spec.ports[1].targetPort = 'public'; }],
  ['gateway', 'it may connect to others', ({ network }) => { network.spec.egress = [{}]; }],
  ['gateway', 'admin is open to everybody', ({ network }) => { delete network.spec.ingress[2].from; }],
  ['gateway', 'http is closed for everybody', ({ network }) => {
    network.spec.ingress[0].from = [{ podSelector: {} }];
  }],
  ['gateway', 'of 1 pods none may be evicted', ({ budget }) => {
    delete budget.spec.maxUnavailable;
    budget.spec.minAvailable = 1;
  }],
  ['gateway', 'there are several pods and no name that resolves to each', ({ deployment }) => {
    deployment.spec.replicas = 2;
  }],
  ['gateway', 'the proxy buffers', ({ ingress }) => {
    ingress.metadata.annotations['nginx.ingress.kubernetes.io/proxy-buffering'] = 'on';
  }],
  ['gateway', 'the proxy cuts streams that are idle', ({ ingress }) => {
    ingress.metadata.annotations['nginx.ingress.kubernetes.io/proxy-read-timeout'] = '20';
  }],
  ['gateway with host-dashboard', 'it may connect to others', ({ networks }) => {
    networks[0].spec.egress[1].to[0].namespaceSelector = {};
  }],
  ['gateway with host-dashboard', 'it may connect to others', ({ networks, manifests }) => {
    delete named(manifests, 'Deployment', 'host-dashboard').spec.template.metadata.labels['sse-gateway-publisher'];
  }],
  ['replicas', 'it may connect to others', ({ gateway }) => {
    gateway.env.find(({ name }) => name === 'SSE_GATEWAY_STORE').value = 'memory';
  }, 'there are several pods and no name that resolves to each'],
  ['replicas', 'it may connect to others', ({ networks }) => {
    networks.find(({ metadata }) => metadata.name === 'nats').spec.ingress[0].from[0].podSelector.matchLabels = { app: 'other' };
  }],
  ['replicas', 'a browser may come to pods that leave next', ({ deployment }) => {
    deployment.spec.strategy.rollingUpdate.maxSurge = 1;
  }],
  ['replicas', 'its majority may be evicted', ({ budget }) => { budget.spec.maxUnavailable = 2; }],
  ['replicas', 'a node may have its majority', ({ log }) => { delete log.spec.template.spec.affinity; }],
  ['replicas', 'a server that has to go does not give its streams away first', ({ log }) => {
    delete log.spec.template.spec.containers[0].lifecycle;
  }],
  ['replicas', 'terminationGracePeriodSeconds is less than the 30s that leaving may take', ({ log }) => {
    log.spec.template.spec.terminationGracePeriodSeconds = 30;
  }],
  ['replicas', 'its streams have more replicas than there are servers', ({ gateway }) => {
    gateway.env.find(({ name }) => name === 'SSE_GATEWAY_NATS_REPLICAS').value = '5';
  }],
  ['replicas', `its image is not of version ${projectVersion()}`, ({ log }) => {
    log.spec.template.spec.containers[0].image = 'nats:latest';
  }],
  ['gateway with httproute', 'streams have a time limit', ({ route }) => { delete route.spec.rules[0].timeouts.request; }],
  ['gateway with httproute', 'it does not lead to the public port', ({ route }) => {
    route.spec.rules[0].backendRefs[0].port = 9090;
  }],
  ['gateway with service-monitor', 'not exactly one Service is scraped', ({ monitor }) => {
    monitor.spec.selector.matchLabels = { app: 'sse-gateway' };
  }],
  ['gateway with service-monitor', 'it does not scrape /metrics of the admin port', ({ monitor }) => {
    monitor.spec.endpoints[0].port = 'http';
  }],
  ['sidecar with pod-monitor', 'no pod is scraped', ({ monitor }) => {
    monitor.spec.selector.matchLabels = { app: 'sse-gateway' };
  }],
  ['gateway with publish-to-all', 'all pods may be evicted at once', ({ budget }) => { budget.spec.maxUnavailable = 2; }],
  ['gateway with publish-to-all with autoscaling', 'there are several pods and no name that resolves to each', ({ pods }) => {
    pods.spec.publishNotReadyAddresses = false;
  }],
  ['gateway with publish-to-all with autoscaling', 'the Deployment sets its number too', ({ deployment }) => { deployment.spec.replicas = 2; }],
  ['gateway with publish-to-all with autoscaling', 'a pod is full before another comes', ({ flags }) => {
    flags((text) => text.replace('--max_connections=10000', '--max_connections=8000'));
  }],
  ['gateway with publish-to-all with autoscaling', 'it takes pods away faster than they drain', ({ scaler }) => {
    scaler.spec.behavior.scaleDown.policies[0].periodSeconds = 15;
  }],
];

for (const [where, fault, breach, ...others] of breaches) {
  test(`the policy sees in ${where}: ${fault}`, { skip }, () => {
    const [overlay, ...components] = where.split(' with ');
    const manifests = render(overlay, components);
    const deployment = ofKind(manifests, 'Deployment').find(({ spec }) => gatewayOf(spec.template.spec));
    const pod = deployment.spec.template.spec;
    const [config] = ofKind(manifests, 'ConfigMap');
    breach({
      manifests,
      deployment,
      pod,
      gateway: gatewayOf(pod),
      flags: (change) => { config.data.flags = change(config.data.flags); },
      service: ofKind(manifests, 'Service')[0],
      networks: ofKind(manifests, 'NetworkPolicy'),
      network: ofKind(manifests, 'NetworkPolicy')[0],
      budget: ofKind(manifests, 'PodDisruptionBudget')[0],
      log: ofKind(manifests, 'StatefulSet')[0],
      ingress: ofKind(manifests, 'Ingress')[0],
      route: ofKind(manifests, 'HTTPRoute')[0],
      monitor: ofKind(manifests, 'ServiceMonitor', 'PodMonitor')[0],
      scaler: ofKind(manifests, 'HorizontalPodAutoscaler')[0],
      pods: named(manifests, 'Service', 'sse-gateway-pods'),
    });
    const faults = policyFaults(manifests).map((text) => text.slice(text.indexOf(': ') + 2));
    assert.deepEqual(faults, [fault, ...others]);
  });
}

test('the gateway refuses a flagfile with a mistake', () => {
  assert.throws(() => checkFlagfile(gatewayBinary, '--drain_delai=5s\n'), /unknown flag/);
});

test('the metrics that decide on the number of pods exist', { skip }, () => {
  const documented = fs.readFileSync(path.join(root, 'docs/metrics.md'), 'utf8');
  const [scaler] = ofKind(render('gateway', ['publish-to-all', 'autoscaling']), 'HorizontalPodAutoscaler');
  for (const { pods } of scaler.spec.metrics.filter(({ type }) => type === 'Pods')) {
    assert.ok(documented.includes(`| \`${pods.metric.name}\` | gauge |`), pods.metric.name);
  }
});

function whyNoNats() {
  return spawnSync('nats-server', ['-v']).error ? 'nats-server is not there' : false;
}

function* objectsIn(value, place = []) {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield place;
  for (const key of Object.keys(value)) yield* objectsIn(value[key], [...place, key]);
}
