// The configurations of docs/operations/proxies, as committed but for what a test has to change.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { root } from '../../integration/gateway.mjs';

export const proxiesDirectory = path.join(root, 'docs/operations/proxies');

export const committed = (name) => fs.readFileSync(path.join(proxiesDirectory, name), 'utf8');

// [[text, what takes its place, how often it is there: once, if that is not said]]. A text that is
// not there as often is a fault: the test would run something else than it says.
export function substitute(text, substitutions) {
  for (const [from, to, times = 1] of substitutions) {
    const parts = text.split(from);
    assert.equal(parts.length - 1, times, `how often the configuration has ${JSON.stringify(from)}`);
    text = parts.join(to);
  }
  return text;
}
