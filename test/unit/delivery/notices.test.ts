import { describe, expect, it } from 'vitest';
import { costOf } from '../../../lambdas/delivery/cost.ts';
import { driftNotice, failureNotice } from '../../../lambdas/delivery/notices.ts';
import { usageOf } from '../../../lambdas/delivery/usage.ts';
import { WindowNotes } from '../../../lambdas/ledger/run-notes.ts';
import { RunRecord } from '../../../lambdas/model/run-record.ts';
import { runCalled } from '../../support/window-ledger.ts';

function recordWith(changes: object = {}): RunRecord {
  return RunRecord.parse({
    run: runCalled('night'),
    name: 'night',
    tenant: 'acme',
    pipeline: 'cdr-export',
    outcome: 'FAILED',
    error: { name: 'WindowsFailed', sentence: 'One failed.', acts: 'operator', remedy: 'Redrive.' },
    input: {},
    startedAt: '2024-05-16T03:30:00.000Z',
    endedAt: '2024-05-16T03:31:00.000Z',
    milliseconds: 60_000,
    redrives: 0,
    windows: [
      {
        dataset: 'cdr',
        day: '2024-05-14',
        task: 'export',
        outcome: 'committed',
        stages: {},
        queueWaitMilliseconds: 0,
      },
      {
        dataset: 'cdr',
        day: '2024-05-15',
        task: 'export',
        outcome: 'failed',
        error: 'PartMalformed',
        stages: {},
        queueWaitMilliseconds: 0,
      },
    ],
    alreadyCommitted: 0,
    leftOver: 0,
    datasets: [],
    totals: {
      rowsIn: 0,
      rowsOut: 0,
      rejects: 0,
      duplicates: 0,
      superseded: 0,
      outsideWindow: 0,
      files: 0,
      bytesIn: 0,
      bytesOut: 0,
    },
    answers: {},
    drift: { raised: [], open: 0 },
    retries: 0,
    throttledSeconds: 0,
    costUsd: 0,
    ...changes,
  });
}

describe('the notice of a failure', () => {
  it('ALL-10 says what failed, who acts, what to do, and where the record is', () => {
    const notice = failureNotice(recordWith(), 'runs/night.json');

    expect(notice).toEqual({
      subject: 'acme cdr-export WindowsFailed',
      text: [
        'cdr-export of acme ended as FAILED with WindowsFailed.',
        'One failed.',
        '  cdr 2024-05-15: PartMalformed',
        'Who acts: operator. What to do: Redrive.',
        `Run: ${runCalled('night')}`,
        'Record: runs/night.json',
      ].join('\n'),
    });
  });

  it('ALL-10 has a subject that SNS takes: 100 characters of ASCII', () => {
    const error = { name: `Größe\n${'x'.repeat(200)}`, sentence: '', acts: 'operator', remedy: '' };

    const { subject } = failureNotice(recordWith({ error }), 'runs/night.json');

    expect(subject).toMatch(/^acme cdr-export Gr\?\?e\?x+$/);
    expect(subject).toHaveLength(100);
  });

  it('ALL-10 of ten thousand failed windows is one that SNS takes, and says how many it does not name', () => {
    const [, window] = recordWith().windows;

    const { text } = failureNotice(recordWith({ windows: Array(10_000).fill(window) }), 'runs/night.json');

    expect(text.split('\n').filter((line) => line.includes('PartMalformed'))).toHaveLength(50);
    expect(text).toContain('\n  and 9950 more: the record has them all\n');
    expect(Buffer.byteLength(text)).toBeLessThan(256 * 1_024);
  });

  it('ALL-10 of a run without an error says how it ended', () => {
    const notice = failureNotice(recordWith({ error: undefined, outcome: 'ABORTED' }), 'runs/night.json');

    expect([notice.subject, notice.text.split('\n')[0]]).toEqual([
      'acme cdr-export ABORTED',
      'cdr-export of acme ended as ABORTED.',
    ]);
  });
});

describe('the notice of drift', () => {
  it('CDR-10 is given by the run that saw a column first, and by no other', () => {
    const first = driftNotice(
      recordWith({ drift: { raised: ['Mood', 'Weather'], open: 2 } }),
      'runs/night.json',
    );
    const second = driftNotice(recordWith({ drift: { raised: [], open: 2 } }), 'runs/night.json');

    expect(first?.text).toContain('2 columns that no mapping knows: Mood, Weather.');
    expect(second).toBeUndefined();
  });

  it('CDR-10 is one that SNS takes, however many columns there are and however long their names', () => {
    const raised = Array.from({ length: 5_000 }, (_, index) => `Column ${index} ${'x'.repeat(2_000)}`);

    const notice = driftNotice(recordWith({ drift: { raised, open: 5_000 } }), 'runs/night.json');

    expect(notice?.text).toContain('met 5000 columns');
    expect(notice?.text).toContain('and 4950 more, which the record names.');
    expect(Buffer.byteLength(notice?.text ?? '')).toBeLessThan(256 * 1_024);
  });
});

describe('the cost of a run', () => {
  const notes = (counters: object) => WindowNotes.parse({ sk: 'window#2024-05-15', ...counters });

  it('ALL-11 counts calls, and function time by memory', () => {
    const usage = usageOf(
      [
        notes({ calls_poll: 4, ms_poll: 1_000, calls_download: 2, ms_download: 4_000 }),
        notes({ calls_poll: 1, ms_poll: 1_000 }),
      ],
      1,
    );

    expect(usage).toMatchObject({ functionCalls: 7, gigabyteSeconds: 2 * 0.25 + 4 * 0.5 });
  });

  it('ALL-11 is the sum over what is used, at AWS’s prices', () => {
    const costs = [
      costOf({}),
      costOf({ stateTransitions: 1_000 }),
      costOf({ functionCalls: 1_000_000, objectWrites: 1_000 }),
    ];

    expect(costs[0]).toBe(0);
    expect(costs[1]).toBeCloseTo(0.025, 9);
    expect(costs[2]).toBeCloseTo(0.205, 9);
  });

  it('ALL-11 of a stage that is no function of ours is not guessed', () => {
    const usage = usageOf([notes({ calls_other: 1, ms_other: 5_000 })], 1);

    expect(usage.gigabyteSeconds).toBe(0);
  });
});
