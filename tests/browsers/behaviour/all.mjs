import { credentials } from './credentials.mjs';
import { cuts } from './cuts.mjs';
import { offline } from './offline.mjs';
import { origins } from './origins.mjs';
import { overload } from './overload.mjs';
import { receiving } from './receiving.mjs';
import { restarts } from './restarts.mjs';

export const behaviours = [cuts, restarts, overload, origins, credentials, receiving];
export const alone = [offline];
