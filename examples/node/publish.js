#!/usr/bin/env node
// Publishes three states of a dashboard and prints the id of each event: publish.js [TARGET]
'use strict';
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync('ssegateway/v1/publisher.proto', {
  includeDirs: [path.join(__dirname, '../../proto')],
  keepCase: true, // field names as in the .proto file
});
const { PublisherService } = grpc.loadPackageDefinition(definition).ssegateway.v1;

const target = process.argv[2] ?? 'localhost:50051';
const stub = new PublisherService(target, grpc.credentials.createInsecure());
const stream = stub.PublishStream();

stream.on('data', (response) => { // one for each request, in order
  if (response.error) {
    console.error(`${response.request_id}: ${response.error.message}`);
    process.exitCode = 1;
  } else {
    console.log(response.id);
  }
});
stream.on('error', (error) => {
  console.error(`${target}: ${error.details ?? error.message}`);
  process.exitCode = 1;
});
stream.on('end', () => stub.close());

[120, 180, 950].forEach((latency, index) => {
  const now = Date.now();
  const dashboard = {
    id: 'checkout',
    title: 'Checkout',
    observed_at: { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1e6 },
    panels: [{
      id: 'latency', title: 'Latency', unit: 'ms', gauge: latency,
      status: latency > 500 ? 'STATUS_CRITICAL' : 'STATUS_OK',
    }],
    labels: { service: 'checkout' },
  };
  stream.write({ request_id: index + 1, event: { dashboard } });
});
stream.end();
