import type { CatalogueEntry } from './platform-errors.ts';

/** What becomes of an export's job in CXone. Part of the catalogue. */
export const JOB_ERRORS = {
  ExportFailed: {
    meaning:
      'CXone ended the export job as FAILED, or forgot one job after the other, after the resubmissions that are allowed.',
    acts: 'NICE support',
    remedy:
      'Read CXone’s own words in the message. Redrive to submit once more; if it fails again, give NICE support the job and request ids. Where it forgot the jobs at once, check the family’s endpoint paths first.',
  },
  ExportTooLarge: {
    meaning:
      'CXone gave the job up with INTERNAL_SERVER_ERROR after 14 minutes or more: too many columns for one day; or it refused a single day for its size.',
    acts: 'platform engineer',
    remedy:
      'Take columns out of the pipeline’s configuration (below 50) or filter by segment, deploy, and start again.',
  },
  JobExpired: {
    meaning:
      'CXone no longer knows a job that it had given us: finished jobs are kept for 24 hours. The machine submits the next attempt.',
    acts: 'nobody',
    remedy: 'Nothing; if a run ends with it, redrive.',
  },
  JobOutdated: {
    meaning:
      'A day that is asked for again had a job that an earlier run left, and that had ended before: it may lack what the day is asked for again for. The machine submits the next attempt.',
    acts: 'nobody',
    remedy: 'Nothing; if a run ends with it, redrive.',
  },
  QueueSaturated: {
    meaning: 'CXone has not finished the job in 24 hours. The job is still queued and is kept.',
    acts: 'operator',
    remedy:
      'Start the pipeline again, it goes on polling the same job. At month end this passes; otherwise ask NICE support.',
  },
} as const satisfies Record<string, CatalogueEntry>;
