import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { costOf } from '../../lambdas/delivery/cost.ts';
import { usageOfRun } from '../../lambdas/delivery/usage.ts';
import { PlanResult } from '../../lambdas/model/plan-result.ts';
import { type Night, prepareNights, TENANT } from '../support/night.ts';
import { expectCommitted, expectRecorded, truthOf } from '../support/night-expectations.ts';
import { marksOf, recordOf, windowOf } from '../support/night-findings.ts';
import { failedStateOf } from '../support/night-history.ts';
import { hearNotices, snapshotOf, withoutRuns } from '../support/night-snapshot.ts';

const HOUR = 3_600_000;

const refused: readonly (readonly [what: string, input: unknown, says: readonly string[]])[] = [
  ['an unknown key', { days: 3 }, ['days']],
  ['a wrong type', { date: 20_240_515 }, ['date']],
  ['an impossible date', { date: '2023-02-29' }, ['date']],
  ['an empty range', { from: '2024-05-02', to: '2024-05-02' }, ['to: found']],
  ['a range without an end', { from: '2024-05-02' }, ['to: found']],
  ['a day that has not ended', { date: '2999-01-01' }, ['date: found']],
  ['a day beside a range', { date: '2024-05-01', from: '2024-05-01', to: '2024-05-02' }, ['date: found']],
  ['a refresh of nothing', { refresh: true }, ['refresh: found']],
  ['a time that is none', { scheduledTime: 'last night' }, ['scheduledTime']],
  ['a list', ['2024-05-01'], ['found an array']],
  ['a word', 'yesterday', ['must be an object']],
  [
    'everything wrong at once',
    { colour: 'red', dryRun: 'yes', date: '2024-13-01', refresh: 1 },
    ['colour', 'dryRun', 'date', 'refresh'],
  ],
];

const nights = await prepareNights();
afterAll(() => nights.close());

/** What the deployed schedule starts the machine with, its own time put in as EventBridge Scheduler does. */
function scheduledInput(night: Night, at: string): unknown {
  const schedule = night.platform.assembly.schedules.find(
    ({ target }) => target.input?.includes('<aws.scheduler.scheduled-time>') === true,
  );
  return JSON.parse((schedule?.target.input ?? '').replace('<aws.scheduler.scheduled-time>', at));
}

describe('the input of a run', () => {
  it('ALL-02 is refused in full before anything is called, and leaves a record and a notice alone', async () => {
    const night = await nights.open();
    const notices = hearNotices(night);
    const before = await snapshotOf(night);

    for (const [what, input, says] of refused) {
      const ended = await night.run(input);

      expect(ended, what).toMatchObject({ status: 'FAILED', error: 'InputRefused' });
      expect(failedStateOf(night, ended.run)).toBe('Plan');
      for (const words of says) expect(ended.cause, what).toContain(words);
      const record = await expectRecorded(night, ended, []);
      expect(record.input).toEqual(input);
      expect(await notices(), what).toEqual([expect.stringContaining('InputRefused')]);
    }

    const after = await snapshotOf(night);
    // A place in the list of runs is part of a record.
    expect(after.ledger.filter(({ pk }) => pk !== `${TENANT}#run##list`)).toEqual(before.ledger);
    expect(after.calls).toBe(before.calls);
    expect(withoutRuns(after.objects)).toEqual(withoutRuns(before.objects));
    // Each record and its page, and the index of them all.
    expect(Object.keys(after.objects)).toHaveLength(2 * refused.length + 1);
    await night.close();
  });

  it('ALL-01 of a schedule names its time, so that a late and a repeated delivery cover the same day', async () => {
    const night = await nights.open();
    const truth = await truthOf(night, night.day());
    const input = scheduledInput(night, new Date(night.startedAt).toISOString().replace('.000Z', 'Z'));
    await night.pass(30 * HOUR);

    const late = await night.run(input);
    const repeated = await night.run(input);

    expect([late.status, repeated.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    await expectCommitted(night, truth);
    await expectRecorded(night, late, [truth.day]);
    await expectRecorded(night, repeated, []);
    expect(night.simulator.jobs.filter(({ day }) => day > truth.day)).toEqual([]);
    await night.close();
  });

  it('ALL-01 ALL-03 may be {} twice: the second run commits nothing and changes nothing', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run({});
    const before = await snapshotOf(night);
    const window = await windowOf(night, day);
    const marks = await marksOf(night);

    const again = await night.run({});

    const after = await snapshotOf(night);
    expect(again.status).toBe('SUCCEEDED');
    expect(await recordOf(night, again.run)).toMatchObject({ windows: [], alreadyCommitted: 1 });
    expect(after.calls).toBe(before.calls);
    expect(withoutRuns(after.objects)).toEqual(withoutRuns(before.objects));
    expect(await windowOf(night, day)).toEqual(window);
    expect(await marksOf(night)).toEqual(marks);
    await night.close();
  });

  it('ALL-14 may ask for a dry run, whose only trace is its own output', async () => {
    const night = await nights.open();
    const before = await snapshotOf(night);

    const dry = await night.run({ from: '2024-04-01', to: '2024-04-11', dryRun: true });

    const { output } = night.platform.engine.describe(dry.run);
    const shown = z
      .looseObject({ windows: z.number(), preview: z.array(z.unknown()) })
      .parse(JSON.parse(output ?? '{}'));
    expect(dry.status).toBe('SUCCEEDED');
    expect(shown.windows).toBe(10);
    expect(shown.preview).toHaveLength(10);
    expect(await snapshotOf(night)).toEqual(before);
    await night.close();
  });

  it('ALL-14 may ask what a range would come to, by what the pipeline’s runs have come to', async () => {
    const night = await nights.open();
    const { run } = await night.run();
    const record = await recordOf(night, run);

    const dry = await night.run({ from: '2024-04-01', to: '2024-04-11', dryRun: true });

    const { output } = night.platform.engine.describe(dry.run);
    const { estimate } = PlanResult.parse(JSON.parse(output ?? '{}'));
    const calls = Object.values(record.answers).reduce((sum, answers) => sum + answers, 0);
    expect(estimate).toMatchObject({ calls: 10 * calls, fromRuns: 1 });
    const ofRun = costOf(usageOfRun(1));
    expect(estimate.costUsd).toBeCloseTo(ofRun + 10 * (record.costUsd - ofRun), 5);
    await night.close();
  });

  it('ALL-16 may name a range, half-open, whose days are each committed', async () => {
    const night = await nights.open();
    const days = ['2024-03-28', '2024-03-29', '2024-03-30', '2024-03-31'];

    const ended = await night.run({ from: '2024-03-28', to: '2024-04-01' });

    expect(ended.status).toBe('SUCCEEDED');
    for (const day of days) await expectCommitted(night, await truthOf(night, day));
    await expectRecorded(night, ended, days);
    expect(night.calls().filter(({ kind }) => kind === 'token')).toHaveLength(1);
    await night.close();
  });
});
