import { afterAll, describe, expect, it } from 'vitest';
import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import { prepareNights } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectRecorded,
  expectUncommitted,
  truthOf,
} from '../support/night-expectations.ts';
import { failedStateOf, failedWindowsOf } from '../support/night-history.ts';

interface Failure {
  requirement: string;
  scenarios: string;
  error: string;
  state: string;
  /** Jobs by the time that the window is committed. Default 1. */
  attempts?: number;
  /** Hours until the run is redriven. Default none. */
  hours?: number;
}

const passing: readonly Failure[] = [
  {
    requirement: 'CDR-06',
    scenarios: 'job-always-failed',
    error: 'ExportFailed',
    state: 'Poll',
    attempts: 4,
  },
  {
    requirement: 'CDR-06',
    scenarios: 'export-too-large',
    error: 'ExportTooLarge',
    state: 'Poll',
    attempts: 2,
  },
  { requirement: 'CDR-05', scenarios: 'queue-wait:100000', error: 'QueueSaturated', state: 'Poll' },
  { requirement: 'CDR-07', scenarios: 'short-body:100', error: 'PartIncomplete', state: 'Download' },
  { requirement: 'CDR-07', scenarios: 'clean-short:100', error: 'PartIncomplete', state: 'Download' },
  { requirement: 'CDR-07', scenarios: 'corrupt-body:100', error: 'PartIncomplete', state: 'Download' },
  { requirement: 'ALL-07', scenarios: 'token-always-rejected', error: 'TokenRejectedTwice', state: 'Submit' },
  {
    requirement: 'ALL-07',
    scenarios: 'scope-missing:data:download:write',
    error: 'ScopeMissing',
    state: 'Submit',
  },
  {
    requirement: 'ALL-07',
    scenarios: 'scope-missing:data:download:read',
    error: 'ScopeMissing',
    state: 'Poll',
  },
  {
    requirement: 'ALL-07',
    scenarios: 'token-endpoint-errors:100',
    error: 'ServerFault',
    state: 'EnsureToken',
  },
  {
    requirement: 'ALL-08',
    scenarios: 'throttle-long',
    error: 'ThrottledTooLong',
    state: 'Submit',
    hours: 26,
  },
  { requirement: 'ALL-09', scenarios: 'server-errors:100', error: 'ServerFault', state: 'Submit' },
  { requirement: 'ALL-09', scenarios: 'html-errors:100', error: 'ServerFault', state: 'Submit' },
  { requirement: 'ALL-09', scenarios: 'reset:100', error: 'ConnectionLost', state: 'Submit' },
  {
    requirement: 'ALL-09',
    scenarios: 'blocked:20000,token-life:86400',
    error: 'ClientBlocked',
    state: 'Poll',
  },
];

const defects: readonly Failure[] = [
  { requirement: 'CDR-06', scenarios: 'part-not-ready:100', error: 'PartMissing', state: 'Download' },
  {
    requirement: 'CDR-13',
    scenarios: 'record-count-wrong',
    error: 'RecordCountMismatch',
    state: 'Transform',
  },
  {
    requirement: 'CDR-10',
    scenarios: 'missing-column:CallId',
    error: 'RequiredColumnMissing',
    state: 'Transform',
  },
  {
    requirement: 'CDR-10',
    scenarios: 'missing-column:StartTime',
    error: 'RequiredColumnMissing',
    state: 'Transform',
  },
  { requirement: 'CDR-10', scenarios: 'rejects', error: 'RejectsAboveThreshold', state: 'Transform' },
  { requirement: 'CDR-10', scenarios: 'wrong-width', error: 'RejectsAboveThreshold', state: 'Transform' },
  { requirement: 'CDR-11', scenarios: 'duration-unclear', error: 'DurationUnitUnclear', state: 'Transform' },
  { requirement: 'CDR-01', scenarios: 'outside', error: 'RowsOutsideWindow', state: 'Transform' },
];

const nights = await prepareNights();

describe('ALL-10 a night that fails', () => {
  afterAll(() => nights.close());

  it.each(passing)(
    '$requirement ends by $error in $state under $scenarios; redriven when that has passed it commits',
    async ({ scenarios, error, state, attempts, hours = 0 }) => {
      const night = await nights.open({ scenarios: scenarios.split(',') });
      const day = night.day();

      const failed = await night.run();

      expect(failed).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      expect(failedStateOf(night, failed.run)).toBe('Reconcile');
      expect(failedWindowsOf(night, failed.run)).toEqual([{ day, error, state }]);
      expect(catalogueEntry(error)).toBeDefined();
      await expectUncommitted(night, day);
      const record = await expectRecorded(night, failed, [day]);
      expect(record.windows).toMatchObject([{ outcome: 'failed', error }]);

      await night.pass(hours * 3_600_000);
      night.simulator.use([]);
      const redriven = await night.redrive(failed.run);

      expect(redriven).toMatchObject({ status: 'SUCCEEDED' });
      await expectCommitted(night, await truthOf(night, day), attempts);
      await expectRecorded(night, redriven, [day]);
      expectGoodManners(night);
      await night.close();
    },
  );

  it.each(defects)(
    '$requirement ends by $error in $state under $scenarios; a redrive finds the same, a refresh commits',
    async ({ scenarios, error, state }) => {
      const night = await nights.open({ scenarios: scenarios.split(',') });
      const day = night.day();
      const failed = await night.run();
      const seen = failedWindowsOf(night, failed.run);
      night.simulator.use([]);
      const redriven = await night.redrive(failed.run);

      const refreshed = await night.run({ date: day, refresh: true });

      expect(failed).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      expect(seen).toEqual([{ day, error, state }]);
      expect(redriven).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      expect(refreshed).toMatchObject({ status: 'SUCCEEDED' });
      await expectCommitted(night, await truthOf(night, day), 2);
      expectGoodManners(night);
      await night.close();
    },
  );
});
