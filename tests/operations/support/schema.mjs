// Checks a manifest against the API's schema, unknown fields included.

import assert from 'node:assert/strict';

const packages = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'cert-manager.io': '@kubernetes-models/cert-manager',
};

// Returns what is wrong with it, [] for nothing.
export async function schemaFaults(manifest) {
  const { apiVersion, kind } = manifest;
  const name = packages[apiVersion.split('/')[0]] ?? 'kubernetes-models';
  const { [kind]: Model } = await import(`${name}/${apiVersion}/${kind}`);
  assert.equal(Model.apiVersion, apiVersion);

  // The models' validators accept fields that the schema does not have, as YAML with a typo is. But they read every
  // field that it has, by name, and go over all keys where any is allowed: what was never read is unknown.
  const watch = new Watch(new Model(manifest));
  try {
    watch.proxy.validate();
  } catch (error) {
    return [error.message];
  }
  return watch.neverRead();
}

class Watch {
  #value;
  #read = new Set();
  #inner = new Map();

  constructor(value) {
    this.#value = value;
    this.proxy = new Proxy(value, {
      get: (target, key, receiver) => {
        const field = Reflect.get(target, key, receiver);
        if (!Object.hasOwn(target, key)) return field;
        this.#read.add(key);
        if (typeof field !== 'object' || field === null) return field;
        if (!this.#inner.has(key)) this.#inner.set(key, new Watch(field));
        return this.#inner.get(key).proxy;
      },
      ownKeys: (target) => {
        Object.keys(target).forEach((key) => this.#read.add(key));
        return Reflect.ownKeys(target);
      },
    });
  }

  neverRead(path = '') {
    return Object.keys(this.#value).flatMap((key) => {
      if (!this.#read.has(key)) return [`${path}/${key}: the schema has no such field`];
      return this.#inner.get(key)?.neverRead(`${path}/${key}`) ?? [];
    });
  }
}
