// Holds a configuration to Envoy's own schema: its .proto files, as grpc-js-xds brings them. Envoy does
// not start with a field that it does not know.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
require('@grpc/proto-loader'); // gives protobufjs the descriptors' own schema
const protobuf = createRequire(require.resolve('@grpc/proto-loader'))('protobufjs');

const protos = path.resolve(path.dirname(require.resolve('@grpc/grpc-js-xds')), '../../deps');
const files = [
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
];

const root = new protobuf.Root();
root.resolvePath = (_, file) => {
  const directory = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate']
    .find((name) => fs.existsSync(path.join(protos, name, file)));
  return directory ? path.join(protos, directory, file) : null;
};
root.loadSync(files, { keepCase: true });

const wrapped = {
  BoolValue: 'bool', UInt32Value: 'uint32', UInt64Value: 'uint64', DoubleValue: 'double', StringValue: 'string',
};

// Throws where value is no JSON of the message type, and says where.
export function checkMessage(typeName, value, at = typeName) {
  const fault = (what) => { throw new Error(`${at}: ${what}`); };
  const known = typeName.match(/^google\.protobuf\.(\w+)$/)?.[1];
  if (known === 'Duration') return /^\d+(\.\d+)?s$/.test(value) || fault(`${value} is no duration`);
  if (known in wrapped) return checkScalar(wrapped[known], value, at);
  if (known === 'Struct') return isObject(value) || fault('expected an object');
  if (!isObject(value)) fault('expected an object');
  if (known === 'Any') {
    const { '@type': url, ...fields } = value;
    if (!url?.startsWith('type.googleapis.com/')) fault('no @type');
    return checkMessage(url.slice('type.googleapis.com/'.length), fields, `${at}(${url.split('.').at(-1)})`);
  }
  const type = root.lookupType(typeName).resolveAll();
  const oneofs = new Set();
  for (const [name, part] of Object.entries(value)) {
    const field = type.fields[name] ?? fault(`${typeName} has no field ${name}`);
    if (field.options?.deprecated) fault(`${name} is deprecated`);
    if (field.partOf && oneofs.has(field.partOf.name)) fault(`two of ${field.partOf.name}`);
    if (field.partOf) oneofs.add(field.partOf.name);
    const each = field.map ? Object.entries(part) : field.repeated ? [...part.entries()] : [['', part]];
    for (const [key, element] of each) checkField(field, element, `${at}.${name}${key === '' ? '' : `[${key}]`}`);
  }
  return true;
}

function checkField(field, value, at) {
  if (!field.resolvedType) return checkScalar(field.type, value, at);
  if (field.resolvedType.values) {
    if (!(value in field.resolvedType.values)) throw new Error(`${at}: ${field.resolvedType.name} has no ${value}`);
    return true;
  }
  return checkMessage(field.resolvedType.fullName.slice(1), value, at);
}

function checkScalar(type, value, at) {
  const expected = { bool: 'boolean', string: 'string', bytes: 'string' }[type] ?? 'number';
  if (typeof value !== expected) throw new Error(`${at}: expected a ${expected}, not ${JSON.stringify(value)}`);
  return true;
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
