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
import { defects, passing } from '../support/night-scenarios.ts';

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

  it.each([
    ['CDR-06', 'part-not-ready:100', 'PartMissing'],
    ['CDR-13', 'record-count-wrong', 'RecordCountMismatch'],
  ])(
    '%s ends under %s by %s; the next night finds that the job is gone, and commits by another',
    async (_, scenarios, error) => {
      const night = await nights.open({ scenarios: [scenarios] });
      const day = night.day();
      const failed = await night.run();
      const seen = failedWindowsOf(night, failed.run);
      night.simulator.use([]);
      await night.pass(25 * 3_600_000);

      const next = await night.run();

      expect(seen).toMatchObject([{ day, error }]);
      expect(next).toMatchObject({ status: 'SUCCEEDED' });
      await expectCommitted(night, await truthOf(night, day), 2);
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
