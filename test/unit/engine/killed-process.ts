import { writeSync } from 'node:fs';
import { createEngine } from '../../../local/engine/engine.ts';
import { createClock } from '../../../local/engine/virtual-clock.ts';
import { MACHINE, START } from './constants.ts';

/** A process that runs waits without end, tells every event that is recorded, and is there to be killed. */
const [folder = '.'] = process.argv.slice(2);
const LAST_EVENT = 10_000;
const engine = createEngine({
  folder,
  clock: createClock({ skipWaits: true, flow: false, startAt: START }),
  machines: [
    {
      arn: MACHINE,
      name: 'nightly',
      definition: JSON.stringify({
        QueryLanguage: 'JSONata',
        StartAt: 'Wait',
        States: { Wait: { Type: 'Wait', Seconds: 60, Assign: { at: '{% $millis() %}' }, Next: 'Wait' } },
      }),
    },
  ],
  invokeFunction: () => Promise.reject(new Error('no function')),
  objects: { read: () => Promise.reject(new Error('no object')), write: () => Promise.resolve() },
  onEvent: (_, event) => {
    writeSync(1, `${event.id}\n`);
    // Who kills it may be slow: at 25,000 events the execution would have failed before.
    if (event.id === LAST_EVENT) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
await engine.start(MACHINE, { name: 'killed' });
await engine.idle();
