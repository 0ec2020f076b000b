import { afterAll, describe, expect, it } from 'vitest';
import { runPageKey } from '../../lambdas/lake/keys.ts';
import { prepareNights, TENANT } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectLoadedThrough,
  expectRecorded,
  truthOf,
} from '../support/night-expectations.ts';
import { currentOf, extraColumnsOf, recordOf, rowsOf, storesOf } from '../support/night-findings.ts';
import { committed } from '../support/night-scenarios.ts';

const nights = await prepareNights();
const jsonNights = await prepareNights({ cdr: { format: 'json', outputs: ['parquet', 'csv', 'jsonl'] } });

afterAll(async () => {
  await nights.close();
  await jsonNights.close();
});

describe('OPS-06 a night whose export is as production has shown', () => {
  it.each(committed)('%s commits the right rows of a CSV export under %s', async (_, scenarios) => {
    const night = await nights.open({ scenarios: scenarios.split(',') });
    const truth = await truthOf(night, night.day());

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    await expectCommitted(night, truth);
    await expectLoadedThrough(night, truth.day);
    const record = await expectRecorded(night, ended, [truth.day]);
    expect(record.totals).toMatchObject({
      rowsIn: truth.counts.parsed,
      rowsOut: truth.counts.rowsOut,
      rejects: truth.counts.rejects,
      duplicates: truth.counts.duplicates,
      superseded: truth.counts.superseded,
    });
    expectGoodManners(night);
    await night.close();
  });

  it.each([
    ['CDR-14', 'normal'],
    ['CDR-12', 'duplicates,superseded'],
    ['CDR-10', 'rows:2000,rejects:2,drift'],
    ['CDR-14', 'empty-day'],
    ['CDR-14', 'empty-day-no-files'],
  ])('%s commits the right rows of a JSON export under %s, with all outputs', async (_, scenarios) => {
    const night = await jsonNights.open({ scenarios: scenarios.split(',') });
    const truth = await truthOf(night, night.day(), 'json');

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    await expectCommitted(night, truth);
    const current = await currentOf(night, truth.day);
    const rows = current?.manifest.window.files.map(({ format, rows: count }) => [format, count]);
    expect(rows).toEqual(['parquet', 'csv', 'jsonl'].map((format) => [format, truth.counts.rowsOut]));
    await night.close();
  });

  it('CDR-10 keeps unknown columns by name, and what stays out of the lake in quarantine', async () => {
    const scenarios = ['rows:2000', 'rejects:2', 'superseded:3', 'drift:2'];
    const night = await nights.open({ scenarios });
    const day = night.day();

    const { run } = await night.run();

    const { windows } = await recordOf(night, run);
    expect(windows[0]?.rejected?.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['TypeMismatch']),
    );
    expect(windows[0]?.rejected?.reduce((total, { rows }) => total + rows, 0)).toBe(2);
    const current = await currentOf(night, day);
    expect(await extraColumnsOf(night, day)).toEqual(['AddedColumn1', 'AddedColumn2']);
    expect(current?.manifest.window.quarantineKeys).toHaveLength(2);
    expect(await rowsOf(night, day)).toHaveLength(2_000);
    await night.close();
  });

  it('CDR-10 ALL-11 tells of a day that was stopped for its rejects why they were rejected, and shows no value', async () => {
    const night = await jsonNights.open({ scenarios: ['rejects:9'] });

    const ended = await night.run();

    const record = await recordOf(night, ended.run);
    const [window] = record.windows;
    const key = runPageKey(TENANT, 'cdr-export', ended.run);
    expect(window).toMatchObject({ outcome: 'failed', error: 'RejectsAboveThreshold' });
    expect(window?.rejected?.reduce((total, { rows }) => total + rows, 0)).toBe(9);
    for (const reason of window?.rejected ?? [])
      expect(Object.keys(reason).toSorted()).toEqual(
        expect.arrayContaining(['line', 'part', 'reason', 'rows']),
      );
    expect(await storesOf(night).objects.readText(key)).toContain('<h2>Rejects</h2>');
    await night.close();
  });
});
