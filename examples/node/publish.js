#!/usr/bin/env node
// Publishes three states of a dashboard and prints the id of each event: publish.js [--batch] [TARGET]
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync('ssegateway/v1/publisher.proto', {
  includeDirs: [path.join(__dirname, '../../proto')],
  keepCase: true, // field names as in the .proto file
});
const { PublisherService } = grpc.loadPackageDefinition(definition).ssegateway.v1;

const batched = process.argv.includes('--batch');
const target = process.argv.slice(2).find((argument) => argument !== '--batch') ?? 'localhost:50051';
const { PUBLISH_TOKEN, PUBLISH_CA, PUBLISH_CERT, PUBLISH_KEY } = process.env;
const read = (file) => (file ? fs.readFileSync(file) : null);
// TLS where PUBLISH_CA names whom to trust; with a certificate where PUBLISH_CERT and PUBLISH_KEY name it.
const credentials = PUBLISH_CA
  ? grpc.credentials.createSsl(read(PUBLISH_CA), read(PUBLISH_KEY), read(PUBLISH_CERT))
  : grpc.credentials.createInsecure();
const metadata = new grpc.Metadata();
if (PUBLISH_TOKEN) metadata.set('authorization', `Bearer ${PUBLISH_TOKEN}`);

const stub = new PublisherService(target, credentials);
const stream = batched ? stub.PublishBatch(metadata) : stub.PublishStream(metadata);

function show(number, { id, error }) {
  if (error) {
    console.error(`${number}: ${error.message}`);
    process.exitCode = 1;
  } else {
    console.log(id);
  }
}

stream.on('data', (response) => { // one for each request, in order
  if (batched) response.results.forEach((result, index) => show(index + 1, result)); // one for each event, in order
  else show(response.request_id, response);
});
stream.on('error', (error) => {
  console.error(`${target}: ${error.details ?? error.message}`);
  process.exitCode = 1;
});
stream.on('end', () => stub.close());

const events = [120, 180, 950].map((latency) => {
  const now = Date.now();
  return {
    dashboard: {
      id: 'checkout',
      title: 'Checkout',
      observed_at: { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1e6 },
      panels: [{
        id: 'latency', title: 'Latency', unit: 'ms', gauge: latency,
        status: latency > 500 ? 'STATUS_CRITICAL' : 'STATUS_OK',
      }],
      labels: { service: 'checkout' },
    },
  };
});
if (batched) stream.write({ request_id: 1, events });
else events.forEach((event, index) => stream.write({ request_id: index + 1, event }));
stream.end();
