// The process of a client in Node: in_node.mjs PAGE. Takes [key, url], answers [key, what, detail].

import { newPage } from './page.mjs';

const send = (key, what, detail) => process.send([key, what, detail]);
const crashed = (error) => send(null, 'crash', { text: String(error?.message ?? error) });
process.on('uncaughtException', crashed);
process.on('unhandledRejection', crashed);
process.on('disconnect', () => process.exit());

const { subscribe } = await import(process.argv[2]);
process.on('message', ([key, url]) => subscribe(url, newPage((what, detail) => send(key, what, detail))));
send(null, 'ready', {});
