import { afterAll, describe, expect, it } from 'vitest';
import { scenariosOf } from '../../local/cxone/scenarios/table.ts';
import {
  expectGoodManners,
  expectInteractions,
  expectNoCommitter,
  expectNoInteractions,
  exportsOf,
  interactionMarks,
  interactionNights,
  interactionRecord,
  interactionTruth,
  SMALL_DAYS,
} from '../support/interaction-night.ts';
import { prepareNights } from '../support/night.ts';
import { failedWindowsOf } from '../support/night-history.ts';

/** Scenarios that a night survives by itself, and how many exports that takes. */
const survived: readonly { requirement: string; scenarios: string; exports?: number; orphans?: true }[] = [
  { requirement: 'ANA-01', scenarios: 'normal' },
  { requirement: 'ANA-03', scenarios: 'unknown-status' },
  { requirement: 'ANA-03', scenarios: 'states-out-of-order' },
  { requirement: 'ANA-03', scenarios: 'queue-wait:7200' },
  { requirement: 'ANA-03', scenarios: 'job-failed:2', exports: 3 },
  { requirement: 'ANA-04', scenarios: 'range-too-wide:1' },
  { requirement: 'ANA-04', scenarios: 'range-too-large:1' },
  { requirement: 'ANA-05', scenarios: 'job-expired', exports: 2 },
  { requirement: 'ANA-05', scenarios: 'export-gone', exports: 2 },
  { requirement: 'ANA-05', scenarios: 'page-size:7' },
  { requirement: 'ANA-05', scenarios: 'interactions-shuffled' },
  { requirement: 'ANA-09', scenarios: 'lost-reply', exports: 2, orphans: true },
  { requirement: 'ANA-10', scenarios: 'interactions-repeated:3,interactions-outdated:2' },
  { requirement: 'ANA-10', scenarios: 'new-fields' },
  { requirement: 'ANA-10', scenarios: 'interactions:400,interactions-early:2' },
  { requirement: 'ANA-07', scenarios: 'interactions:400,interactions-lacking:3' },
  { requirement: 'ANA-07', scenarios: 'interactions:0' },
  { requirement: 'ALL-07', scenarios: 'token-short-life' },
  { requirement: 'ALL-07', scenarios: 'token-revoked:5' },
  { requirement: 'ALL-08', scenarios: 'throttle-seconds' },
  { requirement: 'ALL-08', scenarios: 'throttle-date' },
  { requirement: 'ALL-08', scenarios: 'throttle-silent' },
  { requirement: 'ALL-08', scenarios: 'rate-limit:60' },
  { requirement: 'ALL-09', scenarios: 'html-errors', orphans: true },
  { requirement: 'ALL-09', scenarios: 'reset', exports: 2, orphans: true },
  { requirement: 'ALL-09', scenarios: 'short-body' },
  { requirement: 'ALL-09', scenarios: 'clean-short' },
  { requirement: 'ALL-09', scenarios: 'blocked' },
];

/** Scenarios that a night fails under, by which name and in which state; a redrive without them commits. */
const failing: readonly {
  requirement: string;
  scenarios: string;
  error: string;
  state: string;
  refresh?: true;
}[] = [
  { requirement: 'ANA-03', scenarios: 'job-always-failed', error: 'ExportFailed', state: 'Poll' },
  { requirement: 'ANA-05', scenarios: 'export-gone:10', error: 'ExportFailed', state: 'FetchPages' },
  {
    requirement: 'ANA-05',
    scenarios: 'malformed-page:2',
    error: 'PageMalformed',
    state: 'FetchPages',
    refresh: true,
  },
  {
    requirement: 'ANA-05',
    scenarios: 'cursor-repeats:2',
    error: 'CursorRepeated',
    state: 'FetchPages',
    refresh: true,
  },
  {
    requirement: 'ANA-07',
    scenarios: 'interactions-lacking:5',
    error: 'CompletenessBelowThreshold',
    state: 'Transform',
    refresh: true,
  },
  { requirement: 'ALL-09', scenarios: 'server-errors:100', error: 'ServerFault', state: 'Submit' },
  {
    requirement: 'ALL-07',
    scenarios: 'scope-missing:analytics:export:write',
    error: 'ScopeMissing',
    state: 'Submit',
  },
  {
    requirement: 'ALL-07',
    scenarios: 'scope-missing:analytics:export:read',
    error: 'ScopeMissing',
    state: 'Poll',
  },
];

const nights = await prepareNights(interactionNights());

describe('OPS-06 a night of interactions in which CXone behaves as it has in production', () => {
  afterAll(() => nights.close());

  it('has a path for every scenario that only analytics exports show', () => {
    const texts = [...survived, ...failing].flatMap(({ scenarios }) => scenarios.split(','));
    const taken = new Set(texts.map((text) => text.split(':')[0]));

    expect(Object.keys(scenariosOf.analytics).filter((name) => !taken.has(name))).toEqual([]);
  });

  it.each(survived)(
    '$requirement commits the right interactions under $scenarios',
    async ({ scenarios, exports = 1, orphans = false }) => {
      const night = await nights.open({ scenarios: [SMALL_DAYS, ...scenarios.split(',')] });
      const day = night.day();
      const truth = interactionTruth(night, day);

      const ended = await night.run();

      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      await expectInteractions(night, day, truth);
      await expectNoCommitter(night, day);
      expect(exportsOf(night)).toHaveLength(exports);
      expect((await interactionMarks(night)).loadedThrough).toBe(`${night.day(-1)}T00:00:00.000Z`);
      const record = await interactionRecord(night, ended.run);
      expect(record.windows).toMatchObject([{ day, outcome: 'committed' }]);
      expect(record.report).toMatchObject({ exports: 1, halvedRanges: 0 });
      expect(Number(record.report?.possibleOrphans) > 0).toBe(orphans);
      expectGoodManners(night);
      await night.close();
    },
  );

  it.each(failing)(
    '$requirement ends as $error in $state under $scenarios, and commits when that is over',
    async ({ scenarios, error, state, refresh }) => {
      const night = await nights.open({ scenarios: [SMALL_DAYS, ...scenarios.split(',')] });
      const day = night.day();

      const ended = await night.run();

      expect(ended).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      expect(ended.cause).toContain(`${day} ${error}`);
      expect(failedWindowsOf(night, ended.run)).toMatchObject([{ day, error, state }]);
      await expectNoInteractions(night, day);
      const record = await interactionRecord(night, ended.run);
      expect(record.windows).toMatchObject([{ day, outcome: 'failed', error }]);

      night.simulator.use([SMALL_DAYS]);
      await night.pass(3_600_000);
      const again = refresh ? await night.run({ date: day, refresh: true }) : await night.redrive(ended.run);

      expect(again).toMatchObject({ status: 'SUCCEEDED' });
      await expectInteractions(night, day, interactionTruth(night, day));
      await night.close();
    },
  );
});
