import { afterAll, describe, expect, it } from 'vitest';
import { prepareNights } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectLoadedThrough,
  expectRecorded,
  truthOf,
} from '../support/night-expectations.ts';
import { currentOf, generationsOf, marksOf, recordOf, windowOf } from '../support/night-findings.ts';
import { snapshotOf } from '../support/night-snapshot.ts';

const DAY = 86_400_000;

const nights = await prepareNights({ simulator: { rows: 40, parts: 1 } });
const restating = await prepareNights({ simulator: { rows: 40, parts: 1 }, cdr: { restateDays: 2 } });

afterAll(async () => {
  await nights.close();
  await restating.close();
});

describe('what a run takes', () => {
  it('ALL-05 ALL-06 catches up after an outage of 20 days: 14 at once, the rest is told and taken next', async () => {
    const night = await nights.open();
    await night.run();
    await night.pass(20 * DAY);
    const missed = Array.from({ length: 20 }, (_, index) => night.day(19 - index));

    const first = await night.run();
    const record = await recordOf(night, first.run);
    const between = await marksOf(night);
    const second = await night.run();

    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(record).toMatchObject({ leftOver: 6 });
    expect(record.windows.map(({ day }) => day)).toEqual([missed[19], ...missed.slice(0, 13)]);
    expect(between.loadedThrough).toBe(`${missed[13]}T00:00:00.000Z`);
    await expectRecorded(night, second, missed.slice(13, 19));
    await expectLoadedThrough(night, missed[19] ?? '');
    for (const day of missed) await expectCommitted(night, await truthOf(night, day));
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-16 CDR-02 asks again with refresh: a new attempt, the same generation where CXone says the same', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const before = await windowOf(night, day);

    const refreshed = await night.run({ date: day, refresh: true });

    const after = await windowOf(night, day);
    expect(refreshed.status).toBe('SUCCEEDED');
    expect(after).toMatchObject({ attempt: 2, generation: before.generation });
    expect(after.committedAt).toBe(before.committedAt);
    expect(after.committedBy).toBe(before.committedBy);
    expect(await generationsOf(night, day)).toEqual([before.generation]);
    expect((await recordOf(night, refreshed.run)).windows).toMatchObject([{ day, outcome: 'unchanged' }]);
    await expectCommitted(night, await truthOf(night, day), 2);
    await night.close();
  });

  it('ALL-04 ALL-16 replaces a generation whole where the day has changed, and keeps the old one', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const before = await windowOf(night, day);
    night.simulator.use(['rows:45']);

    const refreshed = await night.run({ date: day, refresh: true });

    const current = await currentOf(night, day);
    expect(refreshed.status).toBe('SUCCEEDED');
    await expectCommitted(night, await truthOf(night, day), 2);
    expect(current).toMatchObject({ replaced: before.generation });
    expect(current?.generation).not.toBe(before.generation);
    expect(await generationsOf(night, day)).toHaveLength(2);
    await night.close();
  });

  it('ALL-16 CDR-02 refreshes by a new job where one that a dead run left has ended before', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    await night.stopAt('Poll', { date: day, refresh: true });
    night.simulator.use(['rows:45']);
    await night.pass(2 * 3_600_000);

    const refreshed = await night.run({ date: day, refresh: true });

    expect(refreshed.status).toBe('SUCCEEDED');
    await expectCommitted(night, await truthOf(night, day), 3);
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-16 leaves committed days alone in a range without refresh', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const calls = night.calls().length;

    const again = await night.run({ date: day });

    expect(again.status).toBe('SUCCEEDED');
    expect(await recordOf(night, again.run)).toMatchObject({ windows: [], alreadyCommitted: 1 });
    expect(night.calls()).toHaveLength(calls);
    await night.close();
  });

  it('ALL-06 exports the days before the last again for late rows, and changes just what has changed', async () => {
    const night = await restating.open();
    const first = night.day();
    await night.run();
    await night.pass(DAY);
    const unchanged = await night.run();
    const kept = await windowOf(night, first);
    await night.pass(DAY);
    restating.simulator.use(['rows:43']);

    const late = await night.run();

    const restated = night.day(1);
    expect([unchanged.status, late.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(kept.attempt).toBe(2);
    expect((await recordOf(night, unchanged.run)).windows).toMatchObject([
      { day: restated, task: 'export', outcome: 'committed' },
      { day: first, task: 'restate', outcome: 'unchanged' },
    ]);
    expect((await recordOf(night, late.run)).windows).toMatchObject([
      { day: night.day(), task: 'export', outcome: 'committed' },
      { day: first, task: 'restate', outcome: 'committed' },
      { day: restated, task: 'restate', outcome: 'committed' },
    ]);
    await expectCommitted(night, await truthOf(night, first), 3);
    await expectCommitted(night, await truthOf(night, restated), 2);
    await night.close();
  });

  it('ALL-06 REP-01 reads a day to the end of its look-back also after nights without a run', async () => {
    const night = await restating.open();
    const first = night.day();
    await night.run();
    restating.simulator.use(['rows:43']);
    await night.pass(4 * DAY);

    const late = await night.run();
    const next = await night.run();

    expect([late.status, next.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect((await recordOf(night, late.run)).windows.map(({ day, task }) => [day, task])).toEqual([
      [night.day(), 'export'],
      ...[3, 2, 1].map((earlier) => [night.day(earlier), 'export']),
      [first, 'restate'],
    ]);
    await expectCommitted(night, await truthOf(night, first), 2);
    const again = (await recordOf(night, next.run)).windows.map(({ day }) => day);
    expect(again).toEqual([night.day(2), night.day(1)]);
    await night.close();
  });

  it('ALL-06 asks once more for a day that was asked for by name before it had settled', async () => {
    const night = await nights.open();
    const midnight = Math.ceil(night.platform.clock.now() / DAY) * DAY;
    await night.pass(midnight + 600_000 - night.platform.clock.now());
    const day = new Date(midnight - DAY).toISOString().slice(0, 10);
    await night.run({ date: day });
    night.simulator.use(['rows:43']);
    await night.pass(3 * 3_600_000);

    const nightly = await night.run();
    const next = await night.run();

    expect([nightly.status, next.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    await expectCommitted(night, await truthOf(night, day), 2);
    expect((await recordOf(night, next.run)).windows).toEqual([]);
    await night.close();
  });

  it('ALL-02 ALL-06 waits until a day has settled', async () => {
    const night = await nights.open();
    await night.run();
    const before = await snapshotOf(night);
    const settled = Math.ceil(night.platform.clock.now() / DAY) * DAY + 2 * 3_600_000;
    await night.pass(settled - 60_000 - night.platform.clock.now());

    const early = await night.run();
    const callsThen = night.calls().length;
    await night.pass(settled - night.platform.clock.now());
    const due = await night.run();

    expect(await recordOf(night, early.run)).toMatchObject({ windows: [] });
    expect(callsThen).toBe(before.calls);
    expect((await recordOf(night, due.run)).windows).toMatchObject([
      { day: night.day(), outcome: 'committed' },
    ]);
    await night.close();
  });
});
