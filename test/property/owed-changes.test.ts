import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION_TEXTS, changingRuns, type Fortune, type WriteFate } from '../support/changing-runs.ts';
import { interleave, type StopPoint } from '../support/interleaving.ts';

/** Two runs of one value and two of others. */
const MINUTES = [60, 60, 90, 120];
const runOf = (run: number) => [`run-${run}`, MINUTES[run] ?? 0] as const;

const stop = fc.record({
  call: fc.nat({ max: 34 }),
  when: fc.constantFrom<StopPoint['when'][]>('before', 'after'),
});
const writes = fc.array(fc.constantFrom<WriteFate[]>('answered', 'unanswered', 'late', 'never'), {
  maxLength: 3,
});
/** A run, and what comes over it. */
interface Killed {
  run: number;
  stop: StopPoint | undefined;
  writes: WriteFate[];
  sentBeforeStop: boolean;
}
/** Runs that are under way at once, each with what comes over it. */
const atOnce = fc.uniqueArray(
  fc.record({
    run: fc.nat({ max: 3 }),
    stop: fc.option(stop, { nil: undefined }),
    writes,
    sentBeforeStop: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3, selector: ({ run }) => run },
);
const stoppedAfter = (run: number, call: number): Killed => ({
  run,
  stop: { call, when: 'after' },
  writes: [],
  sentBeforeStop: false,
});
/** The first run's value comes back with the third one, all in one moment by their clocks. */
const THERE_AGAIN: [[Killed[], number[]][], boolean] = [
  [
    [[stoppedAfter(0, 11)], []],
    [[stoppedAfter(2, 15)], []],
    [[stoppedAfter(1, 13)], []],
  ],
  false,
];
const choices = fc.array(fc.nat({ max: 2 }), { maxLength: 60 });

type World = ReturnType<typeof changingRuns>;

/** Every write, and every record, by what they put there and whose work it is. */
async function expectOneRecordAWrite(world: World): Promise<void> {
  const records = await world.records();
  const sorted = (of: readonly { run?: unknown; computedValue?: unknown }[]) =>
    of.map(({ run, computedValue }) => `${String(run)} ${String(computedValue)}`).toSorted();
  expect(records.map(({ outcome }) => outcome)).toEqual(records.map(() => 'updated'));
  expect(sorted(records)).toEqual(sorted(world.writes));
}

describe('ALL-12 ACT-07 every write of a data action has one record, and no record is without a write', () => {
  it.each(ACTION_TEXTS)('wherever runs overlap, are killed and are started anew: %s', async (text) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(atOnce, choices), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (groups, redriven) => {
          const world = changingRuns(text);
          for (const [runs, turns] of groups)
            await interleave(
              runs.map(({ run, stop: _, ...fortune }) => ({ turn }) => {
                const given: Fortune = { ...fortune, turn };
                return world.attempt(...runOf(run), given);
              }),
              turns,
              runs.map(({ stop: at }) => at),
            );
          // Killed runs are redriven at last, the later ones first; or nobody sees to them.
          const begun = groups.flatMap(([runs]) => runs.map(({ run }) => run));
          if (redriven)
            for (const run of [...new Set(begun)].toReversed()) await world.attempt(...runOf(run));
          await world.attempt('last', 60);

          await expectOneRecordAWrite(world);
        },
      ),
      { numRuns: 30, examples: [THERE_AGAIN] },
    );
  });
});
