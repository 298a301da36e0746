// What has to hold for a set of manifests beyond their schema. Each rule returns what is wrong, in words.

import {
  bytesOf, containersOf, flagfileOf, gatewayOf, matches, named, ofKind, parseFlags, projectVersion, secondsOf,
} from './manifests.mjs';

// What the gateway may take for last words after its window (docs/operations/drain.md).
const lastWordsSeconds = 10;

// What the sidecar's flags leave to the application, which ends first.
const applicationSeconds = 10;

export function policyFaults(manifests) {
  const faults = [];
  const rule = (where, what, holds) => { if (!holds) faults.push(`${where}: ${what}`); };

  for (const { kind, metadata: { name }, spec } of workloadsOf(manifests)) {
    const { template, strategy, selector } = spec;
    rule(name, 'a rollout has a moment without a pod', kind === 'StatefulSet' ||
      (strategy?.rollingUpdate?.maxUnavailable === 0 && Number.parseInt(strategy.rollingUpdate.maxSurge, 10) >= 1));
    rule(name, 'a browser may come to pods that leave next', !sharesLog(template.spec) || strategy.rollingUpdate.maxSurge === '100%');
    rule(name, 'the selector does not match its pods', matches(selector.matchLabels, template.metadata.labels));
    checkPod(rule, name, manifests, template);
    if (gatewayOf(template.spec)) checkGateway(rule, name, manifests, template.spec);
  }
  ofKind(manifests, 'StatefulSet').forEach((servers) => checkServers(rule, servers, manifests));
  ofKind(manifests, 'Service').forEach((service) => checkService(rule, service, manifests));
  checkNetwork(rule, manifests);
  checkEviction(rule, manifests);
  checkScaling(rule, manifests);
  checkRoutes(rule, manifests);
  checkMonitors(rule, manifests);
  return faults;
}

const workloadsOf = (manifests) => ofKind(manifests, 'Deployment', 'StatefulSet');

const podsOf = (manifests) => workloadsOf(manifests).map(({ spec }) => spec.template);

const podsFor = (manifests, selector) =>
  podsOf(manifests).filter((pod) => matches(selector, pod.metadata.labels));

const gatewaysOf = (manifests) => podsOf(manifests).filter(({ spec }) => gatewayOf(spec));

const portsOf = (pod) => containersOf(pod.spec).flatMap(({ ports = [] }) => ports);

// Whether the gateway's log is in NATS JetStream, so that all pods have the same.
const sharesLog = (spec) => /^(nats|tls):/.test(variableOf(spec, 'SSE_GATEWAY_STORE'));

const variableOf = (spec, name) => gatewayOf(spec)?.env?.find((variable) => variable.name === name)?.value ?? '';

const isOurs = (image) => /(^|\/)(sse-gateway|host-dashboard):/.test(image);

function checkPod(rule, name, manifests, { metadata, spec }) {
  rule(name, 'a token is mounted', spec.automountServiceAccountToken === false);
  rule(name, 'the service account is not its own, or has a token',
    named(manifests, 'ServiceAccount', spec.serviceAccountName)?.automountServiceAccountToken === false);
  rule(name, 'variables of Services are set', spec.enableServiceLinks === false);
  rule(name, 'it shares something with its node', !spec.hostNetwork && !spec.hostPID && !spec.hostIPC &&
    (spec.volumes ?? []).every(({ hostPath }) => !hostPath));
  const spread = spec.topologySpreadConstraints ?? [];
  rule(name, 'it is not spread over nodes', spread.some(({ topologyKey, labelSelector }) =>
    topologyKey === 'kubernetes.io/hostname' && matches(labelSelector.matchLabels, metadata.labels)));

  for (const container of containersOf(spec)) {
    const where = `${name}/${container.name}`;
    const security = { ...spec.securityContext, ...container.securityContext };
    rule(where, 'it may run as root', security.runAsNonRoot === true && security.runAsUser > 0);
    rule(where, 'its root file system can be written', security.readOnlyRootFilesystem === true);
    rule(where, 'it may gain privileges', security.allowPrivilegeEscalation === false && !security.privileged);
    rule(where, 'it has capabilities',
      security.capabilities?.drop?.includes('ALL') && !security.capabilities.add);
    rule(where, 'it has no seccomp profile', security.seccompProfile?.type === 'RuntimeDefault');
    const { requests, limits } = container.resources ?? {};
    rule(where, 'it has no resources', requests?.cpu && requests.memory && limits?.memory);
    rule(where, 'it is promised less memory than it may take', requests?.memory === limits?.memory);
    rule(where, `its image is not of version ${projectVersion()}`, isOurs(container.image)
      ? container.image.endsWith(`:${projectVersion()}`) : /:\d+\.\d+\.\d+$/.test(container.image));
    rule(where, 'it serves and has no probes', !container.ports ||
      (container.startupProbe && container.livenessProbe && container.readinessProbe));
  }
}

// Secrets are what others replace while the gateway runs.
function checkSecrets(rule, name, spec, gateway) {
  const secrets = (spec.volumes ?? []).filter(({ secret }) => secret);
  for (const { name: volume, secret } of secrets) {
    const mounts = gateway.volumeMounts.filter((mount) => mount.name === volume);
    rule(name, 'a Secret is not mounted, or as a file that is never written again',
      mounts.length > 0 && mounts.every(({ subPath, readOnly }) => !subPath && readOnly));
    rule(name, 'others of the pod may read a Secret', (secret.defaultMode & 0o007) === 0);
  }
  rule(name, 'the process may not read its Secrets', !secrets.length || spec.securityContext.fsGroup === 65532);
}

function checkGateway(rule, name, manifests, spec) {
  const gateway = gatewayOf(spec);
  checkSecrets(rule, name, spec, gateway);
  const sidecar = spec.initContainers?.includes(gateway) ?? false;
  const text = flagfileOf(manifests, spec, gateway);
  rule(name, 'the flagfile is not mounted', text);
  if (!text) return;
  const flags = parseFlags(text);
  const delay = secondsOf(flags.drain_delay);
  const leaving = delay + secondsOf(flags.drain_window) + lastWordsSeconds + (sidecar ? applicationSeconds : 0);
  rule(name, `terminationGracePeriodSeconds is less than the ${leaving} s that leaving may take`,
    spec.terminationGracePeriodSeconds >= leaving);

  const { startupProbe, livenessProbe, readinessProbe } = gateway;
  rule(name, 'a restart would be decided by /readyz',
    [startupProbe, livenessProbe].every((probe) => probe?.httpGet?.path === '/healthz'));
  rule(name, 'readiness is not /readyz', readinessProbe?.httpGet?.path === '/readyz');
  for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
    rule(name, 'a probe is not of the admin port', probe?.httpGet?.port === 'admin');
  }
  const { periodSeconds, failureThreshold, timeoutSeconds } = readinessProbe ?? {};
  rule(name, 'the pod may still be listed as ready when --drain_delay is over',
    periodSeconds * failureThreshold + timeoutSeconds <= delay);

  for (const [port, flag, number] of [
    ['http', 'http_listen', 8080], ['grpc', 'grpc_listen', 50051], ['admin', 'admin_listen', 9090],
  ]) {
    const [, host, listened] = (flags[flag] ?? `:${number}`).match(/^(.*):(\d+)$/);
    const declared = gateway.ports.find((p) => p.name === port)?.containerPort;
    rule(name, `port ${port} is for one family of addresses`, host === '' || host === '127.0.0.1');
    rule(name, `port ${port} is not what --${flag} says`,
      host === '127.0.0.1' ? declared === undefined : declared === Number(listened));
  }
  rule(name, 'who is not in the pod of a sidecar may publish', !sidecar || flags.grpc_listen?.startsWith('127.0.0.1:'));
  rule(name, 'the sidecar ends with the start of the pod', !sidecar || gateway.restartPolicy === 'Always');

  // docs/operations/overload.md, "Memory": what to reckon, and what the gateway grants its window.
  const limit = bytesOf(gateway.resources?.limits?.memory ?? '0');
  const window = Number(flags.window_max_bytes);
  rule(name, 'the window does not get what its flag says', window <= limit / 4);
  rule(name, 'the memory limit is too low for window and connections',
    30e6 + 2 * window + 2_000 * flags.max_connections <= limit * 2 / 3);
}

// NATS servers: at SIGTERM alone they end at once.
function checkServers(rule, { metadata: { name }, spec: { template: { spec } } }, manifests) {
  const [server] = spec.containers;
  rule(name, 'a server that has to go does not give its streams away first',
    server.lifecycle?.preStop?.exec?.command.join(' ') === 'nats-server --signal ldm=1');
  const config = spec.volumes.find((volume) => volume.name === 'config').configMap.name;
  const [, leaving] = named(manifests, 'ConfigMap', config).data['nats.conf'].match(/^lame_duck_duration: (\w+)$/m);
  rule(name, `terminationGracePeriodSeconds is less than the ${leaving} that leaving may take`,
    spec.terminationGracePeriodSeconds > secondsOf(leaving));
}

function checkService(rule, { metadata, spec }, manifests) {
  const pods = podsFor(manifests, spec.selector);
  rule(metadata.name, 'no pod has the labels of the Service', pods.length);
  rule(metadata.name, 'it has addresses of one family alone', spec.ipFamilyPolicy === 'PreferDualStack' && !spec.ipFamilies);
  for (const port of spec.ports) {
    rule(metadata.name, `no container has the port ${port.targetPort}`,
      pods.every((pod) => portsOf(pod).some(({ name }) => name === port.targetPort)));
  }
}

function checkNetwork(rule, manifests) {
  for (const pod of podsOf(manifests)) {
    const policies = ofKind(manifests, 'NetworkPolicy')
      .filter(({ spec }) => matches(spec.podSelector.matchLabels, pod.metadata.labels));
    const name = pod.metadata.labels['app.kubernetes.io/name'];
    const allowed = policies.flatMap(({ spec }) => spec.ingress);
    // 10.0.0.0/8 says nothing of the IPv6 addresses of the same peers.
    rule(name, 'who may connect is said by address', allowed.every(({ from = [] }) => from.every(({ ipBlock }) => !ipBlock)));
    rule(name, 'everybody may connect to it', policies.length && allowed.every(({ ports }) => ports?.length));
    rule(name, 'it may connect to others', policies.length && policies.every(({ spec }) =>
      spec.policyTypes.includes('Egress') && spec.egress.every((egress) =>
        isDns(egress) || isFetchingKeys(pod, egress) || isExpected(manifests, pod, egress))));
    for (const { name: port } of portsOf(pod)) {
      const rules = allowed.filter(({ ports = [] }) => ports.some((p) => p.port === port));
      rule(name, `nobody may connect to ${port}`, rules.length);
      const open = rules.some(({ from }) => !from?.length);
      rule(name, `${port} is ${open ? 'open to' : 'closed for'} everybody`, open === (port === 'http'));
    }
    for (const { port } of allowed.flatMap(({ ports = [] }) => ports)) {
      rule(name, `the policy names ${port}, which no container has`, portsOf(pod).some((p) => p.name === port));
    }
  }
}

const isDns = ({ to = [], ports = [] }) => to.length > 0 && ports.every(({ port }) => port === 53) &&
  to.every((peer) => peer.namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === 'kube-system');

// A gateway that reads its issuer's keys asks somebody by HTTPS.
const isFetchingKeys = (pod, { ports = [] }) =>
  variableOf(pod.spec, 'SSE_GATEWAY_JWT_JWKS').startsWith('https://') && ports.length > 0 &&
  ports.every(({ port, protocol }) => port === 443 && protocol === 'TCP');

// A publisher connects to gateways, a gateway to the servers of its log, these to one another: by labels, to pods that let
// it in.
function isExpected(manifests, pod, { to = [], ports = [] }) {
  const expected = expectedPort(pod);
  const admits = (target) => ofKind(manifests, 'NetworkPolicy').some(({ spec }) =>
    matches(spec.podSelector.matchLabels, target.metadata.labels) && spec.ingress.some(({ from = [], ports: open = [] }) =>
      open.some(({ port }) => port === expected) &&
      from.some(({ podSelector }) => podSelector && matches(podSelector.matchLabels, pod.metadata.labels))));
  return to.length > 0 && ports.length > 0 && ports.every(({ port }) => port === expected) && to.every((peer) =>
    podsFor(manifests, peer.podSelector?.matchLabels ?? {}).every((target) =>
      portsOf(target).some(({ name }) => name === expected) && admits(target)));
}

function expectedPort(pod) {
  if (gatewayOf(pod.spec)) return sharesLog(pod.spec) ? 'client' : undefined;
  return portsOf(pod).some(({ name }) => name === 'cluster') ? 'cluster' : 'grpc';
}

function checkEviction(rule, manifests) {
  for (const { metadata, spec: { template, replicas } } of ofKind(manifests, 'StatefulSet')) {
    const budgets = ofKind(manifests, 'PodDisruptionBudget')
      .filter(({ spec }) => matches(spec.selector.matchLabels, template.metadata.labels));
    rule(metadata.name, 'its majority may be evicted',
      budgets.length === 1 && replicas - budgets[0].spec.maxUnavailable > replicas / 2);
    const apart = template.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    rule(metadata.name, 'a node may have its majority', apart.some(({ topologyKey, labelSelector }) =>
      topologyKey === 'kubernetes.io/hostname' && matches(labelSelector.matchLabels, template.metadata.labels)));
  }
  for (const { metadata, spec: { template, replicas } } of ofKind(manifests, 'Deployment')) {
    if (!gatewayOf(template.spec)) continue;
    const budgets = ofKind(manifests, 'PodDisruptionBudget')
      .filter(({ spec }) => matches(spec.selector.matchLabels, template.metadata.labels));
    const scaled = ofKind(manifests, 'HorizontalPodAutoscaler')[0];
    const pods = replicas ?? scaled?.spec.minReplicas;
    rule(metadata.name, 'it has not exactly one disruption budget', budgets.length === 1);
    for (const { spec } of budgets) {
      const evictable = spec.maxUnavailable ?? pods - spec.minAvailable;
      rule(metadata.name, `of ${pods} pods none may be evicted`, evictable >= 1);
      rule(metadata.name, 'all pods may be evicted at once', pods === 1 || evictable < pods);
    }
  }
}

function checkScaling(rule, manifests) {
  const publishToAll = ofKind(manifests, 'Service').some(({ spec }) => spec.clusterIP === 'None' &&
    spec.publishNotReadyAddresses && podsFor(manifests, spec.selector).every((pod) => gatewayOf(pod.spec)));
  for (const { metadata, spec } of ofKind(manifests, 'Deployment')) {
    const scaled = ofKind(manifests, 'HorizontalPodAutoscaler')
      .find((h) => h.spec.scaleTargetRef.kind === 'Deployment' && h.spec.scaleTargetRef.name === metadata.name);
    rule(metadata.name, 'there are several pods and no name that resolves to each',
      publishToAll || sharesLog(spec.template.spec) || (!scaled && spec.replicas === 1));
    const servers = ofKind(manifests, 'StatefulSet')[0]?.spec.replicas;
    rule(metadata.name, 'its streams have more replicas than there are servers',
      !(Number(variableOf(spec.template.spec, 'SSE_GATEWAY_NATS_REPLICAS')) > servers));
  }
  for (const { metadata, spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
    const target = named(manifests, 'Deployment', spec.scaleTargetRef.name);
    rule(metadata.name, 'it scales nothing', target);
    if (!target) continue;
    rule(metadata.name, 'the Deployment sets its number too', target.spec.replicas === undefined);
    const pod = target.spec.template.spec;
    const flags = parseFlags(flagfileOf(manifests, pod, gatewayOf(pod)));
    const connections = spec.metrics.find(({ pods }) => pods?.metric.name === 'sse_gateway_connections');
    rule(metadata.name, 'it does not look at connections', connections);
    rule(metadata.name, 'it does not look at CPU', spec.metrics.some(({ resource }) => resource?.name === 'cpu'));
    rule(metadata.name, 'a pod is full before another comes',
      bytesOf(connections?.pods.target.averageValue ?? '1G') <= flags.max_connections / 2);
    rule(metadata.name, 'it takes pods away faster than they drain', spec.behavior.scaleDown.policies.every(
      ({ type, value, periodSeconds }) =>
        type === 'Pods' && value === 1 && periodSeconds > pod.terminationGracePeriodSeconds));
  }
}

function checkRoutes(rule, manifests) {
  const toHttp = ({ name, port }) => {
    const service = named(manifests, 'Service', name);
    const found = service?.spec.ports.find((p) => p.name === port || p.port === port);
    return found?.targetPort === 'http';
  };
  const heartbeats = gatewaysOf(manifests).map(({ spec }) =>
    secondsOf(parseFlags(flagfileOf(manifests, spec, gatewayOf(spec)) ?? '').heartbeat_interval ?? '15s'));

  for (const { metadata, spec } of ofKind(manifests, 'Ingress')) {
    const annotation = (name) => metadata.annotations[`nginx.ingress.kubernetes.io/${name}`];
    rule(metadata.name, 'the proxy buffers', annotation('proxy-buffering') === 'off');
    rule(metadata.name, 'the proxy cuts streams that are idle',
      heartbeats.every((seconds) => Number(annotation('proxy-read-timeout')) >= 2 * seconds));
    for (const { backend: { service } } of spec.rules.flatMap(({ http }) => http.paths)) {
      rule(metadata.name, 'it does not lead to the public port',
        toHttp({ name: service.name, port: service.port.name ?? service.port.number }));
    }
  }
  for (const { metadata, spec } of ofKind(manifests, 'HTTPRoute')) {
    for (const { timeouts, backendRefs } of spec.rules) {
      rule(metadata.name, 'streams have a time limit', timeouts?.request === '0s' && timeouts.backendRequest === '0s');
      rule(metadata.name, 'it does not lead to the public port', backendRefs.every(toHttp));
    }
    rule(metadata.name, 'the same host has an Ingress too', ofKind(manifests, 'Ingress').length === 0);
  }
}

function checkMonitors(rule, manifests) {
  for (const { metadata, spec } of ofKind(manifests, 'ServiceMonitor')) {
    const services = ofKind(manifests, 'Service').filter((s) => matches(spec.selector.matchLabels, s.metadata.labels));
    rule(metadata.name, 'not exactly one Service is scraped', services.length === 1);
    for (const { port, path } of spec.endpoints) {
      rule(metadata.name, 'it does not scrape /metrics of the admin port', path === '/metrics' &&
        services.every((s) => s.spec.ports.find((p) => p.name === port)?.targetPort === 'admin'));
    }
  }
  for (const { metadata, spec } of ofKind(manifests, 'PodMonitor')) {
    const pods = podsFor(manifests, spec.selector.matchLabels);
    rule(metadata.name, 'no pod is scraped', pods.length);
    for (const { port, path } of spec.podMetricsEndpoints) {
      rule(metadata.name, 'it does not scrape /metrics of the admin port', path === '/metrics' && port === 'admin' &&
        pods.every((pod) => portsOf(pod).some(({ name }) => name === port)));
    }
  }
}
