#!/usr/bin/env bash
# parse-prometheus-text-format of npm throws where the sum or the count of a histogram come before its buckets.
#
# The guess: the order of a histogram's samples is open. The text format 0.0.4 only says that buckets are in the
# order of their bounds, and OpenMetrics 1.0 gives no order of _sum, _count and _bucket either; so prometheus-cpp
# writes count, sum, buckets.
#
# Seen: 1.1.1 throws "Cannot set properties of undefined" there, and takes buckets, sum, count and buckets, count, sum.
# So a page that others' tools read is written as client_golang writes it: buckets, sum, count.
#
# Takes Node 18 or newer, npm and its registry. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund parse-prometheus-text-format@1.1.1

cat >orders.mjs <<'JS'
import module from 'parse-prometheus-text-format';

const parse = module.default ?? module;
const lines = {
  b: 'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 3\n',
  s: 'h_sum 1.5\n',
  c: 'h_count 3\n',
};
const outcome = (order) => {
  try {
    parse('# HELP h Some.\n# TYPE h histogram\n' + [...order].map((part) => lines[part]).join(''));
    return 'taken';
  } catch {
    return 'throws';
  }
};
const seen = Object.fromEntries(['bsc', 'bcs', 'csb', 'scb'].map((order) => [order, outcome(order)]));
console.log(seen);
const expected = { bsc: 'taken', bcs: 'taken', csb: 'throws', scb: 'throws' };
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JS
node orders.mjs
