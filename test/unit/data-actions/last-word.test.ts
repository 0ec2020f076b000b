import { describe, expect, it } from 'vitest';
import { changingRuns } from '../../support/changing-runs.ts';
import { interleave, type StopPoint } from '../../support/interleaving.ts';

/** Calls of a run of one update that changes its action, its audit included, and a few more. */
const CALLS = 25;

/** The turn of an invocation that died is over by then. */
const TURN_MILLISECONDS = 1_200_000;

/** The run that was started first comes back last, after the later one was stopped somewhere and redriven. */
async function prepare(stop: StopPoint) {
  const world = changingRuns();
  await world.stopped('first', 60, { dies: 'beforeWrite' });
  await world.pass(TURN_MILLISECONDS);
  await interleave([({ turn }) => world.attempt('later', 90, { turn })], [], [stop]);
  await world.attempt('later', 90);
  return world;
}

describe('ACT-05 the run that was started later has the last word', () => {
  it('wherever it is stopped between two calls and redriven', async () => {
    const replaced: number[] = [];

    for (let call = 0; call < CALLS; call += 1) {
      const world = await prepare({ call, when: 'after' });
      await world.attempt('first', 60);
      if (world.writes.at(-1)?.run !== 'later') replaced.push(call);
    }

    expect(replaced).toEqual([]);
  });
});
