import { afterAll, describe, expect, it } from 'vitest';
import { runName } from '../../lambdas/model/ids.ts';
import { prepareNights } from '../support/night.ts';
import { expectLoadedThrough, expectUncommitted, truthOf } from '../support/night-expectations.ts';
import { keysUnder, marksOf, recordOf, rowsOf, windowOf } from '../support/night-findings.ts';

const nights = await prepareNights();
const COLUMNS = ['CallId', 'StartTime', 'QueueName'];

describe('ALL-16 a run with other columns or filters', () => {
  afterAll(() => nights.close());

  it('exports to its own folder and touches neither lake, catalog nor marks', async () => {
    const night = await nights.open();
    const day = night.day();

    const { run, status } = await night.run({
      date: day,
      columns: COLUMNS,
      filters: { segments: ['north'] },
    });

    expect(status).toBe('SUCCEEDED');
    await expectUncommitted(night, day);
    expect(await marksOf(night)).toEqual({});
    expect(await keysUnder(night, 'lake/')).toEqual([]);
    const keys = await keysUnder(night, `adhoc/acme/${runName(run)}/lake/dt=${day}/`);
    expect(keys.filter((key) => key.endsWith('.parquet'))).toHaveLength(1);
    expect(nights.simulator.jobs.at(-1)?.columns).toEqual(COLUMNS);
    const record = await recordOf(night, run);
    expect(record.windows).toMatchObject([{ day, task: 'adhoc', outcome: 'committed' }]);
    expect(record.drift.raised).toEqual([]);
  });

  it('leaves the nightly export of the same day as it would have been', async () => {
    const night = await nights.open();
    const truth = await truthOf(night, night.day());
    await night.run({ date: truth.day, columns: COLUMNS });

    const { status } = await night.run();

    expect(status).toBe('SUCCEEDED');
    expect((await windowOf(night, truth.day)).attempt).toBe(1);
    expect(await rowsOf(night, truth.day)).toEqual(truth.rows);
    await expectLoadedThrough(night, truth.day);
  });

  it('is refused with all problems: no days, refresh beside it, required and repeated columns', async () => {
    const night = await nights.open();

    const { error, cause } = await night.run({
      columns: ['QueueName', 'QueueName'],
      filters: {},
      refresh: true,
    });

    expect(error).toBe('InputRefused');
    for (const problem of [
      'columns[1]',
      'CallId, StartTime',
      'must come with date',
      'must not stand beside refresh',
    ])
      expect(cause).toContain(problem);
    expect(night.calls()).toEqual([]);
  });
});
