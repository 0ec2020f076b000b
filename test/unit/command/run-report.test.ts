import { describe, expect, it } from 'vitest';
import { problemSentence } from '../../../lambdas/model/refusal.ts';
import { RunRecord } from '../../../lambdas/model/run-record.ts';
import { parseRunInput } from '../../../lambdas/planning/run-input.ts';
import { watchProgress } from '../../../local/command/progress.ts';
import { exitCodeOf, inputProblems, printRun, printRunFailure } from '../../../local/command/run-report.ts';
import { whatOf } from '../../../local/command/show.ts';
import type { HistoryEvent } from '../../../local/engine/history.ts';
import { CDR_PLAN } from '../../support/window-ledger.ts';
import { recordedOutputs } from './recorded-output.ts';

const RUN = 'arn:aws:states:eu-west-1:000000000000:execution:cxone-export-acme-cdr-export:night';
const NOTHING = { rowsIn: 0, rowsOut: 0, rejects: 0, duplicates: 0, superseded: 0, outsideWindow: 0 };
const SURROUNDINGS = {
  realMilliseconds: 2_500,
  skippedMilliseconds: 120_000,
  redrive: 'npx cxone-export redrive night',
};

function recordWith(told: Record<string, unknown>): RunRecord {
  return RunRecord.parse({
    run: RUN,
    name: 'night',
    tenant: 'acme',
    pipeline: 'cdr-export',
    outcome: 'SUCCEEDED',
    input: {},
    startedAt: '2024-05-16T03:30:00.000Z',
    endedAt: '2024-05-16T03:32:02.500Z',
    milliseconds: 122_500,
    redrives: 0,
    windows: [],
    alreadyCommitted: 0,
    leftOver: 0,
    totals: { ...NOTHING, files: 0, bytesIn: 0, bytesOut: 0 },
    answers: {},
    drift: { raised: [], open: 0 },
    datasets: [],
    retries: 0,
    throttledSeconds: 0,
    costUsd: 0.0004,
    ...told,
  });
}

const ERROR = {
  name: 'ScopeMissing',
  sentence: 'No scope.',
  acts: 'CXone administrator',
  remedy: 'Grant it.',
};

describe('what a run comes to', () => {
  it('OPS-07 names the windows that are pinned, also where nothing was done', () => {
    const outputs = recordedOutputs();

    printRun(outputs.out, recordWith({ pinned: [{ dataset: 'cdr', day: '2024-05-14' }] }), SURROUNDINGS);

    expect(outputs.stdout).toContain(
      'Pinned, and left as they are until cxone-export unpin: cdr 2024-05-14.',
    );
  });

  it('ARC-07 shows what a pipeline without windows reports of itself', () => {
    const outputs = recordedOutputs();
    const report = {
      total: 12_345,
      archived: 12_340,
      retriedAndArchived: 2,
      unavailable: { notFound: 5 },
      failed: {},
    };

    printRun(outputs.out, recordWith({ pipeline: 'interaction-archive', report }), SURROUNDINGS);

    expect(outputs.stdout).toMatch(/total +12,345\n/);
    expect(outputs.stdout).toMatch(/retried and archived +2\n/);
    expect(outputs.stdout).toMatch(/unavailable +not found 5\n/);
    expect(outputs.stdout).toMatch(/failed +none\n/);
    expect(outputs.stdout).not.toContain('Nothing to do');
  });

  it.each([
    ['committed', {}, 0],
    ['failed', { outcome: 'FAILED', error: ERROR }, 1],
    ['stopped', { outcome: 'ABORTED', error: { ...ERROR, name: 'RunInterrupted' } }, 1],
    ['refused', { outcome: 'FAILED', error: { ...ERROR, name: 'InputRefused' } }, 2],
  ])('a run that was %s has its exit code', (_, told, expected) => {
    const code = exitCodeOf(recordWith(told));

    expect(code).toBe(expected);
  });

  it('ALL-11 shows the windows with their rows, time and cost', () => {
    const outputs = recordedOutputs();
    const rows = {
      parsed: 50_050,
      rowsOut: 50_000,
      duplicates: 25,
      superseded: 15,
      rejects: 10,
      outsideWindow: 0,
    };
    const window = {
      dataset: 'cdr',
      day: '2024-05-15',
      task: 'export',
      outcome: 'committed',
      rows,
      files: 1,
      bytesOut: 894_000,
      driftColumns: 2,
      stages: {},
      queueWaitMilliseconds: 0,
    };

    printRun(
      outputs.out,
      recordWith({ windows: [window], drift: { raised: ['Mood', 'Score'], open: 2 } }),
      SURROUNDINGS,
    );

    expect(outputs.stdout.split('\n')).toEqual([
      '',
      'window      outcome    rows in  rows out  rejects  duplicates  superseded  files    size',
      '2024-05-15  committed   50,050    50,000       10          25          15      1  894 kB',
      '',
      'Drift: Mood, Score in no mapping, first seen by this run; kept in extra_columns.',
      "Time: 2 min 2 s in the run's time (2 min of waiting skipped), 2.5 s here.",
      'Cost on AWS: about $0.00040.',
      'Run: night',
      '',
    ]);
  });

  it('ALL-03 says that a window is committed already', () => {
    const outputs = recordedOutputs();

    printRun(
      outputs.out,
      recordWith({ alreadyCommitted: 1, loadedThrough: '2024-05-16T00:00:00Z' }),
      SURROUNDINGS,
    );

    expect(outputs.stdout).toMatch(
      /^acme cdr-export: already committed, loaded through 2024-05-16 00:00 UTC\. Nothing to do/,
    );
  });

  it('ALL-10 gives the error, its sentence and one next step', () => {
    const outputs = recordedOutputs();

    printRunFailure(outputs.err, recordWith({ outcome: 'FAILED', error: ERROR }), SURROUNDINGS);

    expect(outputs.stderr).toBe(
      'ScopeMissing: No scope.\nNext: Grant it. To redrive: npx cxone-export redrive night\n',
    );
  });

  it('ALL-02 lists the problems of a refused input, as many as there are', () => {
    const refuse = () =>
      parseRunInput({ date: '2023-02-30', x: 1, from: '2024-05-01' }, '2024-05-16T03:30:00.000Z', CDR_PLAN);

    const problems = inputProblems(thrownMessage(refuse));

    expect(problems.map((problem) => problem.split(': found ')[0])).toEqual(
      expect.arrayContaining(['date', 'x']),
    );
    for (const problem of problems) expect(problem).toMatch(/^\S+: found .*, \S/);
    expect(problems).toContain(
      problemSentence({
        path: 'x',
        found: 'a whole number',
        expected: 'this key is not known here: remove it or mend its spelling',
      }),
    );
  });
});

function thrownMessage(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('nothing was thrown');
}

function event(type: HistoryEvent['type'], details: Partial<HistoryEvent> = {}): HistoryEvent {
  return { id: 1, previousEventId: 0, timestamp: '2024-05-16T03:30:00.000Z', type, ...details };
}

const entered = (name: string) => event('TaskStateEntered', { stateEnteredEventDetails: { name } });
const exited = (name: string, output: unknown) =>
  event('TaskStateExited', { stateExitedEventDetails: { name, output: JSON.stringify(output) } });

describe('progress', () => {
  it('tells stages once each, parts, rows and how an execution ended', () => {
    const progress = watchProgress(() => JSON.stringify({ run: RUN, day: '2024-05-15' }));
    const events = [
      entered('Submit'),
      entered('WaitBeforePoll'),
      entered('Poll'),
      exited('Poll', { outcome: 'pending' }),
      entered('WaitBeforePoll'),
      exited('Poll', { outcome: 'completed', parts: [1, 2], bytes: 8_400_000 }),
      entered('DownloadParts'),
      exited('Download', { part: 1 }),
      entered('ThrottledInDownload'),
      entered('Transform'),
      exited('Transform', { facts: { rows: { rowsOut: 50_000 } } }),
      event('ExecutionFailed', { executionFailedEventDetails: { error: 'ScopeMissing' } }),
    ];

    const lines = events.map((one) => progress.take('arn', one)).filter((line) => line !== undefined);

    expect(lines).toEqual([
      '2024-05-15  submits the export',
      '2024-05-15  waits for the export',
      '2024-05-15  downloads: 0 of 2 parts, 8.4 MB',
      '2024-05-15  waits, throttled by CXone',
      '2024-05-15  transforms, 2 parts of 8.4 MB',
      '2024-05-15  ended: ScopeMissing, 50,000 rows',
    ]);
  });

  it('stands on one line, with the waits that were skipped', () => {
    const progress = watchProgress((arn) => (arn === 'run' ? '{}' : JSON.stringify({ run: RUN, day: arn })));
    progress.take('run', entered('Plan'));
    progress.take('2024-05-14', event('ExecutionSucceeded'));
    progress.take('2024-05-15', entered('Submit'));

    const line = progress.standing(75_000);

    expect(line).toBe('1 of 2 windows · 2024-05-15  submits the export · 1 min 15 s of waiting skipped');
  });
});

describe('the events that are shown', () => {
  it('give the error with the sentence of its cause', () => {
    const cause = JSON.stringify({ errorType: 'ScopeMissing', errorMessage: 'CXone answered 403.' });

    const words = whatOf(
      event('TaskFailed', {
        taskFailedEventDetails: { resource: 'invoke', resourceType: 'lambda', error: 'ScopeMissing', cause },
      }),
    );

    expect(words).toBe('ScopeMissing: CXone answered 403.');
  });

  it('give the state and what went in, shortened', () => {
    const words = whatOf(
      event('TaskStateEntered', { stateEnteredEventDetails: { name: 'Plan', input: 'x'.repeat(500) } }),
    );

    expect(words).toMatch(/^Plan {2}x{119}…$/);
  });
});
