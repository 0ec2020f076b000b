import { afterAll, describe, expect, it } from 'vitest';
import { prepareNights } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectLoadedThrough,
  expectRecorded,
  truthOf,
} from '../support/night-expectations.ts';

interface Survived {
  requirement: string;
  scenarios: string;
  /** Jobs that the window took. Default 1. */
  attempts?: number;
}

const jobs: readonly Survived[] = [
  { requirement: 'CDR-01', scenarios: 'normal' },
  { requirement: 'CDR-04', scenarios: 'states-out-of-order' },
  { requirement: 'CDR-04', scenarios: 'unknown-status' },
  { requirement: 'CDR-04', scenarios: 'early-completed' },
  { requirement: 'CDR-04', scenarios: 'files-grow:2' },
  { requirement: 'CDR-04', scenarios: 'files-out-of-order' },
  { requirement: 'CDR-05', scenarios: 'queue-wait:7200' },
  { requirement: 'CDR-05', scenarios: 'processing-time:7200' },
  { requirement: 'CDR-06', scenarios: 'job-failed:1', attempts: 2 },
  { requirement: 'CDR-06', scenarios: 'job-failed:2', attempts: 3 },
  { requirement: 'CDR-06', scenarios: 'job-expired', attempts: 2 },
  { requirement: 'CDR-06', scenarios: 'part-not-ready:1' },
  { requirement: 'CDR-07', scenarios: 'absolute-urls' },
  { requirement: 'CDR-07', scenarios: 'foreign-host' },
  { requirement: 'CDR-07', scenarios: 'no-range' },
  { requirement: 'CDR-07', scenarios: 'no-sha256' },
  { requirement: 'CDR-13', scenarios: 'no-record-count' },
];

const faults: readonly Survived[] = [
  { requirement: 'ALL-08', scenarios: 'throttle-seconds' },
  { requirement: 'ALL-08', scenarios: 'throttle-date' },
  { requirement: 'ALL-08', scenarios: 'throttle-silent' },
  { requirement: 'ALL-08', scenarios: 'rate-limit:60' },
  { requirement: 'ALL-08', scenarios: 'throttle-seconds,unforgiving:1' },
  { requirement: 'ALL-09', scenarios: 'server-errors' },
  { requirement: 'ALL-09', scenarios: 'html-errors' },
  { requirement: 'ALL-09', scenarios: 'blocked' },
  { requirement: 'ALL-09', scenarios: 'reset' },
  { requirement: 'ALL-09', scenarios: 'fault-rate:0.1' },
  { requirement: 'CDR-02', scenarios: 'lost-reply' },
  { requirement: 'CDR-07', scenarios: 'short-body' },
  { requirement: 'CDR-07', scenarios: 'clean-short' },
  { requirement: 'CDR-07', scenarios: 'corrupt-body' },
];

const tokens: readonly Survived[] = [
  { requirement: 'ALL-07', scenarios: 'token-short-life' },
  { requirement: 'ALL-07', scenarios: 'token-life:100' },
  { requirement: 'ALL-07', scenarios: 'token-revoked:3' },
  { requirement: 'ALL-07', scenarios: 'refresh-token-dead,token-short-life' },
  { requirement: 'ALL-07', scenarios: 'token-throttled' },
  { requirement: 'ALL-07', scenarios: 'token-endpoint-errors' },
];

const nights = await prepareNights();

describe('OPS-06 a night in which CXone behaves as it has in production', () => {
  afterAll(() => nights.close());

  it.each([...jobs, ...faults, ...tokens])(
    '$requirement commits the right rows under $scenarios',
    async ({ scenarios, attempts }) => {
      const night = await nights.open({ scenarios: scenarios.split(',') });
      const truth = await truthOf(night, night.day());

      const ended = await night.run();

      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      await expectCommitted(night, truth, attempts);
      await expectLoadedThrough(night, truth.day);
      await expectRecorded(night, ended, [truth.day]);
      expectGoodManners(night);
      await night.close();
    },
  );
});
