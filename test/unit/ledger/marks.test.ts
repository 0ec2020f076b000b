import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGeneration } from '../../../lambdas/ledger/commits.ts';
import { fixStartDate, raiseMarks, readMarks } from '../../../lambdas/ledger/marks.ts';
import type { WindowLedger } from '../../../lambdas/ledger/windows.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  runCalled,
  windowLedger,
} from '../../support/window-ledger.ts';

const RUN = runCalled('night');

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const day = (number: number) => Day.parse(`2024-05-${String(number).padStart(2, '0')}`);

async function commit(ledger: WindowLedger, number: number, maxEvent?: string) {
  const claim = await claimed(ledger, RUN, { day: day(number) });
  await commitGeneration(ledger, claim, factsOf(generationOf('a'), maxEvent));
}

async function prepare(start = 10) {
  const { ledger } = windowLedger(test.table);
  await fixStartDate(ledger, CDR_DATASET, day(start));
  const marks = (configured?: Day) => raiseMarks(ledger, CDR_DATASET, configured);
  return { ledger, marks };
}

describe('loadedThrough', () => {
  it('ALL-05 is the end of the unbroken committed prefix', async () => {
    const { ledger, marks } = await prepare();
    for (const number of [10, 11, 13]) await commit(ledger, number);

    const { loadedThrough } = await marks();

    expect(loadedThrough).toBe('2024-05-12T00:00:00.000Z');
  });

  it('ALL-05 is not there while the first day is missing', async () => {
    const { ledger, marks } = await prepare();
    await commit(ledger, 11);

    const { loadedThrough } = await marks();

    expect(loadedThrough).toBeUndefined();
  });

  it('ALL-05 jumps over what is there already when a hole is filled', async () => {
    const { ledger, marks } = await prepare();
    for (const number of [10, 12, 13]) await commit(ledger, number);
    await marks();
    await commit(ledger, 11);

    const { loadedThrough } = await marks();

    expect(loadedThrough).toBe('2024-05-14T00:00:00.000Z');
  });

  it('ALL-05 counts no day before the first: back-filled days are before the prefix', async () => {
    const { ledger, marks } = await prepare();
    await commit(ledger, 9);

    const before = await marks();
    await commit(ledger, 10);
    const after = await marks();

    expect([before.loadedThrough, after.loadedThrough]).toEqual([undefined, '2024-05-11T00:00:00.000Z']);
  });

  it('ALL-05 is not raised over a hole when the configuration begins earlier, and not lowered', async () => {
    const { ledger, marks } = await prepare();
    await commit(ledger, 10);
    await marks();
    await commit(ledger, 11);

    const withHoles = await marks(day(8));
    for (const number of [8, 9]) await commit(ledger, number);
    const filled = await marks(day(8));

    expect([withHoles.loadedThrough, filled.loadedThrough]).toEqual([
      '2024-05-11T00:00:00.000Z',
      '2024-05-12T00:00:00.000Z',
    ]);
  });

  it('ALL-05 goes on from a configured first day beyond it: what lies between is left out on purpose', async () => {
    const { ledger, marks } = await prepare();
    await commit(ledger, 10);
    await marks();
    await commit(ledger, 15);

    const before = await marks(day(14));
    await commit(ledger, 14);
    const after = await marks(day(14));

    expect([before.loadedThrough, after.loadedThrough]).toEqual([
      '2024-05-11T00:00:00.000Z',
      '2024-05-16T00:00:00.000Z',
    ]);
  });

  it('ALL-05 is right after the last of several runs, in whichever order they end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([10, 11, 12, 13, 14], { minLength: 1 }), async (order) => {
        const { ledger, marks } = await prepare();
        const seen: string[] = [];

        for (const number of order) {
          await commit(ledger, number, `2024-05-${number}T23:00:00.000Z`);
          seen.push((await marks()).loadedThrough ?? '');
        }

        const gap = [10, 11, 12, 13, 14, 15].find((number) => !order.includes(number)) ?? 15;
        expect(seen).toEqual(seen.toSorted());
        expect(seen.at(-1)).toBe(gap === 10 ? '' : `2024-05-${gap}T00:00:00.000Z`);
        expect((await marks()).maxEvent).toBe(`2024-05-${Math.max(...order)}T23:00:00.000Z`);
      }),
      { numRuns: 30 },
    );
  });

  it('ALL-05 is not lowered by a run that has read the ledger earlier and writes later', async () => {
    const { ledger, marks } = await prepare();
    await commit(ledger, 10);
    let late: (() => void) | undefined;
    const waiting = new Promise<void>((resolve) => {
      late = resolve;
    });
    const slow: WindowLedger = {
      ...ledger,
      table: {
        ...ledger.table,
        update: async (...write) => {
          await waiting;
          return ledger.table.update(...write);
        },
      },
    };
    const early = raiseMarks(slow, CDR_DATASET);
    await commit(ledger, 11);
    await marks();
    late?.();

    await early;

    expect((await readMarks(ledger, CDR_DATASET)).loadedThrough).toBe('2024-05-12T00:00:00.000Z');
  });
});

describe('maxEvent', () => {
  it('ALL-05 is the greatest committed event time, not the last one', async () => {
    const { ledger, marks } = await prepare();
    await commit(ledger, 10, '2024-05-10T23:59:00.000Z');
    await commit(ledger, 11, '2024-05-11T08:00:00.000Z');
    await commit(ledger, 12);

    const { maxEvent } = await marks();

    expect(maxEvent).toBe('2024-05-11T08:00:00.000Z');
  });
});

describe('the first day', () => {
  it('ALL-06 is decided by the first of two first runs', async () => {
    const { ledger } = windowLedger(test.table);

    const fixed = [
      await fixStartDate(ledger, CDR_DATASET, day(10)),
      await fixStartDate(ledger, CDR_DATASET, day(3)),
    ];

    expect(fixed).toEqual(['2024-05-10', '2024-05-10']);
  });

  it('ALL-05 is kept beside the one that the configuration names now, as long as it names one', async () => {
    const { ledger } = windowLedger(test.table);
    await fixStartDate(ledger, CDR_DATASET, day(10));

    await fixStartDate(ledger, CDR_DATASET, day(12), day(12));
    const named = await readMarks(ledger, CDR_DATASET);
    await fixStartDate(ledger, CDR_DATASET, day(10));
    const unnamed = await readMarks(ledger, CDR_DATASET);

    expect(named).toEqual({ startDate: '2024-05-10', configuredStart: '2024-05-12' });
    expect(unnamed).toEqual({ startDate: '2024-05-10' });
  });
});
