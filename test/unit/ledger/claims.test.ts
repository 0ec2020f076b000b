import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGeneration } from '../../../lambdas/ledger/commits.ts';
import { windowKey } from '../../../lambdas/ledger/keys.ts';
import {
  type ClaimOutcome,
  changeClaimed,
  claimWindow,
  holdWindow,
  LEASE_MILLISECONDS,
  readWindow,
  readWindows,
  type WindowLedger,
} from '../../../lambdas/ledger/windows.ts';
import { Day } from '../../../lambdas/model/days.ts';
import type { RunArn } from '../../../lambdas/model/ids.ts';
import type { WindowTask } from '../../../lambdas/model/payloads.ts';
import { inTurn, interleave } from '../../support/interleaving.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  CDR_DATASET,
  claimed,
  everybodyHasEnded,
  everybodyLives,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  seenThrough,
  windowLedger,
} from '../../support/window-ledger.ts';

const MINE = runCalled('mine');
const OTHER = runCalled('other');
const A = generationOf('a');

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const request = (run: RunArn, task: WindowTask = 'export') => ({
  run,
  dataset: CDR_DATASET,
  day: MAY_15,
  task,
});

async function commit(ledger: WindowLedger, run: RunArn) {
  const claim = await claimed(ledger, run);
  await commitGeneration(ledger, claim, factsOf(A));
  return claim;
}

async function publish(ledger: WindowLedger, run: RunArn) {
  await seenThrough(ledger, await commit(ledger, run), A);
}

describe('a claim', () => {
  it('ALL-03 of a window that nobody has touched is the first epoch', async () => {
    const { ledger, clock } = windowLedger(test.table);

    const claim = await claimWindow(ledger, request(MINE), everybodyLives);

    expect(claim).toEqual({ outcome: 'claimed', epoch: 1, task: 'export' });
    expect(await readWindow(ledger, CDR_DATASET, MAY_15)).toMatchObject({
      claimedBy: MINE,
      epoch: 1,
      leaseUntil: clock.now() + LEASE_MILLISECONDS,
    });
  });

  it('ALL-03 is retaken at once by the same run, under a higher epoch', async () => {
    const { ledger } = windowLedger(test.table);
    await claimed(ledger, MINE);

    const again = await claimWindow(ledger, request(MINE), everybodyLives);

    expect(again).toMatchObject({ outcome: 'claimed', epoch: 2 });
  });

  it('ALL-03 is refused while its owner lives', async () => {
    const { ledger } = windowLedger(test.table);
    await claimed(ledger, OTHER);

    const claim = await claimWindow(ledger, request(MINE), everybodyLives);

    expect(claim).toEqual({ outcome: 'alreadyRunning', owner: OTHER });
  });

  it('ALL-03 is taken over from a run that has ended', async () => {
    const { ledger } = windowLedger(test.table);
    await claimed(ledger, OTHER);

    const claim = await claimWindow(ledger, request(MINE), async (run) => run === OTHER);

    expect(claim).toMatchObject({ outcome: 'claimed', epoch: 2 });
  });

  it('ALL-03 is taken over when the lease of 45 minutes is over, whoever lives', async () => {
    const { ledger, clock } = windowLedger(test.table);
    await claimed(ledger, OTHER);
    clock.set(clock.now() + LEASE_MILLISECONDS - 1);
    const early = await claimWindow(ledger, request(MINE), everybodyLives);
    clock.set(clock.now() + 1);

    const claim = await claimWindow(ledger, request(MINE), everybodyLives);

    expect([early.outcome, claim.outcome]).toEqual(['alreadyRunning', 'claimed']);
  });

  it('ALL-03 is not taken of a window that is committed and seen through', async () => {
    const { ledger } = windowLedger(test.table);
    await publish(ledger, OTHER);

    const claim = await claimWindow(ledger, request(MINE), everybodyLives);

    expect(claim).toEqual({ outcome: 'alreadyCommitted', generation: A });
  });

  it.each(['refresh', 'restate'] as const)(
    'ALL-16 for a %s is taken of a committed window, once a run',
    async (task) => {
      const { ledger } = windowLedger(test.table);
      await publish(ledger, OTHER);

      const first = await claimWindow(ledger, request(MINE, task), everybodyLives);
      const claim = { run: MINE, epoch: 2, dataset: CDR_DATASET, day: MAY_15 };
      await commitGeneration(ledger, claim, factsOf(A));
      await seenThrough(ledger, claim, A);
      const again = await claimWindow(ledger, request(MINE, task), everybodyLives);

      expect(first).toEqual({ outcome: 'claimed', epoch: 2, task });
      expect(again).toEqual({ outcome: 'alreadyCommitted', generation: A });
    },
  );

  it('ALL-04 of a commit that was left half way is for asserting it again', async () => {
    const { ledger } = windowLedger(test.table);
    await commit(ledger, OTHER);

    const claim = await claimWindow(ledger, request(MINE), everybodyHasEnded);

    expect(claim).toMatchObject({ outcome: 'claimed', task: 'reassert' });
  });

  it('ALL-04 of a refresh whose own commit was left half way does not ask CXone once more', async () => {
    const { ledger } = windowLedger(test.table);
    await commit(ledger, MINE);

    const mine = await claimWindow(ledger, request(MINE, 'refresh'), everybodyHasEnded);
    const other = await claimWindow(ledger, request(OTHER, 'refresh'), everybodyHasEnded);

    expect([mine, other]).toMatchObject([{ task: 'reassert' }, { task: 'refresh' }]);
  });

  it('ALL-04 to assert again a window without a generation is for exporting it', async () => {
    const { ledger } = windowLedger(test.table);

    const claim = await claimWindow(ledger, request(MINE, 'reassert'), everybodyLives);

    expect(claim).toMatchObject({ outcome: 'claimed', task: 'export' });
  });

  it('ALL-03 whose reply is lost is taken again by who repeats it', async () => {
    const { ledger } = windowLedger(test.table);
    let lost = 0;
    const table = {
      ...test.table,
      update: async (...write: Parameters<typeof test.table.update>) => {
        const written = await test.table.update(...write);
        lost += 1;
        return lost === 1 ? 'conditionFailed' : written;
      },
    };

    const claim = await claimWindow({ ...ledger, table }, request(MINE), everybodyLives);

    expect(claim).toMatchObject({ outcome: 'claimed', epoch: 2 });
  });

  it('ALL-10 gives up by name when other writers keep coming between', async () => {
    const { ledger } = windowLedger(test.table);
    const table = { ...test.table, update: async () => 'conditionFailed' as const };

    const error = await thrownBy(claimWindow({ ...ledger, table }, request(MINE), everybodyLives));

    expect(error.name).toBe('LedgerContended');
  });

  it('ALL-03 that several living runs want at once is held by one of them, under any interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.nat(7), { maxLength: 30 }),
        async (runs, choices) => {
          const { ledger } = windowLedger(test.table);
          const claims = Array.from({ length: runs }, (_, index) => request(runCalled(`run-${index}`)));

          const ended = await interleave(
            claims.map(
              (claim) => (machine) =>
                claimWindow({ ...ledger, table: inTurn(test.table, machine) }, claim, everybodyLives),
            ),
            choices,
          );

          const outcomes = ended.map((end) =>
            end.status === 'fulfilled' ? (end.value as ClaimOutcome).outcome : end,
          );
          expect(outcomes.toSorted()).toEqual([...Array(runs - 1).fill('alreadyRunning'), 'claimed']);
          expect((await readWindow(ledger, CDR_DATASET, MAY_15)).epoch).toBe(1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('ALL-03 that crowds take over from each other has one holder, the last, and an epoch for each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(7), { maxLength: 40 }), async (choices) => {
        const { ledger } = windowLedger(test.table);
        const runs = ['a', 'b', 'c'].map(runCalled);

        const ended = await interleave(
          runs.map(
            (run) => (machine) =>
              claimWindow({ ...ledger, table: inTurn(test.table, machine) }, request(run), everybodyHasEnded),
          ),
          choices,
        );

        const epochs = ended.map((end) => {
          const claim = end.status === 'fulfilled' ? (end.value as ClaimOutcome) : undefined;
          return claim?.outcome === 'claimed' ? claim.epoch : 0;
        });
        const state = await readWindow(ledger, CDR_DATASET, MAY_15);
        expect(epochs.toSorted()).toEqual([1, 2, 3]);
        expect(runs[epochs.indexOf(3)]).toBe(state.claimedBy);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a change under a claim', () => {
  it('ALL-03 renews the lease', async () => {
    const { ledger, clock } = windowLedger(test.table);
    const claim = await claimed(ledger, MINE);
    clock.set(clock.now() + 30 * 60_000);

    const state = await changeClaimed(ledger, claim, { set: { polls: 3 } });

    expect(state).toMatchObject({ polls: 3, leaseUntil: clock.now() + LEASE_MILLISECONDS });
  });

  it('ALL-03 is refused when another run has taken the window over', async () => {
    const { ledger } = windowLedger(test.table);
    const claim = await claimed(ledger, MINE);
    await claimed(ledger, OTHER);

    const error = await thrownBy(changeClaimed(ledger, claim, { set: { polls: 3 } }));

    expect([error.name, error.facts]).toEqual(['ClaimLost', { holder: 'other', epoch: 2, ours: 1 }]);
    expect((await readWindow(ledger, CDR_DATASET, MAY_15)).polls).toBe(0);
  });

  it('ALL-03 is refused to an older child of the same run', async () => {
    const { ledger } = windowLedger(test.table);
    const older = await claimed(ledger, MINE);
    await claimed(ledger, MINE);

    const error = await thrownBy(holdWindow(ledger, older));

    expect(error.name).toBe('ClaimLost');
  });

  it('ALL-03 tells a lost claim from a further condition that failed', async () => {
    const { ledger } = windowLedger(test.table);
    const claim = await claimed(ledger, MINE);

    const state = await changeClaimed(ledger, claim, {}, [{ attribute: 'attempt', is: '=', value: 7 }]);

    expect(state).toBe('conditionFailed');
  });

  it('ALL-03 is not made to a window that nobody holds', async () => {
    const { ledger } = windowLedger(test.table);

    const error = await thrownBy(
      holdWindow(ledger, { run: MINE, epoch: 1, dataset: CDR_DATASET, day: MAY_15 }),
    );

    expect([error.name, error.facts.holder]).toEqual(['ClaimLost', 'nobody']);
  });
});

describe('the windows of a dataset', () => {
  it('ALL-05 are read by day, from a day on if wanted', async () => {
    const { ledger } = windowLedger(test.table);
    for (const day of ['2024-05-15', '2023-12-31', '2024-02-29'])
      await claimed(ledger, MINE, { day: Day.parse(day) });

    const all = await Array.fromAsync(readWindows(ledger, CDR_DATASET));
    const later = await Array.fromAsync(readWindows(ledger, CDR_DATASET, Day.parse('2024-02-29')));

    expect(all.map(({ day }) => day)).toEqual(['2023-12-31', '2024-02-29', '2024-05-15']);
    expect(later.map(({ day }) => day)).toEqual(['2024-02-29', '2024-05-15']);
  });

  it('ALL-15 of another tenant are not among them', async () => {
    const { ledger } = windowLedger(test.table);
    const { ledger: others } = windowLedger(test.table);
    await claimed(others, MINE);

    const mine = await Array.fromAsync(readWindows(ledger, CDR_DATASET));

    expect(mine).toEqual([]);
  });

  it('ALL-10 that are not of our form are named, without what stands there', async () => {
    const { ledger } = windowLedger(test.table);
    const key = windowKey(ledger.tenant, CDR_DATASET, MAY_15);
    await test.table.update(key, {
      update: 'SET epoch = :e, jobState = :s',
      values: { ':e': 'hunter2', ':s': 'hunter2' },
    });

    const error = await thrownBy(readWindow(ledger, CDR_DATASET, MAY_15));

    expect(error.name).toBe('LedgerUnreadable');
    expect(error.message).toContain('epoch, jobState');
    expect(error.message).not.toContain('hunter2');
  });
});
