import { alone, behaviours } from './behaviour/all.mjs';
import { engines, testEngine } from './support/engines.mjs';

testEngine(engines.webkit, behaviours, alone);
