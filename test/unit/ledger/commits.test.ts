import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CommitTerms,
  commitGeneration,
  enterCommit,
  keepAdhoc,
  leaveCommit,
  noteStep,
} from '../../../lambdas/ledger/commits.ts';
import { storeIntent, storeJob } from '../../../lambdas/ledger/jobs.ts';
import { windowKey } from '../../../lambdas/ledger/keys.ts';
import { endedRegistrants, isRegistrantOf, registrant } from '../../../lambdas/ledger/registrants.ts';
import { readWindow } from '../../../lambdas/ledger/windows.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  windowLedger,
} from '../../support/window-ledger.ts';

const MINE = runCalled('mine');
const OTHER = runCalled('other');
const A = generationOf('a');
const B = generationOf('b');

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

async function prepare() {
  const { ledger, clock } = windowLedger(test.table);
  const claim = await claimed(ledger, MINE);
  const read = () => readWindow(ledger, CDR_DATASET, MAY_15);
  return { ledger, clock, claim, read };
}

describe('a commit', () => {
  it('ALL-04 makes a generation current and registers the run, in one write', async () => {
    const { ledger, clock, claim, read } = await prepare();

    const committed = await commitGeneration(ledger, claim, factsOf(A));

    expect(committed).toEqual({ generation: A, unchanged: false });
    expect(await read()).toMatchObject({
      generation: A,
      facts: factsOf(A),
      committedAt: clock.now(),
      committedBy: MINE,
      registrants: new Set([registrant(MINE, clock.now())]),
    });
  });

  it('ALL-04 says what it replaces', async () => {
    const { ledger, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));

    const committed = await commitGeneration(ledger, claim, factsOf(B));

    expect(committed).toEqual({ generation: B, replaced: A, unchanged: false });
    expect((await read()).replaced).toBe(A);
  });

  it('ALL-03 of the generation that is current changes neither its time nor whose it is', async () => {
    const { ledger, clock, claim, read } = await prepare();
    const first = clock.now();
    await commitGeneration(ledger, claim, factsOf(A));
    const other = await claimed(ledger, OTHER, { task: 'refresh' });
    clock.set(first + 3_600_000);

    const committed = await commitGeneration(ledger, other, factsOf(A));

    expect(committed).toEqual({ generation: A, unchanged: true });
    expect(await read()).toMatchObject({ committedAt: first, committedBy: MINE });
  });

  it('OPS-07 of a rollback to the generation that is current pins it', async () => {
    const { ledger, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));

    const committed = await commitGeneration(ledger, claim, factsOf(A), { kind: 'rollback' });

    expect([committed, (await read()).pinned]).toEqual([{ generation: A, unchanged: true }, true]);
  });

  it('ALL-06 notes when CXone was asked while late rows are awaited beyond that, and no longer afterwards', async () => {
    const { ledger, claim, read } = await prepare();
    const [early, final] = ['2024-05-17T23:59:59.999Z', '2024-05-18T00:00:00.000Z'].map(Date.parse);
    const commit = async (submittedAt: number | undefined, terms: CommitTerms = {}) => {
      const asked = submittedAt === undefined ? {} : { submittedAt };
      const lateRows = { restateDays: 2, settleMinutes: 120 };
      await commitGeneration(ledger, claim, factsOf(A), { lateRows, ...asked, ...terms });
      return (await read()).lateRowsSince;
    };

    const noted = [
      await commit(early),
      await commit(final, { kind: 'replay' }),
      await commit(final),
      await commit(early),
      await commit(early, { lateRows: { restateDays: 1, settleMinutes: 120 } }),
      await commit(early, { lateRows: { restateDays: 0, settleMinutes: 2_880 } }),
    ];

    expect(noted).toEqual([early, early, undefined, early, undefined, early]);
  });

  it('ALL-06 asks for late rows since the intent: its job may be of then, though its id was stored after the last of them', async () => {
    const { ledger, clock, claim, read } = await prepare();
    const intended = clock.now();
    const intent = { attempt: 1, jobKey: 'key-1', forRun: false };
    await storeIntent(ledger, claim, await read(), intent);
    clock.set(Date.parse('2024-05-17T03:30:00.000Z'));
    await storeJob(ledger, claim, { jobId: JobId.parse('job-1'), jobKey: 'key-1', nextPollAt: 0 });

    await commitGeneration(ledger, claim, factsOf(A), { lateRows: { restateDays: 1, settleMinutes: 120 } });

    expect((await read()).lateRowsSince).toBe(intended);
  });

  it('OPS-07 of a pinned window is refused, and is not a lost claim', async () => {
    const { ledger, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    await test.table.update(windowKey(ledger.tenant, CDR_DATASET, MAY_15), {
      update: 'SET pinned = :yes',
      values: { ':yes': true },
    });

    const error = await thrownBy(commitGeneration(ledger, claim, factsOf(B)));

    expect([error.name, (await read()).generation]).toEqual(['WindowPinned', A]);
  });

  it('ALL-03 under a claim that was taken over is refused', async () => {
    const { ledger, claim, read } = await prepare();
    await claimed(ledger, OTHER);

    const error = await thrownBy(commitGeneration(ledger, claim, factsOf(A)));

    expect([error.name, (await read()).generation]).toEqual(['ClaimLost', undefined]);
  });
});

describe('the later steps', () => {
  it('ALL-04 begin with registering, whoever begins them', async () => {
    const { ledger, clock, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    clock.set(clock.now() + 86_400_000);
    const other = await claimed(ledger, OTHER, { task: 'reassert' });

    await enterCommit(ledger, other);

    expect((await read()).registrants).toContain(registrant(OTHER, clock.now()));
  });

  it('ALL-04 do not begin without a generation', async () => {
    const { ledger, claim, read } = await prepare();

    const error = await thrownBy(enterCommit(ledger, claim));

    expect([error.name, (await read()).registrants.size]).toEqual(['LedgerUnreadable', 0]);
  });

  it('ALL-04 are noted of what the ledger holds, and of nothing older', async () => {
    const { ledger, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    await commitGeneration(ledger, claim, factsOf(B));

    const older = await noteStep(ledger, claim, A, 'catalogGeneration');
    const newer = await noteStep(ledger, claim, B, 'currentGeneration');

    expect(older).toBe('conditionFailed');
    expect(newer).toMatchObject({ currentGeneration: B });
    expect((await read()).catalogGeneration).toBeUndefined();
  });

  it('ALL-04 end with leaving: the window is free at once, and the run has seen it through', async () => {
    const { ledger, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));

    await leaveCommit(ledger, claim, A);

    expect(await read()).toMatchObject({ publishedBy: MINE, leaseUntil: 0, registrants: new Set() });
  });

  it('ALL-04 may end twice: the reply to the last write may be lost', async () => {
    const { ledger, claim } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    await leaveCommit(ledger, claim, A);

    const again = await leaveCommit(ledger, claim, A);

    expect(again).toMatchObject({ publishedBy: MINE, registrants: new Set() });
  });

  it('ALL-04 do not end on another generation than the ledger’s', async () => {
    const { ledger, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(B));

    const left = await leaveCommit(ledger, claim, A);

    expect([left, (await read()).registrants.size]).toEqual(['conditionFailed', 1]);
  });

  it('ALL-04 leave in place who may still be at work, and take out whose function is dead', async () => {
    const { ledger, clock, claim, read } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    clock.set(clock.now() + 19 * 60_000);
    const second = await claimed(ledger, OTHER, { task: 'refresh' });
    await commitGeneration(ledger, second, factsOf(B));
    const third = await claimed(ledger, runCalled('third'), { task: 'reassert' });
    await leaveCommit(ledger, third, B);
    const afterwards = (await read()).registrants;
    clock.set(clock.now() + 2 * 60_000);

    await leaveCommit(ledger, await claimed(ledger, runCalled('fourth'), { task: 'reassert' }), B);

    expect([...afterwards].map((entry) => entry.split(':').at(-1)).toSorted()).toEqual(['mine', 'other']);
    expect([...(await read()).registrants].map((entry) => entry.split(':').at(-1))).toEqual(['other']);
  });
});

describe('an ad hoc export', () => {
  it('ALL-16 is kept for its run, registers nobody and owes no steps', async () => {
    const { ledger, clock, claim, read } = await prepare();

    const kept = await keepAdhoc(ledger, claim, factsOf(A));

    expect(kept).toEqual({ generation: A, unchanged: false });
    const { registrants, ...state } = await read();
    expect(state).toMatchObject({
      generation: A,
      committedBy: MINE,
      publishedBy: MINE,
      committedAt: clock.now(),
    });
    expect([...registrants]).toEqual([]);
  });

  it('ALL-03 is not called kept when its write did not come through, and is kept when it is tried again', async () => {
    const { ledger, claim, read } = await prepare();
    const losing: Table = {
      ...test.table,
      // Renewing the lease goes through; the write that keeps the export does not.
      update: async (key, update) =>
        JSON.stringify(update).includes('committedBy') ? 'conditionFailed' : test.table.update(key, update),
    };

    const error = await thrownBy(keepAdhoc({ ...ledger, table: losing }, claim, factsOf(A)));
    const before = await read();
    const again = await keepAdhoc(ledger, claim, factsOf(A));

    expect(error.name).toBe('LedgerContended');
    expect(before.generation).toBeUndefined();
    expect(again).toEqual({ generation: A, unchanged: false });
  });

  it('ALL-03 is not kept by a child that has lost its claim', async () => {
    const { ledger, claim, read } = await prepare();
    await claimed(ledger, MINE);

    const error = await thrownBy(keepAdhoc(ledger, claim, factsOf(A)));

    expect([error.name, (await read()).generation]).toEqual(['ClaimLost', undefined]);
  });
});

describe('registrants', () => {
  it('ALL-04 are told apart by the whole run, not by the end of its name', () => {
    const entry = registrant(runCalled('a-night'), 0);

    const mine = [runCalled('a-night'), runCalled('night')].map((run) => isRegistrantOf(entry, run));

    expect(mine).toEqual([true, false]);
  });

  it('ALL-04 that have ended are one’s own and those older than any function can be', () => {
    const now = Date.parse('2024-05-16T04:00:00.000Z');
    const young = registrant(OTHER, now - 20 * 60_000);
    const old = registrant(OTHER, now - 20 * 60_000 - 1);
    const mine = registrant(MINE, now);

    const ended = endedRegistrants(new Set([young, old, mine]), MINE, now);

    expect(ended).toEqual(new Set([old, mine]));
  });
});
