// Publishes events, over one connection.

import { createRequire } from 'node:module';
import path from 'node:path';

import { root } from '../../integration/gateway.mjs';

// Where the example publisher in JavaScript has them.
const require = createRequire(path.join(root, 'examples/node/package.json'));
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync('ssegateway/v1/publisher.proto', {
  includeDirs: [path.join(root, 'proto')], keepCase: true, longs: String,
});
const { PublisherService } = grpc.loadPackageDefinition(definition).ssegateway.v1;

export const status = grpc.status;

export class EventPublisher {
  // ca: of the gateway's certificate, where it has one.
  constructor(t, target, ca = undefined) {
    const credentials = ca ? grpc.credentials.createSsl(Buffer.from(ca)) : grpc.credentials.createInsecure();
    this.stub = new PublisherService(target, credentials, {
      // To be there as soon as the other side is.
      'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500,
    });
    t.after(() => this.stub.close());
  }

  // Returns the id.
  publish(event) {
    return new Promise((resolve, reject) => {
      this.stub.Publish({ event }, { deadline: Date.now() + 20_000 },
        (error, response) => (error ? reject(error) : resolve(response.id)));
    });
  }

  // {publish(event), close(), isOpen, error}
  openStream() {
    const call = this.stub.PublishStream();
    const waiting = [];
    const stream = {
      isOpen: true,
      error: undefined,
      publish: (event) => new Promise((resolve, reject) => {
        if (!stream.isOpen) return reject(stream.error);
        waiting.push({ resolve, reject });
        return call.write({ request_id: waiting.length, event });
      }),
      close: () => call.end(),
    };
    call.on('data', (response) => waiting.shift().resolve(response.id));
    call.on('error', (error) => {
      stream.error = error;
      stream.isOpen = false;
      for (const { reject } of waiting.splice(0)) reject(error);
    });
    call.on('end', () => { stream.isOpen = false; });
    return stream;
  }
}

// The n-th event of a topic; `bytes` of text make it larger.
export function eventOf(topic, n, bytes = 0) {
  return { topic, dashboard: { id: `event-${n}`, title: 'x'.repeat(bytes), user: n } };
}

// The n of an event as it was delivered.
export const numberOf = (event) => JSON.parse(event.data).user ?? 0;
