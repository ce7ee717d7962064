// The dashboard in a real browser, against the demo: real oracle, real chain, real claims.
import { after, before } from 'node:test';
import { begin, end } from './stage.mjs';

before(begin);
after(end);

await import('./pages.mjs');
await import('./map.mjs');
await import('./checks.mjs');
await import('./receipts.mjs');
await import('./appeals.mjs');
await import('./findings.mjs');
await import('./wallets.mjs');
await import('./register.mjs');
await import('./refusals.mjs');
// It ends the demo.
await import('./away.mjs');
