import { afterAll, describe, expect, it } from 'vitest';
import { runName } from '../../lambdas/model/ids.ts';
import {
  expectGoodManners,
  expectInteractions,
  expectNoInteractions,
  exportsOf,
  interactionMarks,
  interactionNights,
  interactionRecord,
  interactionTruth,
  interactionWindow,
  linesOf,
  rangeState,
  SMALL_DAYS,
} from '../support/interaction-night.ts';
import { prepareNights } from '../support/night.ts';
import { keysUnder } from '../support/night-findings.ts';
import { statesOf } from '../support/night-history.ts';

/** The fifth of five days lacks fields. */
const BAD_DAY = '2023-02-05';

const nights = await prepareNights(
  interactionNights(
    { rangeDays: 4 },
    { simulator: { scenariosByDay: { [BAD_DAY]: ['interactions-lacking:20'] } } },
  ),
);

const own = await prepareNights(interactionNights());

describe('interactions of many days', () => {
  afterAll(() => nights.close());

  it('ANA-01 widens instants to days, cuts them in ranges that meet exactly, over a leap day, and commits every day', async () => {
    const night = await nights.open({ scenarios: ['interactions:3', 'interactions-shuffled'] });
    const days = ['2024-02-26', '2024-02-27', '2024-02-28', '2024-02-29', '2024-03-01', '2024-03-02'];
    const input = { from: '2024-02-26T13:00:00.000Z', to: '2024-03-02T00:00:00.001Z' };

    const ended = await night.run(input);

    expect(ended.status).toBe('SUCCEEDED');
    expect(
      exportsOf(night)
        .map(({ from, days: count }) => [from, count])
        .toSorted(),
    ).toEqual([
      ['2024-02-26', 4],
      ['2024-03-01', 2],
    ]);
    const asked = night
      .calls()
      .flatMap(({ kind, body }) => (kind === 'submit' ? [Reflect.get(Object(body), 'dateRange')] : []));
    expect(asked).toEqual(
      expect.arrayContaining([
        { start: '2024-02-26T00:00:00.000Z', end: '2024-02-29T23:59:59.999Z' },
        { start: '2024-03-01T00:00:00.000Z', end: '2024-03-02T23:59:59.999Z' },
      ]),
    );
    for (const day of days) await expectInteractions(night, day, interactionTruth(night, day));
    expectGoodManners(night);
    await night.close();
  });

  it('ANA-04 halves ranges that CXone finds too large, keeps that in the ledger, and does not try them again', async () => {
    const night = await nights.open({ scenarios: ['interactions:3', 'range-too-wide:1'] });
    const input = { from: '2024-01-01', to: '2024-01-05' };

    const ended = await night.run(input);

    expect(ended.status).toBe('SUCCEEDED');
    expect(
      exportsOf(night)
        .map(({ from, days }) => [from, days])
        .toSorted(),
    ).toEqual(['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04'].map((day) => [day, 1]));
    expect((await rangeState(night, '2024-01-01', 4)).halvedAt).toBeDefined();
    expect((await rangeState(night, '2024-01-03', 2)).halvedAt).toBeDefined();
    const { report } = await interactionRecord(night, ended.run);
    expect(report).toMatchObject({ halvedRanges: 3, exports: 4, possibleOrphans: 3 });
    for (const day of ['2024-01-01', '2024-01-04'])
      await expectInteractions(night, day, interactionTruth(night, day));

    const before = night.calls().filter(({ kind }) => kind === 'submit').length;
    const again = await night.run({ ...input, refresh: true });

    expect(again.status).toBe('SUCCEEDED');
    expect(night.calls().filter(({ kind }) => kind === 'submit').length - before).toBe(4);
    await night.close();
  });

  it('ALL-16 lets one bad day stop no other, names it, and redoes it alone', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    const input = { from: '2023-02-02', to: '2023-02-07' };

    const ended = await night.run(input);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(ended.cause).toContain('1 of the run');
    expect(ended.cause).toContain(`${BAD_DAY} CompletenessBelowThreshold`);
    await expectNoInteractions(night, BAD_DAY);
    for (const day of ['2023-02-02', '2023-02-03', '2023-02-04', '2023-02-06'])
      await expectInteractions(night, day, interactionTruth(night, day));
    const exported = exportsOf(night).length;

    const redriven = await night.redrive(ended.run);

    expect(redriven).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(exportsOf(night), 'the records are there: only the transform failed').toHaveLength(exported);
    const again = await night.run(input);
    expect(again.status).toBe('FAILED');
    expect(exportsOf(night), 'the same input takes the same exports').toHaveLength(exported);
    await night.close();
  });

  it('ALL-03 leaves one generation and one export when the same range is started twice at once', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    const input = { from: '2024-04-01', to: '2024-04-04' };

    const runs = await Promise.all([night.start(input), night.start(input)]);
    const ended = await Promise.all(runs.map((run) => night.ended(run)));

    expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(exportsOf(night)).toHaveLength(1);
    for (const day of ['2024-04-01', '2024-04-02', '2024-04-03']) {
      await expectInteractions(night, day, interactionTruth(night, day));
      const generations = await keysUnder(night, `lake/acme/interactions/dt=${day}/`);
      expect(generations.filter((key) => key.endsWith('_manifest.json'))).toHaveLength(1);
    }
    await night.close();
  });

  it('ALL-06 plans each due day as an export of its own, and nothing when all is there', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    await night.run();
    await night.pass(3 * 86_400_000);

    const { run, status } = await night.run();

    expect(status).toBe('SUCCEEDED');
    expect(exportsOf(night).map(({ days }) => days)).toEqual([1, 1, 1, 1]);
    const record = await interactionRecord(night, run);
    expect(record.windows.map(({ day }) => day).toSorted()).toEqual([
      night.day(2),
      night.day(1),
      night.day(),
    ]);
    expect((await interactionMarks(night)).loadedThrough).toBe(`${night.day(-1)}T00:00:00.000Z`);
    const idle = await night.run();
    expect(statesOf(night, idle.run)).not.toContain('ListRanges');
    await night.close();
  });

  it('ALL-16 refreshes a day: a new export, and no new generation where nothing has changed', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    await night.run();
    const before = await interactionWindow(night, night.day());
    night.simulator.use([SMALL_DAYS, 'interactions-shuffled', 'page-size:7']);

    const { status } = await night.run({ date: night.day(), refresh: true });

    const after = await interactionWindow(night, night.day());
    expect(status).toBe('SUCCEEDED');
    expect(exportsOf(night)).toHaveLength(2);
    expect(after.generation).toBe(before.generation);
    await night.close();
  });

  it('REP-05 transforms what is stored once more, without asking CXone for anything', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    await night.run({ from: '2024-05-01', to: '2024-05-04' });
    const before = await interactionWindow(night, '2024-05-02');
    const calls = night.calls().length;

    const { run, status } = await night.run({ from: '2024-05-01', to: '2024-05-03', replay: true });

    expect(status).toBe('SUCCEEDED');
    expect(night.calls()).toHaveLength(calls);
    expect((await interactionWindow(night, '2024-05-02')).generation).toBe(before.generation);
    expect((await interactionRecord(night, run)).windows).toMatchObject([
      { task: 'replay' },
      { task: 'replay' },
    ]);
    await night.close();
  });

  it('ANA-05 stores every record by day under the number of its export, its text as it was received', async () => {
    const night = await nights.open({ scenarios: ['interactions:60', 'new-fields:1'] });
    await night.run({ from: '2024-03-10', to: '2024-03-12' });

    const keys = await keysUnder(night, 'raw/acme/interactions/dt=2024-03-11/');

    const { attempt, pages, records } = await rangeState(night, '2024-03-10', 2);
    expect([pages, records]).toEqual([5, 120]);
    expect(keys.every((key) => key.startsWith(`raw/acme/interactions/dt=2024-03-11/a${attempt}/part-`))).toBe(
      true,
    );
    const lines = (await Promise.all(keys.map((key) => linesOf(night, key)))).flat();
    const { texts } = interactionTruth(night, '2024-03-11');
    expect(lines.toSorted()).toEqual([...texts.values()].toSorted());
    await night.close();
  });
});

describe('a run that asks for something else', () => {
  afterAll(() => own.close());

  it('ALL-16 exports other columns, filters and formats to its own folder, and touches no day of the lake', async () => {
    const night = await own.open({ scenarios: [SMALL_DAYS] });
    const day = night.day();

    const { run, status } = await night.run({
      date: day,
      filters: { operator: 'equals', field: 'direction', value: 'inbound' },
      reportId: 'another',
    });

    expect(status).toBe('SUCCEEDED');
    await expectNoInteractions(night, day);
    expect(await interactionMarks(night)).toEqual({});
    const keys = await keysUnder(night, `adhoc/acme/${runName(run)}/lake/dt=${day}/`);
    expect(keys.filter((key) => key.endsWith('.parquet'))).toHaveLength(1);
    const submitted = night.calls().find(({ kind }) => kind === 'submit')?.body;
    expect(submitted).toMatchObject({ reportId: 'another', filters: { field: 'direction' } });
    const record = await interactionRecord(night, run);
    expect(record.windows).toMatchObject([{ day, task: 'adhoc', outcome: 'committed' }]);
    expect(record.totals.rowsOut).toBeLessThan(60);
    await night.close();
  });

  it('ALL-14 shows ranges, calls and cost in a dry run, and does nothing', async () => {
    const night = await own.open({ scenarios: [SMALL_DAYS] });

    const { run, status } = await night.run({ from: '2022-01-01', to: '2024-01-01', dryRun: true });

    const plan = JSON.parse(night.platform.engine.describe(run).output ?? '{}');
    expect(status).toBe('SUCCEEDED');
    expect(plan).toMatchObject({ windows: 730, ranges: { exports: 9 }, dryRun: true });
    expect(plan.ranges.preview.at(-1)).toEqual({ dataset: 'interactions', day: '2023-12-22', days: 10 });
    expect(plan.estimate.calls).toBeGreaterThan(730);
    expect(night.calls()).toEqual([]);
    await night.close();
  });

  it('ANA-02 is refused with every problem at once, and nothing is called', async () => {
    const night = await own.open({ scenarios: [SMALL_DAYS] });
    const four = ['direction', 'medium', 'queueId', 'agentId'].map((field) => ({
      operator: 'equals',
      field,
      value: 'x',
    }));

    const { error, cause } = await night.run({
      from: '2024-02-30',
      to: '2024-05-01',
      format: 'pdf',
      columns: ['id', 'id'],
      filters: { operator: 'and', filters: [{ operator: 'or', filters: four }] },
    });

    expect(error).toBe('InputRefused');
    for (const problem of [
      'from:',
      'format:',
      'columns[1]',
      'must contain direction, medium',
      'filters.filters[0]: found an or over 4 fields',
    ])
      expect(cause).toContain(problem);
    expect(night.calls()).toEqual([]);
    await night.close();
  });
});
