// Renders what k8s/ has, and finds one's way in it.

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { parseAllDocuments } from 'yaml';

import { root } from '../../integration/gateway.mjs';

// Why manifests cannot be rendered here; undefined where they can.
export function whyNoKubectl() {
  const { error, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  if (error) return 'kubectl is not installed';
  const { gitVersion, minor } = JSON.parse(stdout).clientVersion;
  return parseInt(minor, 10) >= 21 ? undefined : `kubectl is ${gitVersion}; its kustomize reads these files from 1.21 on`;
}

const rendered = new Map();

// Renders an overlay with the lines of its kustomization for these components uncommented, as docs/operations/
// kubernetes.md says. Returns the manifests, for the caller to change; throws where kustomize has anything to say.
export function render(overlay, components = []) {
  const key = [overlay, ...components].join();
  if (!rendered.has(key)) rendered.set(key, renderOnce(overlay, components));
  return structuredClone(rendered.get(key));
}

function renderOnce(overlay, components) {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'k8s-'));
  try {
    fs.cpSync(path.join(root, 'k8s'), copy, { recursive: true });
    const file = path.join(copy, 'overlays', overlay, 'kustomization.yaml');
    let text = fs.readFileSync(file, 'utf8').replace('components: []', 'components:');
    for (const component of components) {
      const enabled = text.replace(new RegExp(`^#(  - \\.\\./\\.\\./components/${component}\\b)`, 'm'), '$1');
      if (enabled === text) throw new Error(`overlays/${overlay} does not offer ${component}`);
      text = enabled;
    }
    if (components.length) fs.writeFileSync(file, text);
    return kustomize(path.dirname(file));
  } finally {
    fs.rmSync(copy, { recursive: true });
  }
}

function kustomize(directory) {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });
  if (status !== 0 || stderr) throw new Error(`kubectl kustomize: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

export const ofKind = (manifests, ...kinds) => manifests.filter(({ kind }) => kinds.includes(kind));

export const named = (manifests, kind, name) => ofKind(manifests, kind).find(({ metadata }) => metadata.name === name);

export const matches = (selector, labels = {}) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

// Containers that run as long as the pod does, sidecars first.
export const containersOf = ({ initContainers = [], containers }) => [...initContainers, ...containers];

export const gatewayOf = (pod) => containersOf(pod).find(({ name }) => name === 'sse-gateway');

// The text of the flagfile that this container is started with.
export function flagfileOf(manifests, pod, container) {
  const file = container.args.find((arg) => arg.startsWith('--flagfile=')).slice('--flagfile='.length);
  const mount = container.volumeMounts.find(({ mountPath }) => mountPath === path.dirname(file));
  const volume = pod.volumes.find(({ name }) => name === mount?.name);
  return named(manifests, 'ConfigMap', volume?.configMap?.name)?.data[path.basename(file)];
}

export const parseFlags = (text) => Object.fromEntries(
  text.split('\n').filter((line) => line.startsWith('--')).map((line) => line.slice(2).split(/=(.*)/s).slice(0, 2)));

export function secondsOf(duration) {
  const units = { ms: 0.001, s: 1, m: 60, h: 3600 };
  return [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, n, unit]) => sum + n * units[unit], 0);
}

export function bytesOf(quantity) {
  const units = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
  const [, number, unit] = quantity.match(/^([\d.]+)([kMG]i?|)$/);
  return number * units[unit];
}

// The project's version, from the only place where it is decided.
export function projectVersion() {
  const text = fs.readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8');
  return text.match(/project\([^)]*\bVERSION (\S+)/)[1];
}

// Asks the gateway itself what it thinks of a flagfile. Throws with its words.
export function checkFlagfile(binary, text) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'flags-'));
  try {
    fs.writeFileSync(path.join(directory, 'flags'), text);
    execFileSync(binary, ['--flagfile=flags', '--check_config'], { cwd: directory, encoding: 'utf8', stdio: 'pipe', env: {} });
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}
