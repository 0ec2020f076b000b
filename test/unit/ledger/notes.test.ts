import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCalls } from '../../../lambdas/ledger/call-notes.ts';
import { notePart, readPart, readParts } from '../../../lambdas/ledger/parts.ts';
import {
  counters,
  noteOf,
  noteOwnReport,
  notePlan,
  noteStage,
  readNotes,
  readOwnReport,
  readPlanNote,
} from '../../../lambdas/ledger/run-notes.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { DatasetId } from '../../../lambdas/model/ids.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CDR_DATASET, claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const WINDOW = { dataset: CDR_DATASET, day: MAY_15 };

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const stored = (part: number, changes = {}) => ({
  part,
  key: `raw/part-${part}`,
  bytes: 10,
  sha256: 'ab',
  fetch: 1,
  ...changes,
});

describe('stored parts', () => {
  it('CDR-07 are read by number, of one attempt and one day', async () => {
    const { ledger } = windowLedger(test.table);
    const claim = await claimed(ledger, RUN);
    const before = await claimed(ledger, RUN, { day: Day.parse('2024-05-14') });
    for (const part of [10, 2, 1]) await notePart(ledger, claim, 1, stored(part));
    await notePart(ledger, claim, 2, stored(5));
    await notePart(ledger, claim, 10, stored(6));
    await notePart(ledger, before, 1, stored(7));

    const parts = await readParts(ledger, claim, 1);

    expect(parts.map(({ part }) => part)).toEqual([1, 2, 10]);
  });

  it('CDR-07 are described by who stored them last, not by a child that was overtaken', async () => {
    const { ledger } = windowLedger(test.table);
    const older = await claimed(ledger, RUN);
    const newer = await claimed(ledger, runCalled('successor'));
    await notePart(ledger, newer, 1, stored(1, { sha256: 'new' }));

    const error = await thrownBy(notePart(ledger, older, 1, stored(1, { sha256: 'old' })));

    expect([error.name, (await readPart(ledger, newer, 1, 1))?.sha256]).toEqual(['ClaimLost', 'new']);
  });

  it('CDR-07 that are unknown are not there', async () => {
    const { ledger } = windowLedger(test.table);

    const part = await readPart(ledger, await claimed(ledger, RUN), 1, 1);

    expect(part).toBeUndefined();
  });
});

describe('notes of a run', () => {
  const note = { stage: 'poll', milliseconds: 10.4, answers: { 200: 2, 0: 1 }, throttledMilliseconds: 100.2 };

  it('ALL-11 add up over all invocations', async () => {
    const { ledger, clock } = windowLedger(test.table);
    const about = { tenant: ledger.tenant, run: RUN, ...WINDOW, now: clock.now() };
    await noteStage(test.table, about, { ...note, error: 'Throttled', sentence: 'Wait.' });
    await noteStage(test.table, about, note);
    await noteStage(test.table, about, { ...note, stage: 'submit', answers: { 201: 1 } });

    const window = noteOf(await readNotes(test.table, ledger.tenant, RUN), WINDOW);

    expect(window).toMatchObject({
      error: '',
      sentence: '',
      lastStage: 'submit',
      throttledMilliseconds: 300,
    });
    expect([
      counters(window ?? {}, 'ms_'),
      counters(window ?? {}, 'calls_'),
      counters(window ?? {}, 'failed_'),
      counters(window ?? {}, 'answers_'),
    ]).toEqual([{ poll: 20, submit: 10 }, { poll: 2, submit: 1 }, { poll: 1 }, { 0: 2, 200: 4, 201: 1 }]);
  });

  describe('ALL-10 of parts that are fetched side by side', () => {
    const download = (part: number) => ({ ...note, stage: 'download', part });
    const failing = (part: number) => ({
      ...download(part),
      error: 'PartIncomplete',
      sentence: `Part ${part}.`,
    });
    /** The error that is left when the notes have been taken in turn. */
    const leftBy = async (notes: Parameters<typeof noteStage>[2][]) => {
      const { ledger, clock } = windowLedger(test.table);
      const about = { tenant: ledger.tenant, run: RUN, ...WINDOW, now: clock.now() };
      for (const one of notes) await noteStage(test.table, about, one);
      const window = noteOf(await readNotes(test.table, ledger.tenant, RUN), WINDOW);
      return [window?.error, window?.sentence];
    };

    it.each([
      ['another part that ends well', [download(4), download(5)]],
      ['a token that is renewed for another part', [{ ...note, stage: 'token' }, download(4)]],
    ])('keep the name of the one that failed under %s', async (_, later) => {
      const left = await leftBy([download(1), failing(3), ...later]);

      expect(left).toEqual(['PartIncomplete', 'Part 3.']);
    });

    it.each([
      ['the part itself, fetched again', [download(3)]],
      ['the transform', [download(4), { ...note, stage: 'transform' }]],
      ['the claim of a redrive', [{ ...note, stage: 'claim' }]],
    ])('lose it by %s', async (_, later) => {
      const left = await leftBy([failing(3), ...later]);

      expect(left).toEqual(['', '']);
    });

    it('take back a renewal of the token that failed at first', async () => {
      const token = { ...note, stage: 'token' };

      const left = await leftBy([{ ...token, error: 'ServerFault', sentence: 'Down.' }, token]);

      expect(left).toEqual(['', '']);
    });
  });

  it('ALL-11 are apart by run, tenant, dataset and day; the plan is not among them', async () => {
    const { ledger, clock } = windowLedger(test.table);
    const { ledger: others } = windowLedger(test.table);
    const about = { tenant: ledger.tenant, run: RUN, ...WINDOW, now: clock.now() };
    await noteStage(test.table, about, note);
    await noteStage(test.table, { ...about, day: Day.parse('2024-05-14') }, note);
    await noteStage(test.table, { ...about, dataset: DatasetId.parse('agents') }, note);
    await noteStage(test.table, { ...about, run: runCalled('other') }, note);
    await noteStage(test.table, { ...about, tenant: others.tenant }, note);
    await notePlan(test.table, about, {
      listKey: 'list',
      alreadyCommitted: 1,
      leftOver: 2,
      datasets: [CDR_DATASET],
    });

    const days = [...(await readNotes(test.table, ledger.tenant, RUN)).keys()];

    expect(days).toEqual(['agents#2024-05-15', 'cdr#2024-05-14', 'cdr#2024-05-15']);
    expect(await readPlanNote(test.table, ledger.tenant, RUN)).toEqual({
      listKey: 'list',
      alreadyCommitted: 1,
      leftOver: 2,
      datasets: [CDR_DATASET],
      pinned: [],
      paused: false,
    });
  });

  it('ALL-11 hold what the pipeline itself reports, the last word of it', async () => {
    const { ledger, clock } = windowLedger(test.table);
    const about = { tenant: ledger.tenant, run: RUN, now: clock.now() };
    await noteOwnReport(test.table, about, { archived: 1 });
    await noteOwnReport(test.table, about, { archived: 2, failed: { forbidden: 1 } });

    const report = await readOwnReport(test.table, ledger.tenant, RUN);

    expect(report).toEqual({ archived: 2, failed: { forbidden: 1 } });
    expect(await readOwnReport(test.table, ledger.tenant, runCalled('other'))).toBeUndefined();
    expect((await readNotes(test.table, ledger.tenant, RUN)).size).toBe(0);
  });

  it('ALL-17 keep a thousand characters of a sentence', async () => {
    const { ledger, clock } = windowLedger(test.table);
    const about = { tenant: ledger.tenant, run: RUN, ...WINDOW, now: clock.now() };
    await noteStage(test.table, about, { ...note, error: 'X', sentence: 'x'.repeat(5_000) });

    const window = noteOf(await readNotes(test.table, ledger.tenant, RUN), WINDOW);

    expect(window?.sentence).toHaveLength(1_000);
  });

  it('ALL-11 count each answer of CXone and what the limiter held back, of calls that were never sent the time alone', () => {
    const calls = collectCalls();
    calls.add({ sent: true, status: 200, throttledMilliseconds: 5 });
    calls.add({ sent: true, status: 200, throttledMilliseconds: 0 });
    calls.add({ sent: true, throttledMilliseconds: 7 });
    calls.add({ sent: false, throttledMilliseconds: 30 });

    const taken = calls.taken();

    expect(taken).toEqual({ answers: { 0: 1, 200: 2 }, throttledMilliseconds: 42 });
  });
});
