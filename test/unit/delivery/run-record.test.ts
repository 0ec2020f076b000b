import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunRecord, type RecordRequest } from '../../../lambdas/delivery/run-record.ts';
import { commitGeneration } from '../../../lambdas/ledger/commits.ts';
import { acknowledgeDrift, raiseDrift } from '../../../lambdas/ledger/drift.ts';
import { fixStartDate, raiseMarks } from '../../../lambdas/ledger/marks.ts';
import { noteOwnReport, notePlan, noteStage } from '../../../lambdas/ledger/run-notes.ts';
import type { WindowLedger } from '../../../lambdas/ledger/windows.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { DatasetId, type RunArn } from '../../../lambdas/model/ids.ts';
import type { WindowTask } from '../../../lambdas/model/payloads.ts';
import type { ExecutionFacts } from '../../../lambdas/model/ports.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  runCalled,
  seenThrough,
  windowLedger,
} from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const OTHER = runCalled('other');
const LIST = 'runs/list.json';

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const day = (number: number) => Day.parse(`2024-05-${number}`);

async function prepare(days: number[] = [], task: WindowTask = 'export') {
  const { ledger, clock } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const about = { tenant: ledger.tenant, run: RUN, now: clock.now() };
  await objects.writeText(LIST, '[]', 'application/json');
  if (days.length > 0) {
    const list = days.map((number) => ({ day: day(number), task, dataset: CDR_DATASET, overrides: {} }));
    await objects.writeText(LIST, JSON.stringify(list), 'application/json');
    await notePlan(test.table, about, {
      listKey: LIST,
      alreadyCommitted: 2,
      leftOver: 3,
      datasets: [CDR_DATASET],
    });
  }
  const note = (number: number, changes: object = {}) =>
    noteStage(
      test.table,
      { ...about, dataset: CDR_DATASET, day: day(number) },
      { stage: 'transform', milliseconds: 1_000, answers: {}, throttledMilliseconds: 0, ...changes },
    );
  const record = (changes: Partial<RecordRequest> = {}) =>
    makeRunRecord(
      { ledger, objects },
      {
        run: RUN,
        pipeline: 'cdr-export',
        outcome: 'SUCCEEDED',
        execution: executed(),
        ...changes,
      },
    );
  return { ledger, clock, about, note, record };
}

function executed(changes: Partial<ExecutionFacts> = {}): ExecutionFacts {
  const startedAt = Date.parse('2024-05-16T03:30:00.000Z');
  return {
    run: RUN,
    status: 'SUCCEEDED',
    startedAt,
    endedAt: startedAt + 90_500,
    input: '{"date":"2024-05-15"}',
    redrives: 1,
    ...changes,
  };
}

async function commit(ledger: WindowLedger, run: RunArn, number: number, digit = 'a') {
  const claim = await claimed(ledger, run, { day: day(number), task: 'refresh' });
  await commitGeneration(ledger, claim, factsOf(generationOf(digit), '2024-05-15T22:00:00.000Z'));
  await seenThrough(ledger, claim, generationOf(digit));
}

describe('the record of a run', () => {
  it('ALL-11 has input, windows, rows, bytes, times, answers, retries and cost', async () => {
    const { ledger, note, record } = await prepare([14, 15]);
    await commit(ledger, RUN, 14);
    await commit(ledger, RUN, 15);
    await note(14, { answers: { 200: 3, 429: 1 }, throttledMilliseconds: 1_500 });
    await note(15, { answers: { 200: 2, 0: 1 }, error: 'ConnectionLost', sentence: 'Lost.' });
    await note(15, { stage: 'poll', milliseconds: 20 });

    const made = await record();

    expect(made).toMatchObject({
      run: RUN,
      name: 'night',
      tenant: ledger.tenant,
      pipeline: 'cdr-export',
      outcome: 'SUCCEEDED',
      input: { date: '2024-05-15' },
      startedAt: '2024-05-16T03:30:00.000Z',
      endedAt: '2024-05-16T03:31:30.500Z',
      milliseconds: 90_500,
      redrives: 1,
      alreadyCommitted: 2,
      leftOver: 3,
      totals: {
        rowsIn: 20,
        rowsOut: 18,
        duplicates: 2,
        rejects: 0,
        superseded: 0,
        files: 2,
        bytesIn: 2_000,
        bytesOut: 800,
      },
      integrity: 1,
      answers: { 0: 1, 200: 5, 429: 1 },
      retries: 1,
      throttledSeconds: 1.5,
    });
    expect(made.windows).toMatchObject([
      {
        day: '2024-05-14',
        outcome: 'committed',
        generation: generationOf('a'),
        stages: { transform: 1_000 },
      },
      { day: '2024-05-15', outcome: 'committed', stages: { transform: 1_000, poll: 20 } },
    ]);
    expect(made.error).toBeUndefined();
    expect(made.costUsd).toBeGreaterThan(0);
  });

  it('ALL-05 says of each dataset how it stands, and what holds of all of them', async () => {
    const { ledger, about, record } = await prepare();
    const agents = DatasetId.parse('agents');
    await fixStartDate(ledger, CDR_DATASET, day(15));
    await commit(ledger, RUN, 15);
    await raiseMarks(ledger, CDR_DATASET);
    await raiseDrift(ledger, agents, ['new', 'other'], RUN);
    await acknowledgeDrift(ledger, agents, 'other');
    const planned = { listKey: LIST, alreadyCommitted: 0, leftOver: 0, datasets: [CDR_DATASET, agents] };
    await notePlan(test.table, about, planned);
    await noteOwnReport(test.table, about, { pages: 3 });

    const made = await record();

    const marks = { loadedThrough: '2024-05-16T00:00:00.000Z', maxEvent: '2024-05-15T22:00:00.000Z' };
    expect(made.datasets).toEqual([
      { dataset: 'cdr', ...marks, drift: { raised: [], open: 0 } },
      { dataset: 'agents', drift: { raised: ['new', 'other'], open: 1 } },
    ]);
    expect(made).toMatchObject({
      maxEvent: marks.maxEvent,
      drift: { raised: ['new', 'other'], open: 1 },
      report: { pages: 3 },
    });
    expect(made.loadedThrough).toBeUndefined();
  });

  it('ALL-11 tells a window that was committed from one that is as it was', async () => {
    const { ledger, record } = await prepare([14, 15], 'refresh');
    await commit(ledger, OTHER, 14);
    await commit(ledger, OTHER, 15);
    await commit(ledger, RUN, 14);
    await commit(ledger, RUN, 15, 'b');

    const { windows } = await record();

    expect(windows.map(({ outcome, generation }) => [outcome, generation])).toEqual([
      ['unchanged', generationOf('a')],
      ['committed', generationOf('b')],
    ]);
  });

  it('ALL-03 counts no rows of a window that another run committed meanwhile, and calls it no failure', async () => {
    const { ledger, note, record } = await prepare([15]);
    await note(15, { error: 'ClaimLost', sentence: 'Taken over.' });
    await commit(ledger, OTHER, 15);

    const { windows, totals, integrity } = await record();

    expect(windows).toMatchObject([{ outcome: 'unchanged', generation: generationOf('a') }]);
    expect([totals.rowsIn, integrity]).toEqual([0, undefined]);
  });

  it('ALL-10 says of each window what became of it', async () => {
    const { ledger, note, record } = await prepare([12, 13, 14, 15]);
    await note(12, { error: 'PartMalformed', sentence: 'No CSV.' });
    await claimed(ledger, OTHER, { day: day(13) });
    await claimed(ledger, RUN, { day: day(14) });
    await note(14);

    const { windows } = await record({ outcome: 'FAILED' });

    expect(windows.map(({ outcome, error, sentence }) => [outcome, error, sentence])).toEqual([
      ['failed', 'PartMalformed', 'No CSV.'],
      ['alreadyRunning', undefined, undefined],
      ['failed', undefined, undefined],
      ['notTried', undefined, undefined],
    ]);
  });

  it('ALL-11 is there also of a run that died before its plan', async () => {
    const { record } = await prepare();

    const made = await record({ outcome: 'ABORTED', execution: undefined });

    expect(made).toMatchObject({
      windows: [],
      totals: { rowsIn: 0 },
      milliseconds: 0,
      input: {},
      error: { name: 'RunInterrupted' },
    });
  });
});

describe('the error of a run', () => {
  it.each([
    [
      'what a function threw: its sentence, who acts and what to do',
      {
        error: 'WindowsFailed',
        cause: '{"errorType":"WindowsFailed","errorMessage":"2 failed. [failed=2]","trace":[]}',
      },
      { name: 'WindowsFailed', sentence: '2 failed. [failed=2]', acts: 'operator' },
    ],
    [
      'what the platform says in plain words',
      { error: 'States.Runtime', cause: 'It could not be processed.' },
      { name: 'States.Runtime', sentence: 'It could not be processed.', acts: 'platform engineer' },
    ],
    [
      'its meaning, where no cause was given',
      { error: 'States.Timeout' },
      {
        name: 'States.Timeout',
        sentence: 'A state, or the machine, took longer than its time-out.',
        acts: 'operator',
      },
    ],
    [
      'its name alone, where nobody knows it',
      { error: 'Some.Other', cause: '' },
      { name: 'Some.Other', sentence: 'The platform gave no cause.', acts: 'platform engineer' },
    ],
    [
      'a cause that is JSON of another form as it is',
      { error: 'Lambda.Unknown', cause: '{"a":1}' },
      { name: 'Lambda.Unknown', sentence: '{"a":1}', acts: 'platform engineer' },
    ],
  ])('ALL-10 is %s', async (_, changes, expected) => {
    const { record } = await prepare();

    const { error } = await record({ outcome: 'FAILED', execution: executed(changes) });

    expect(error).toMatchObject(expected);
    expect(error?.remedy).not.toBe('');
  });

  it.each([
    ['FAILED', 'States.TaskFailed'],
    ['TIMED_OUT', 'States.Timeout'],
    ['ABORTED', 'RunInterrupted'],
  ] as const)('ALL-10 of an execution that is %s without an error is %s', async (outcome, name) => {
    const { record } = await prepare();

    const { error } = await record({ outcome });

    expect(error?.name).toBe(name);
  });

  it('ALL-11 comes with an input that was no JSON as it was', async () => {
    const { record } = await prepare();

    const { input } = await record({ outcome: 'FAILED', execution: executed({ input: '{oops' }) });

    expect(input).toBe('{oops');
  });
});
