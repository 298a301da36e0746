// The clients, in the order of the table. page: a file of pages/. setting: the name of the section of
// docs/clients.md that shows that file, where a client is not used as its README has it.

import fs from 'node:fs';

const packages = JSON.parse(fs.readFileSync(new URL('package.json', import.meta.url), 'utf8')).devDependencies;
const versionOf = (name) => packages[name].replace(/^npm:.*@/, '');
const node = Number(process.versions.node.split('.')[0]);

const nodeFlags = ['--experimental-eventsource', '--no-warnings'];
const inNode = (name, page, more = {}) => ({ name, page, where: 'Node', ...more });
const inChromium = (name, page, more = {}) => ({ name, page, where: 'Chromium', ...more });
const library = (name, alias = name) => `\`${name}\` ${versionOf(alias)}`;

export const roster = [
  inChromium('`EventSource` of Chromium', 'native'),
  inChromium('`EventSource` of Chromium', 'comes_back', { setting: 'eventsource-that-comes-back' }),
  inNode('`EventSource` of Node', 'native', { nodeFlags, from: 20, to: 22 }),
  inNode('`EventSource` of Node', 'comes_back', { nodeFlags, from: 20, setting: 'eventsource-that-comes-back' }),
  inNode(library('eventsource'), 'eventsource_5', { from: 20 }),
  inNode(library('eventsource', 'eventsource-4'), 'eventsource_4', { from: 20 }),
  inNode(library('eventsource', 'eventsource-3'), 'eventsource_3'),
  inNode(library('eventsource', 'eventsource-2'), 'eventsource_2'),
  inNode(library('launchdarkly-eventsource'), 'launchdarkly_plain', { from: 20 }),
  inNode(library('launchdarkly-eventsource'), 'launchdarkly', { setting: 'launchdarkly-eventsource' }),
  inChromium(library('@microsoft/fetch-event-source'), 'fetch_event_source_plain'),
  inChromium(library('@microsoft/fetch-event-source'), 'fetch_event_source', { setting: 'fetch-event-source' }),
  inNode(library('eventsource-client'), 'eventsource_client'),
  inNode(library('eventsource-parser'), 'eventsource_parser', { setting: 'eventsource-parser', from: 20 }),
  inNode(library('fetch-event-stream'), 'fetch_event_stream', { setting: 'fetch-event-stream' }),
  inNode(library('parse-sse'), 'parse_sse_plain', { from: 20, to: 20 }),
  inNode(library('parse-sse'), 'parse_sse', { setting: 'parse-sse', from: 20 }),
  inNode(library('event-source-plus'), 'event_source_plus_plain'),
  inNode(library('event-source-plus'), 'event_source_plus', { setting: 'event-source-plus' }),
  inNode(library('extended-eventsource'), 'extended_eventsource'),
  inChromium(library('event-source-polyfill'), 'event_source_polyfill'),
  inChromium(library('reconnecting-eventsource'), 'reconnecting_eventsource_plain'),
  inChromium(library('reconnecting-eventsource'), 'reconnecting_eventsource', { setting: 'reconnecting-eventsource' }),
  inChromium(library('sse.js'), 'sse_js_plain'),
  inChromium(library('sse.js'), 'sse_js', { setting: 'ssejs' }),
  inChromium(library('react-native-sse'), 'react_native_sse_plain'),
  inChromium(library('react-native-sse'), 'react_native_sse', { setting: 'react-native-sse' }),
];

// Why a row cannot be measured here, if it cannot: an older Node lacks what it needs, or does otherwise.
export function missing({ from = 18, to = Infinity }) {
  if (node < from) return `a row of Node ${from} and newer, this is ${process.version}`;
  if (node > to) return `a row of Node ${to} and older, this is ${process.version}`;
  return undefined;
}
