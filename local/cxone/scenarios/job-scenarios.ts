import { always, numbered, type Scenario } from './scenario.ts';

/** The life of jobs and what they tell of their files. */
export const jobScenarios: Readonly<Record<string, Scenario>> = {
  normal: always('Nothing out of the ordinary.', {}),
  'queue-wait': numbered('seconds', 7200, 'A saturated queue: so long PENDING.', (queueWait) => ({
    job: { queueWait },
  })),
  'processing-time': numbered('seconds', 7200, 'So long PROCESSING.', (processing) => ({
    job: { processing },
  })),
  'states-out-of-order': always('PENDING is skipped, and PROCESSING falls back to PENDING.', {
    job: { statesFirst: ['PROCESSING', 'PENDING', 'PROCESSING'] },
  }),
  'unknown-status': always('Statuses that no document names come before the known ones.', {
    job: { statesFirst: ['VALIDATING', 'ARCHIVING'] },
  }),
  'early-completed': always('COMPLETED first without files, then with some missing, then with sizes of 0.', {
    job: { filesFirst: ['absent', 'gap', 'zero-size'] },
  }),
  'files-grow': numbered(
    'polls',
    2,
    'COMPLETED with a list of files that grows from poll to poll.',
    (polls) => ({ job: { filesFirst: Array.from({ length: polls }, (_, poll) => poll + 1) } }),
    1000,
  ),
  'files-out-of-order': always('The last part is listed first.', { manifest: { reversed: true } }),
  'job-failed': numbered('jobs', 1, 'The first jobs end as FAILED.', (failing) => ({ job: { failing } })),
  'job-always-failed': always('Every job ends as FAILED.', { job: { failing: Number.POSITIVE_INFINITY } }),
  'export-too-large': numbered(
    'columns',
    0,
    'Jobs with at least so many columns end as FAILED with INTERNAL_SERVER_ERROR after 15 minutes.',
    (failingFromColumns) => ({
      job: {
        failing: Number.POSITIVE_INFINITY,
        failingFromColumns,
        errorCode: 'INTERNAL_SERVER_ERROR',
        processing: 880,
      },
    }),
  ),
  'job-expired': numbered('jobs', 1, 'The first jobs are gone after their first poll: 404.', (expiring) => ({
    job: { expiring },
  })),
  'part-not-ready': numbered('downloads', 1, '404 to the first downloads of each part.', (partNotReady) => ({
    job: { partNotReady },
  })),
  'absolute-urls': always('Download addresses are absolute, on the same origin.', {
    manifest: { urls: 'absolute' },
  }),
  'foreign-host': always(
    'Download addresses are absolute, on an origin that must not see the bearer token.',
    {
      manifest: { urls: 'foreign' },
    },
  ),
  'record-count-wrong': numbered('records', 1, 'Every recordCount is too high.', (recordCountOff) => ({
    manifest: { recordCountOff },
  })),
  'no-range': always('Range is not supported: always the whole part, with 200.', {
    manifest: { range: false },
  }),
  'no-sha256': always('Files without sha256.', { manifest: { sha256: false } }),
  'no-record-count': always('No recordCount anywhere.', { manifest: { recordCount: false } }),
};
