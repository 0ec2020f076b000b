import { describe, expect, it } from 'vitest';
import { listInteractions } from '../../../lambdas/archive/listing.ts';
import type { ArchiveRequest } from '../../../lambdas/archive/request.ts';
import { ListedInteraction } from '../../../lambdas/model/archive-payloads.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { archive, archiveWorld, entryOf } from '../../support/archive-world.ts';
import { thrownBy } from '../../support/thrown.ts';
import { runCalled } from '../../support/window-ledger.ts';

const BY = { run: runCalled('night'), round: 0 };
const RANGE: ArchiveRequest = {
  mode: 'range',
  from: Date.parse('2024-05-14T00:00:00.000Z'),
  to: Date.parse('2024-05-16T00:00:00.000Z'),
  due: true,
  refresh: false,
};

function prepare(times: string[], pageSize = 3) {
  const world = archiveWorld();
  world.center.pageSize = pageSize;
  times.forEach((time, index) => {
    world.center.close(`i-${String(index).padStart(2, '0')}`, time);
  });
  const list = (goesOn = () => true, request = RANGE) =>
    listInteractions({ ...world, interactions: world.center, goesOn }, BY, request);
  const listed = async () => {
    const { listKey } = await list();
    const lines = (await world.objects.readText(listKey)).split('\n').filter((line) => line !== '');
    return lines.map((line) => ListedInteraction.parse(JSON.parse(line)));
  };
  const queries = () => world.center.calls.filter(({ kind }) => kind === 'query').length;
  return { world, list, listed, queries };
}

const hours = (count: number, day = '2024-05-15') =>
  Array.from({ length: count }, (_, hour) => `${day}T${String(hour).padStart(2, '0')}:00:00.000Z`);

describe('the list of interactions', () => {
  it('ARC-01 is sorted by archive day and id, each with its place and updated time', async () => {
    const { listed } = prepare([...hours(4, '2024-05-15'), ...hours(3, '2024-05-14')]);

    const lines = await listed();

    expect(lines.map(({ n, day, id }) => [n, day, id])).toEqual([
      [0, '2024-05-14', 'i-04'],
      [1, '2024-05-14', 'i-05'],
      [2, '2024-05-14', 'i-06'],
      [3, '2024-05-15', 'i-00'],
      [4, '2024-05-15', 'i-01'],
      [5, '2024-05-15', 'i-02'],
      [6, '2024-05-15', 'i-03'],
    ]);
    expect(lines[0]?.at).toBe('2024-05-14T00:00:00.000Z');
  });

  it('ARC-01 misses nothing when interactions are deleted above the page that comes next', async () => {
    const { world, listed } = prepare(hours(12));
    const newest = [...world.center.all.values()].toReversed();
    world.center.live = () => {
      const one = newest.shift();
      if (one !== undefined) one.deleted = true;
    };

    const ids = (await listed()).map(({ id }) => id);

    const left = [...world.center.all.values()].filter(({ deleted }) => !deleted).map(({ id }) => id);
    expect(left.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('ARC-01 reads more interactions of one instant than a page holds', async () => {
    const { listed } = prepare([...Array(10).fill('2024-05-15T12:00:00.000Z'), ...hours(5)]);

    expect(await listed()).toHaveLength(15);
  });

  it('ARC-01 goes on behind the page at which it was stopped, and makes the list once', async () => {
    const { world, list, queries } = prepare(hours(9));
    let pages = 0;
    const stopped = await list(() => {
      pages += 1;
      return pages <= 2;
    });
    const before = queries();

    const whole = await list();
    const again = await list();

    expect([stopped.more, before]).toEqual([true, 2]);
    expect(whole).toMatchObject({ more: false, listed: 9 });
    expect(again).toEqual(whole);
    // Each page after the first repeats the oldest of the one before.
    expect(queries()).toBe(4);
    expect(world.objects.writes.filter((key) => key.endsWith('.jsonl'))).toHaveLength(1);
  });

  it('ARC-01 does not go round in a list whose page names itself as the next', async () => {
    const { world, list } = prepare(Array(9).fill('2024-05-15T12:00:00.000Z'));
    const { query } = world.center;
    world.center.query = async (range, token) => ({ ...(await query(range, token)), nextPage: '3' });

    const error = await thrownBy(list());

    expect([error.name, error.message]).toEqual(['ServerFault', expect.stringContaining('its own next one')]);
  });

  it('ARC-01 ends by name a list that goes on by token without an end', async () => {
    const { world, list, queries } = prepare(['2024-05-15T12:00:00.000Z']);
    const { query } = world.center;
    let pages = 0;
    world.center.query = async (range, token) => {
      pages += 1;
      return { ...(await query(range, token)), interactions: [], nextPage: `page-${pages}` };
    };

    const error = await thrownBy(list());

    expect([error.name, error.message]).toEqual(['ServerFault', expect.stringContaining('page after page')]);
    expect(queries()).toBe(1_001);
  });

  it('ARC-02 looks again at what was refused, which may have been for want of a permission', async () => {
    const world = archiveWorld();
    for (let index = 0; index < 3; index += 1)
      world.center.close(`i-0${index}`, `2024-05-15T0${index}:00:00.000Z`).details = [
        catalogued('ScopeMissing', 'By the test.'),
      ];
    await archive(world, 'night');
    const refused = await entryOf(world, 'i-00');
    for (const one of world.center.all.values()) one.details = ['answer'];

    await archive(world, 'again', { date: '2024-05-15' });

    expect(refused).toMatchObject({ state: 'unavailable', reason: 'forbidden' });
    expect(await entryOf(world, 'i-00')).toMatchObject({ state: 'marked', archivedBy: 'again' });
  });

  it('ARC-01 takes single interactions without asking for a list', async () => {
    const { world, list, queries } = prepare(hours(2));
    const ids = [...world.center.all.values()].map(({ id }) => id);

    const named = await list(() => true, { mode: 'ids', ids, refresh: false });

    expect([named.listed, queries()]).toEqual([2, 0]);
  });
});
