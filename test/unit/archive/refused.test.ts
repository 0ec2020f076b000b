import { describe, expect, it } from 'vitest';
import { isUnfinished } from '../../../lambdas/archive/reconcile.ts';
import { readArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { archive, archiveWorld, entryOf, goOn, type Through } from '../../support/archive-world.ts';
import { MAY_15, runCalled } from '../../support/window-ledger.ts';

const DAY_MILLISECONDS = 86_400_000;
const refusal = () => catalogued('ScopeMissing', 'By the test.');

/** A day of interactions, of which CXone refuses those whose ids are named. */
function prepare(count: number, refused: readonly string[]) {
  const world = archiveWorld();
  for (let index = 0; index < count; index += 1)
    world.center.close(`i-${String(index).padStart(2, '0')}`, `2024-05-15T10:00:${10 + index}.000Z`);
  const held = (id: string) => {
    const one = world.center.all.get(id);
    if (one === undefined) throw new Error(`There is no ${id}.`);
    return one;
  };
  for (const id of refused) held(id).details = [refusal()];
  const permit = () => {
    for (const id of refused) held(id).details = ['answer'];
  };
  const night = async (name: string, input: Record<string, unknown> = {}, through: Through = {}) => {
    world.center.calls.length = 0;
    const outcome = await archive(world, name, input, through);
    world.clock.set(world.clock.now() + DAY_MILLISECONDS);
    const looked = world.center.calls.filter(({ kind }) => kind === 'details').map(({ id }) => id);
    return { ...outcome, looked, failed: isUnfinished(outcome) };
  };
  return { world, held, permit, night };
}

describe('ARC-02 interactions that CXone refuses', () => {
  it('are counted, and looked at again by later nights that do not list them, until the permission is given back', async () => {
    const refused = ['i-01', 'i-03', 'i-05'];
    const { world, permit, night } = prepare(7, refused);
    const nights = [await night('first'), await night('second'), await night('third')];
    permit();

    const permitted = await night('fourth');
    const after = await night('fifth');

    expect(nights.map(({ report }) => [report.unavailable, report.refusedInAll])).toEqual([
      [{ forbidden: 3 }, 3],
      [{ stillForbidden: 3 }, 3],
      [{ stillForbidden: 3 }, 3],
    ]);
    expect([...nights, permitted].map(({ failed }) => failed)).toEqual([false, false, false, false]);
    expect(permitted.report).toMatchObject({ archived: 3, unavailable: {}, refusedInAll: 0 });
    for (const id of refused) expect(await entryOf(world, id)).toMatchObject({ state: 'marked' });
    expect(after.report).toMatchObject({ archived: 0, unchanged: 3 });
  });

  it('are looked at by themselves for ten days, and by name for ever', async () => {
    const { permit, night } = prepare(3, ['i-01']);
    const nights: string[][] = [];
    for (let count = 0; count < 14; count += 1) nights.push((await night(`night-${count}`)).looked);
    permit();

    const late = await night('late');
    const named = await night('named', { retryPending: true });

    const tries = nights.map((looked) => looked.filter((id) => id === 'i-01').length);
    expect([tries.slice(0, 10), tries.slice(-3)]).toEqual([Array(10).fill(1), [0, 0, 0]]);
    expect([late.looked, late.report.refusedInAll]).toEqual([[], 1]);
    expect(named.report).toMatchObject({ archived: 1, refusedInAll: 0 });
  });

  it('are looked at once more where the nights of these ten days were missed', async () => {
    const { world, permit, night } = prepare(3, ['i-01']);
    await night('first');
    world.clock.set(world.clock.now() + 20 * DAY_MILLISECONDS);

    const resumed = await night('resumed');
    const next = await night('next');
    world.clock.set(world.clock.now() + 20 * DAY_MILLISECONDS);
    permit();
    const late = await night('late');

    expect(resumed.looked).toContain('i-01');
    expect([next, late].map(({ looked }) => looked.includes('i-01'))).toEqual([false, false]);
  });

  it('are archived where their permission was given back while nights were missed', async () => {
    const { world, permit, night } = prepare(3, ['i-01']);
    await night('first');
    world.clock.set(world.clock.now() + 20 * DAY_MILLISECONDS);
    permit();
    await night('range', { from: '2024-05-16', to: '2024-06-05' });
    const ranged = await entryOf(world, 'i-01');

    await night('resumed');

    expect(ranged).toMatchObject({ state: 'unavailable' });
    expect(await entryOf(world, 'i-01')).toMatchObject({ state: 'marked' });
  });

  it('are looked at for ten days also while nights catch up with years', async () => {
    const { world, night } = prepare(1, []);
    const startDate = Day.parse('2022-05-15');
    world.center.close('old', '2022-05-16T10:00:00.000Z').details = [refusal()];
    const nights: string[][] = [];

    for (let count = 0; count < 14; count += 1)
      nights.push((await night(`night-${count}`, {}, { startDate })).looked);

    const tries = nights.map((looked) => looked.filter((id) => id === 'old').length);
    expect([tries.slice(0, 10), tries.slice(-3)]).toEqual([Array(10).fill(1), [0, 0, 0]]);
  });

  it('stop nothing when many of them are looked at together again, as a missing scope does', async () => {
    const restricted = Array.from({ length: 12 }, (_, index) => `i-${String(2 * index).padStart(2, '0')}`);
    const { world, night } = prepare(24, restricted);
    const first = await night('first');

    const again = await night('second');
    const redriven = await goOn(world, { run: runCalled('second'), round: 1 }, world.clock.now());
    for (let index = 0; index < 14; index += 1)
      world.center.close(`j-${index}`, world.clock.now() - 1).details = [refusal()];
    const missing = await night('third').catch((error: unknown) => error);

    expect([first.failed, again.failed, isUnfinished(redriven)]).toEqual([false, false, false]);
    expect(first.report.unavailable).toEqual({ forbidden: 12 });
    expect(again.report.unavailable).toEqual({ stillForbidden: 12 });
    expect(missing).toMatchObject({ name: 'ScopeMissing' });
  });

  it('ALL-03 are not forgotten where the run stops between their day’s sealing and its marks', async () => {
    const { world, permit, night } = prepare(3, ['i-00', 'i-01', 'i-02']);
    const stopping: Table = {
      ...world.table,
      update: async (key, update) => {
        const written = await world.table.update(key, update);
        const values = JSON.stringify(update.values ?? {});
        if (values.includes('"done":true')) throw new Error('Stopped by the test.');
        return written;
      },
    };

    await archive(world, 'first', { date: '2024-05-15' }, { table: stopping, childrenFail: true });
    const { refused } = await readArchiveDay(world.ledger, MAY_15);
    permit();
    const later = await night('second');

    expect(refused).toBe(3);
    expect(later.report.archived).toBe(3);
  });

  it('that were archived before they changed keep their archive, and their change is not lost', async () => {
    const { world, held, night } = prepare(3, []);
    await night('first');
    await night('settled');
    const before = await entryOf(world, 'i-00');
    held('i-00').details = [refusal()];
    world.center.touch('i-00');
    world.clock.set(world.clock.now() + 1);
    const refused = await night('second');
    held('i-00').details = ['answer'];
    const { details } = world.center;
    world.center.details = async (id) => (await details(id)).replace('voice', 'chat');

    const later = await night('third');

    expect(refused.report).toMatchObject({ unavailable: { forbidden: 1 }, refusedInAll: 1 });
    expect(later.report).toMatchObject({ archived: 1, refusedInAll: 0 });
    expect((await entryOf(world, 'i-00'))?.object).not.toBe(before?.object);
  });
});

describe('ARC-02 an interaction that is listed and cannot be had', () => {
  it.each(['NotFound', 'notClosed'] as const)(
    'is looked at again by the next run that lists it: %s may be a detail that lags behind the list',
    async (kind) => {
      const { world, held, night } = prepare(3, []);
      const { details } = world.center;
      if (kind === 'NotFound') held('i-01').details = [catalogued('NotFound', 'By the test.'), 'answer'];
      else {
        let asked = false;
        world.center.details = async (id) => {
          const text = await details(id);
          if (id !== 'i-01' || asked) return text;
          asked = true;
          return text.replace('closed', 'active');
        };
      }
      const first = await night('first', { date: '2024-05-15' });

      const second = await night('second', { date: '2024-05-15' });

      expect(first.report).toMatchObject({ archived: 2, unavailable: expect.anything() });
      expect(second.report.archived).toBe(1);
      expect(await entryOf(world, 'i-01')).toMatchObject({ state: 'marked' });
    },
  );
});
