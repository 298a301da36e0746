import { credentials } from './credentials.mjs';
import { cuts } from './cuts.mjs';
import { http2 } from './http2.mjs';
import { offline } from './offline.mjs';
import { origins } from './origins.mjs';
import { overload } from './overload.mjs';
import { publishersPort } from './publishers_port.mjs';
import { receiving } from './receiving.mjs';
import { replicas } from './replicas.mjs';
import { restarts } from './restarts.mjs';

export const behaviours = [cuts, restarts, replicas, overload, origins, credentials, receiving, http2, publishersPort];
export const alone = [offline];
