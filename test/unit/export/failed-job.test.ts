import { describe, expect, it } from 'vitest';
import { afterFailure } from '../../../lambdas/export/failed-job.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import { stateWith } from '../../support/window-ledger.ts';

const NOW = Date.parse('2024-05-16T04:00:00.000Z');
const MINUTE = 60_000;
const FAILED = { kind: 'failed', terminal: true } as const;

function verdict(status: Partial<Parameters<typeof afterFailure>[0]>, failures = 0, ageMinutes = 1) {
  const state = stateWith({
    attempt: 1,
    jobId: JobId.parse('job-1'),
    failures,
    submittedAt: NOW - ageMinutes * MINUTE,
  });
  return afterFailure({ ...FAILED, ...status }, state, NOW);
}

describe('CDR-06 a failed job', () => {
  it('is submitted again after 5 minutes, then after 10', () => {
    const verdicts = [verdict({}, 0), verdict({}, 1)];

    expect(verdicts).toEqual([
      { failures: 1, at: NOW + 5 * MINUTE },
      { failures: 2, at: NOW + 10 * MINUTE },
    ]);
  });

  it('ends with CXone’s own words after two resubmissions, and may be submitted anew by a redrive', () => {
    const third = verdict({ message: 'No such report.', errorCode: 'REPORT_MISSING' }, 2);

    expect(third).toMatchObject({
      failures: 0,
      error: {
        name: 'ExportFailed',
        facts: { job: 'job-1', code: 'REPORT_MISSING', attempt: 1, minutes: 1 },
        message: expect.stringContaining('CXone says: No such report.'),
      },
    });
  });

  it.each([
    ['14 minutes by our clock', {}, 14, 'ExportTooLarge'],
    ['less by our clock', {}, 13.99, undefined],
    [
      '15 minutes by CXone’s own times',
      { createdAt: '2024-05-16T03:00:00.000Z', completedAt: '2024-05-16T03:15:00.000Z' },
      1,
      'ExportTooLarge',
    ],
    [
      '2 minutes by CXone’s own times, found out late',
      { createdAt: '2024-05-16T03:00:00.000Z', completedAt: '2024-05-16T03:02:00.000Z' },
      60,
      undefined,
    ],
    [
      '14 minutes where CXone’s times are no times',
      { createdAt: 'yesterday', completedAt: '' },
      14,
      'ExportTooLarge',
    ],
  ])('with INTERNAL_SERVER_ERROR after %s', (_, times, age, expected) => {
    const judged = verdict({ errorCode: 'INTERNAL_SERVER_ERROR', ...times }, 0, age);

    expect('error' in judged ? judged.error.name : undefined).toBe(expected);
  });

  it('with another error is not too large, however long it took', () => {
    const judged = verdict({ errorCode: 'SOMETHING_ELSE' }, 0, 60);

    expect(judged).toEqual({ failures: 1, at: NOW + 5 * MINUTE });
  });
});
