import { describe, expect, it } from 'vitest';
import { TenantStatus } from '../../../lambdas/model/status.ts';
import { printStatus } from '../../../local/command/status-report.ts';
import { recordedOutputs } from './recorded-output.ts';

const DATASET = {
  dataset: 'cdr',
  pipeline: 'cdr-export',
  committedDays: 0,
  holes: 0,
  firstHoles: [],
  pinned: 0,
  firstPinned: [],
  unfinishedCommits: 0,
  queued: 0,
  firstQueued: [],
  claimed: 0,
  firstClaimed: [],
  openDrift: 0,
};
const CLAIM = { run: 'night', leaseUntil: '2024-05-16T04:00:00Z', expired: false };

/** What is printed of a tenant with that. */
function printed(dataset: object, more: object = {}): string {
  const outputs = recordedOutputs();
  const tenant = { tenant: 'acme', at: '2024-05-16T03:30:00Z', pipelines: [], breakers: [], owedRecords: [] };
  const status = { ...tenant, datasets: [{ ...DATASET, ...dataset }], ...more };
  printStatus(outputs.out, TenantStatus.parse(status));
  return outputs.stdout;
}

describe('the status as text', () => {
  it('OPS-08 tells a window that a run is at work on from one that an ended run has left', () => {
    const text = printed({
      claimed: 2,
      firstClaimed: [
        { ...CLAIM, day: '2024-05-14' },
        { ...CLAIM, day: '2024-05-15', ended: 'FAILED' },
      ],
    });

    expect(text).toContain('cdr 2024-05-14: held by run night, lease until 2024-05-16 04:00.');
    expect(text).toContain(
      'cdr 2024-05-15: left by run night, which has ended as FAILED; the next run that comes to it takes it over.',
    );
  });

  it('OPS-08 says how many more there are than it names', () => {
    const since = { since: '2024-05-16T03:00:00Z', status: 'QUEUED' };
    const text = printed({
      claimed: 12,
      firstClaimed: [{ ...CLAIM, day: '2024-05-14' }],
      queued: 2,
      firstQueued: [{ ...since, day: '2024-05-14' }],
    });

    expect(text).toContain('cdr: 11 more windows held or left.');
    expect(text).toContain('cdr: 1 more export in CXone.');
  });

  it.each([
    [{ openDays: 0, firstOpenDays: [] }, 'no mark yet, nothing left open'],
    [
      { loadedThrough: '2024-05-16T03:00:00Z', openDays: 3, firstOpenDays: ['2024-05-14', '2024-05-15'] },
      'complete through 2024-05-16 03:00, left open 2024-05-14, 2024-05-15, and 1 more',
    ],
  ])('OPS-08 has a line for the archive: %j', (archive, words) => {
    expect(printed({}, { archive })).toContain(`interaction-archive: ${words}.`);
    expect(printed({})).not.toContain('interaction-archive');
  });
});
