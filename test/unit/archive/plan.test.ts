import { describe, expect, it } from 'vitest';
import { parseArchiveInput } from '../../../lambdas/archive/input.ts';
import { beginRun, planArchive } from '../../../lambdas/archive/plan.ts';
import { raiseArchiveMark, readArchiveMarks } from '../../../lambdas/ledger/archive-marks.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { allArchived, archive, archiveWorld } from '../../support/archive-world.ts';
import { thrownBy } from '../../support/thrown.ts';
import { runCalled } from '../../support/window-ledger.ts';

const NOW = '2024-05-16T03:30:00.000Z';
const SETTINGS = { lookBackMinutes: 60, catchUpDays: 14 };
/** A run that was planned, and came to nothing. */
const LOST = runCalled('lost');
const at = (text: string) => Date.parse(text);

function prepare(settings: { startDate?: string; lookBackMinutes?: number; catchUpDays?: number } = {}) {
  const world = archiveWorld(NOW);
  const { startDate, lookBackMinutes = 60, catchUpDays = 14 } = settings;
  const plan = (input: Record<string, unknown> = {}) =>
    planArchive(world.ledger, parseArchiveInput(input, NOW), {
      lookBackMinutes,
      catchUpDays,
      ...(startDate === undefined ? {} : { startDate: Day.parse(startDate) }),
    });
  const mark = (from: string, to: string, passMilliseconds = 0, interactions = 0) =>
    raiseArchiveMark(
      world.ledger,
      { from: at(from), to: at(to), due: false, listedAt: at(NOW), passMilliseconds, interactions },
      at(from),
    );
  return { world, plan, mark };
}

describe('the plan of a run of the archive', () => {
  it('ALL-06 begins with the day before the first run', async () => {
    const { plan } = prepare();

    const { request, leftOver, estimate } = await plan();

    expect(request).toEqual({
      mode: 'range',
      from: at('2024-05-15T00:00:00.000Z'),
      to: at(NOW),
      due: true,
      refresh: false,
      refusedSince: '2024-05-06T03:30:00.000Z',
    });
    expect([leftOver, estimate]).toEqual([false, { interactions: 0, calls: 0, costUsd: 0, known: false }]);
  });

  it('ARC-01 looks back beyond the mark, and farther than twice what listing took last', async () => {
    const short = prepare();
    await short.mark('2024-05-14T00:00:00.000Z', '2024-05-15T12:00:00.000Z', 60_000);
    const long = prepare({ startDate: '2024-05-01' });
    await long.mark('2024-05-01T00:00:00.000Z', '2024-05-15T12:00:00.000Z', 3 * 3_600_000);

    const [usual, slow] = [await short.plan(), await long.plan()];

    expect(usual.request).toMatchObject({ from: at('2024-05-15T11:00:00.000Z') });
    expect(slow.request).toMatchObject({ from: at('2024-05-15T06:00:00.000Z') });
  });

  it('ALL-06 takes so many days at a time, and leaves the rest to later runs', async () => {
    const { plan } = prepare({ startDate: '2024-01-01', catchUpDays: 10 });

    const { request, leftOver } = await plan();

    expect(request).toMatchObject({
      from: at('2024-01-01T00:00:00.000Z'),
      to: at('2024-01-11T00:00:00.000Z'),
    });
    expect(leftOver).toBe(true);
  });

  it('ALL-14 estimates by what the last whole run found', async () => {
    const { plan, mark } = prepare();
    await mark('2024-05-14T00:00:00.000Z', '2024-05-15T04:30:00.000Z', 0, 1_187);

    const { estimate } = await plan();

    // 1,000 a day, for a day and the hour that is looked back.
    expect(estimate).toMatchObject({ interactions: 1_000, calls: 1 + 10 + 2_000, known: true });
    expect(estimate.costUsd).toBeGreaterThan(0);
  });

  it('ALL-05 raises the mark over no hole, and lowers it never', async () => {
    const { world, mark } = prepare();
    await mark('2024-05-10T00:00:00.000Z', '2024-05-12T00:00:00.000Z');

    const beyond = await mark('2024-05-13T00:00:00.000Z', '2024-05-14T00:00:00.000Z');
    const before = await mark('2024-05-01T00:00:00.000Z', '2024-05-11T00:00:00.000Z');
    const meeting = await mark('2024-05-12T00:00:00.000Z', '2024-05-13T00:00:00.000Z');

    expect([beyond, before, meeting]).toEqual([false, false, true]);
    expect((await readArchiveMarks(world.ledger)).loadedThrough).toBe('2024-05-13T00:00:00.000Z');
  });

  it('ALL-05 does not take a past day for the beginning of the archive', async () => {
    const world = archiveWorld(NOW);
    world.center.close('i-0', '2024-05-02T10:00:00.000Z');

    await archive(world, 'past', { date: '2024-05-02' });

    expect((await readArchiveMarks(world.ledger)).loadedThrough).toBeUndefined();
  });

  it.each([
    ['before anything is archived', false],
    ['beyond the mark, by more than a run takes', true],
  ])('ALL-06 goes on from a first day that is moved to a later one, %s', async (_, archivedBefore) => {
    const world = archiveWorld(NOW);
    if (archivedBefore) await archive(world, 'first');
    else await beginRun(world, await planArchive(world.ledger, parseArchiveInput({}, NOW), SETTINGS), LOST);
    world.clock.set(at('2024-07-20T03:30:00.000Z'));
    world.center.close('i-0', '2024-07-02T10:00:00.000Z');
    world.center.close('i-1', '2024-07-19T10:00:00.000Z');
    const through = { startDate: Day.parse('2024-07-01') };

    await archive(world, 'later', {}, through);
    const caughtUp = (await readArchiveMarks(world.ledger)).loadedThrough;
    await archive(world, 'next', {}, through);

    expect(caughtUp).toBe('2024-07-15T00:00:00.000Z');
    expect((await readArchiveMarks(world.ledger)).loadedThrough).toMatch(/^2024-07-20T03:30:00/);
    expect((await allArchived(world)).map(({ id }) => id)).toEqual(['i-0', 'i-1']);
  });

  it('ALL-05 raises no mark before the first day has come', async () => {
    const world = archiveWorld(NOW);

    await archive(world, 'early', {}, { startDate: Day.parse('2024-06-01') });

    expect((await readArchiveMarks(world.ledger)).loadedThrough).toBeUndefined();
  });

  it('ALL-01 counts from the schedule’s time', async () => {
    const { plan } = prepare();

    const { request } = await plan({ scheduledTime: '2024-05-16T03:00:00Z' });

    expect(request).toMatchObject({ to: at('2024-05-16T03:00:00.000Z') });
  });

  it.each([
    [{ ids: [] }, 'ids: found'],
    [{ ids: ['a', 'a'] }, 'ids[1]: found'],
    [{ ids: ['a'], date: '2024-05-15' }, 'ids: found'],
    [{ ids: Array.from({ length: 1_001 }, (_, index) => `i-${index}`) }, 'ids: found'],
    [{ retryPending: true, date: '2024-05-15' }, 'retryPending: found'],
    [{ refresh: true }, 'refresh: found'],
    [{ columns: ['a'] }, 'columns: found'],
    [{ date: '2024-05-16' }, 'date: found'],
  ])('ALL-02 refuses %j', async (input, problem) => {
    const error = await thrownBy(() => parseArchiveInput(input, NOW));

    expect(error.name).toBe('InputRefused');
    expect(error.message).toContain(problem);
  });
});
