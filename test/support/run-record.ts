import { Day } from '../../lambdas/model/days.ts';
import { GenerationId, RunArn } from '../../lambdas/model/ids.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import { CDR_DATASET } from './window-ledger.ts';

/** A run's ARN by its name. */
const runNamed = (name: string) =>
  RunArn.parse(`arn:aws:states:eu-west-1:123456789012:execution:cxone-export-acme-cdr-export:${name}`);

const COUNTS = { duplicates: 25, superseded: 15, rejects: 10, outsideWindow: 0 };
const BEGUN = Date.parse('2024-05-16T03:30:00.000Z');

function at(seconds: number): string {
  return new Date(BEGUN + seconds * 1_000).toISOString();
}

const TIMELINE = [
  ['claim', 0, 1, 1, 0],
  ['token', 1, 2, 1, 0],
  ['submit', 2, 4, 2, 1],
  ['poll', 19, 140, 5, 0],
  ['download', 141, 180, 3, 0],
  ['transform', 181, 205, 1, 0],
  ['commit', 205, 206, 1, 0],
  ['publish', 206, 208, 1, 0],
] as const;

function windowOf(day: string, outcome: 'committed' | 'failed'): RunRecord['windows'][number] {
  const base = {
    dataset: CDR_DATASET,
    day: Day.parse(day),
    task: 'export' as const,
    stages: { claim: 40, submit: 900, poll: 2_000, download: 38_000, transform: 23_000 },
    timeline: TIMELINE.map(([stage, from, to, calls, failed]) => ({
      stage,
      from: at(from),
      to: at(to),
      calls,
      failed,
    })),
    queueWaitMilliseconds: 138_000,
  };
  if (outcome === 'failed')
    return {
      ...base,
      outcome,
      error: 'RejectsAboveThreshold',
      sentence: '12 of 1,000 rows were rejected, 0.1 % are allowed. <script>alert(1)</script>',
    };
  return {
    ...base,
    outcome,
    generation: GenerationId.parse('a'.repeat(32)),
    rows: { parsed: 50_050, rowsOut: 50_000, ...COUNTS },
    parts: 3,
    files: 1,
    manifestKey: `lake/acme/cdr/dt=${day}/gen=${'a'.repeat(32)}/_manifest.json`,
    bytesIn: 8_400_000,
    bytesOut: 2_100_000,
    driftColumns: 2,
    rejected: [
      { reason: 'TypeMismatch', column: 'Duration', rows: 7, part: 2, line: 1_204 },
      { reason: 'WrongWidth', rows: 3, part: 3, line: 17 },
    ],
  };
}

/** A run's record with something of everything in it, its days as they are given. */
export function recordOf(
  outcome: 'SUCCEEDED' | 'FAILED',
  days: readonly (readonly [day: string, outcome: 'committed' | 'failed'])[],
): RunRecord {
  const windows = days.map(([day, became]) => windowOf(day, became));
  const committed = windows.filter((window) => window.outcome === 'committed').length;
  const run = runNamed('9f1c2f6e-6f0e-4f7c-8a7b-2f8f4a1f0c11');
  return RunRecord.parse({
    run,
    name: '9f1c2f6e-6f0e-4f7c-8a7b-2f8f4a1f0c11',
    tenant: 'acme',
    pipeline: 'cdr-export',
    outcome,
    ...(outcome === 'FAILED'
      ? {
          error: {
            name: 'WindowsFailed',
            sentence: '1 of the run’s windows failed: cdr 2024-05-14 RejectsAboveThreshold.',
            acts: 'operator',
            remedy: 'Look at each window’s own error, end its cause and redrive the run.',
          },
        }
      : {}),
    input: { scheduledTime: at(0) },
    startedAt: at(0),
    endedAt: at(210),
    milliseconds: 210_000,
    redrives: 1,
    windows,
    alreadyCommitted: 2,
    leftOver: 1,
    totals: {
      rowsIn: 50_050 * committed,
      rowsOut: 50_000 * committed,
      rejects: 10 * committed,
      duplicates: 25 * committed,
      superseded: 15 * committed,
      outsideWindow: 0,
      files: committed,
      bytesIn: 8_400_000 * committed,
      bytesOut: 2_100_000 * committed,
    },
    integrity: 1,
    answers: { 0: 1, 200: 12, 429: 2, 503: 1 },
    drift: { raised: ['CustomScore'], open: 3 },
    retries: 2,
    throttledSeconds: 12.5,
    loadedThrough: '2024-05-14T00:00:00.000Z',
    maxEvent: '2024-05-15T23:58:12.000Z',
    datasets: [
      {
        dataset: CDR_DATASET,
        loadedThrough: '2024-05-14T00:00:00.000Z',
        maxEvent: '2024-05-15T23:58:12.000Z',
        drift: { raised: ['CustomScore'], open: 3 },
      },
    ],
    costUsd: 0.0031,
  });
}
