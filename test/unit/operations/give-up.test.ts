import { describe, expect, it } from 'vitest';
import { isUnfinished } from '../../../lambdas/archive/reconcile.ts';
import { auditWindow } from '../../../lambdas/audit/window-commits.ts';
import { readArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { MOST_GIVEN_UP } from '../../../lambdas/ledger/archive-decisions.ts';
import { fixArchiveDay, noteLookFailed } from '../../../lambdas/ledger/archive-entries.ts';
import { readArchiveMarks } from '../../../lambdas/ledger/archive-marks.ts';
import { isoInstant } from '../../../lambdas/model/days.ts';
import { ARCHIVE_DATASET, InteractionId } from '../../../lambdas/model/interactions.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { decideOnInteractions } from '../../../lambdas/operations/give-up.ts';
import {
  type ArchiveWorld,
  archive,
  archiveWorld,
  auditOf,
  entryOf,
  goOn,
} from '../../support/archive-world.ts';
import { thrownBy } from '../../support/thrown.ts';
import { MAY_15, runCalled } from '../../support/window-ledger.ts';

const HOUR_MILLISECONDS = 3_600_000;
const REASON = 'its details are cut off, case 4711';

/** A day of three interactions, of which one has details that are no JSON. */
function prepare() {
  const world = archiveWorld();
  for (const index of [0, 1, 2]) world.center.close(`i-0${index}`, `2024-05-15T0${index}:00:00.000Z`);
  const broken = new Set(['i-01']);
  const { details } = world.center;
  world.center.details = async (id) => {
    const text = await details(id);
    return broken.has(id) ? text.slice(0, 20) : text;
  };
  const night = async (name: string, input: Record<string, unknown> = {}) => {
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    world.center.calls.length = 0;
    const outcome = await archive(world, name, input);
    const looked = world.center.calls.filter(({ kind }) => kind === 'details').map(({ id }) => id);
    return { ...outcome, looked, failed: isUnfinished(outcome) };
  };
  return { world, broken, night };
}

function decide(
  { ledger }: Pick<ArchiveWorld, 'ledger'>,
  step: 'givenUp' | 'takenUp',
  ids: readonly string[],
  { reason = REASON, name = 'operation' } = {},
) {
  const interactions = ids.map((id) => InteractionId.parse(id));
  return decideOnInteractions(ledger, { step, ids: interactions, reason, run: runCalled(name) });
}

const recordDay = (world: ArchiveWorld) =>
  auditWindow(world, { pipeline: 'interaction-archive', dataset: ARCHIVE_DATASET, day: MAY_15 });

async function decisionsOf(world: ArchiveWorld) {
  const { events, verdict } = await auditOf(world);
  expect(verdict).toMatchObject({ pending: 0, findings: [] });
  return events.filter(({ facts }) => facts.step === 'givenUp' || facts.step === 'takenUp');
}

describe('ARC-02 ARC-07 an interaction that can never be archived', () => {
  it('fails every night until it is given up, and is counted by every night after, which ends well and asks for it no more', async () => {
    const { world, night } = prepare();
    const before = [await night('first'), await night('second')];

    const decided = await decide(world, 'givenUp', ['i-01']);
    await recordDay(world);
    const after = [await night('third'), await night('fourth'), await night('fifth')];

    expect(before.map(({ failed, report }) => [failed, report.failed])).toEqual(
      Array(2).fill([true, { malformed: 1 }]),
    );
    expect(decided).toEqual({
      sentence: '1 interaction is given up: runs count it as unavailable, and look it up no more.',
      days: [MAY_15],
    });
    expect(after.map(({ failed, report }) => [failed, report.failed, report.unavailable])).toEqual(
      Array(3).fill([false, {}, { givenUp: 1 }]),
    );
    expect(after.flatMap(({ looked }) => looked)).not.toContain('i-01');
    expect(await entryOf(world, 'i-01')).toMatchObject({ state: 'unavailable', givenUp: true });
    expect((await readArchiveDay(world.ledger, MAY_15)).looksOpen).toBe(false);
    expect(Date.parse((await readArchiveMarks(world.ledger)).loadedThrough ?? '')).toBeGreaterThan(
      world.clock.now() - HOUR_MILLISECONDS,
    );
    expect(await decisionsOf(world)).toMatchObject([
      {
        kind: 'archive',
        run: runCalled('operation'),
        facts: { step: 'givenUp', day: MAY_15, interaction: 'i-01', reason: REASON },
      },
    ]);
  });

  it('lets the redrive of the run that it failed end well', async () => {
    const { world, night } = prepare();
    const failed = await night('day', { date: '2024-05-15' });
    await decide(world, 'givenUp', ['i-01']);

    const redriven = await goOn(world, { run: runCalled('day'), round: 1 }, world.clock.now());

    expect([failed.failed, isUnfinished(redriven)]).toEqual([true, false]);
    expect(redriven.report).toMatchObject({
      archived: 2,
      failed: {},
      unavailable: { givenUp: 1 },
      notDone: 0,
    });
  });

  it('is refused with every problem where it is unknown or archived, and nothing is written', async () => {
    const { world, night } = prepare();
    await night('first');
    const before = await readArchiveDay(world.ledger, MAY_15);

    const refused = await thrownBy(decide(world, 'givenUp', ['i-00', 'i-01', 'no-such']));
    const unknown = await thrownBy(decide(world, 'takenUp', ['no-such']));

    expect([refused.name, unknown.name]).toEqual(Array(2).fill('GiveUpImpossible'));
    expect(refused.message).toContain('i-00 is archived already; no-such is not known to the archive');
    expect(await readArchiveDay(world.ledger, MAY_15)).toEqual(before);
  });

  it('is one of so many of a day at most', async () => {
    const { world } = prepare();
    const claim = { run: runCalled('first'), dataset: ARCHIVE_DATASET, day: MAY_15, epoch: 1 };
    const ids = Array.from({ length: MOST_GIVEN_UP + 1 }, (_, index) => InteractionId.parse(`many-${index}`));
    for (const id of ids) {
      await fixArchiveDay(world.ledger, id, MAY_15);
      await noteLookFailed(world.ledger, claim, { id, lookedBy: 'first#0', failure: 'malformed' });
    }
    await decide(world, 'givenUp', ids.slice(0, -1));

    const refused = await thrownBy(decide(world, 'givenUp', ids.slice(-1)));

    expect(refused).toMatchObject({ name: 'GiveUpImpossible' });
    expect((await readArchiveDay(world.ledger, MAY_15)).givenUp.size).toBe(MOST_GIVEN_UP);
  });

  it('ALL-03 is given up once, however often and by however many it is said', async () => {
    const { world, night } = prepare();
    await night('first');

    const together = await Promise.all(
      ['one', 'other'].map((name) => decide(world, 'givenUp', ['i-01'], { name, reason: name })),
    );
    const again = await decide(world, 'givenUp', ['i-01'], { name: 'again' });
    await recordDay(world);
    await recordDay(world);

    expect(together.map(({ sentence }) => sentence.includes('before')).toSorted()).toEqual([false, true]);
    expect(again.sentence).toBe('1 interaction was given up before.');
    expect((await readArchiveDay(world.ledger, MAY_15)).givenUp.size).toBe(1);
    expect(await decisionsOf(world)).toHaveLength(1);
  });

  it('ALL-03 ALL-12 has its audit record made by the next night where the operation stopped before', async () => {
    const { world, night } = prepare();
    await night('first');
    await decide(world, 'givenUp', ['i-01']);
    const owed = (await readArchiveDay(world.ledger, MAY_15)).unaudited.size;

    await night('second');
    const repeated = await decide(world, 'givenUp', ['i-01'], { name: 'repeated' });
    await recordDay(world);

    expect(owed).toBe(1);
    expect(repeated.days).toEqual([MAY_15]);
    expect((await readArchiveDay(world.ledger, MAY_15)).unaudited.size).toBe(0);
    expect(await decisionsOf(world)).toMatchObject([{ run: runCalled('operation') }]);
  });

  it('ALL-03 is given up where the answer to the write is lost', async () => {
    const { world, night } = prepare();
    await night('first');
    const lossy: Table = {
      ...world.table,
      // The client repeats a write whose answer is lost, and the repetition fails its condition.
      update: async (key, update) => {
        await world.table.update(key, update);
        return world.table.update(key, update);
      },
    };

    await decide({ ledger: { ...world.ledger, table: lossy } }, 'givenUp', ['i-01']);
    await recordDay(world);

    expect((await readArchiveDay(world.ledger, MAY_15)).givenUp.size).toBe(1);
    expect(await decisionsOf(world)).toHaveLength(1);
  });

  it.each([
    ['before a night has seen that', false],
    ['after one', true],
  ])('is looked up again by the next night when it is taken up %s', async (_, seen) => {
    const { world, broken, night } = prepare();
    await night('first');
    await decide(world, 'givenUp', ['i-01']);
    if (seen) await night('second');

    const undone = await decide(world, 'takenUp', ['i-01'], { reason: 'mended' });
    const again = await decide(world, 'takenUp', ['i-01']);
    const broke = await night('third');
    broken.clear();
    const archived = await night('fourth');

    expect(undone.sentence).toBe('1 interaction is taken up: the next run looks it up again.');
    expect(again.sentence).toBe('1 interaction was not given up.');
    expect([broke.failed, broke.report.failed, broke.report.unavailable]).toEqual([
      true,
      { malformed: 1 },
      {},
    ]);
    expect([archived.failed, archived.report.archived]).toEqual([false, 1]);
    expect(await entryOf(world, 'i-01')).toMatchObject({ state: 'marked', givenUp: false });
    const { givenUp, takenUp } = await readArchiveDay(world.ledger, MAY_15);
    expect([givenUp.size, takenUp.size]).toEqual([0, 0]);
    expect((await decisionsOf(world)).map(({ facts }) => [facts.step, facts.reason])).toEqual([
      ['givenUp', REASON],
      ['takenUp', 'mended'],
    ]);
  });

  it('is not forgotten when it is taken up while a night counts it as given up', async () => {
    const { world, broken, night } = prepare();
    await night('first');
    await decide(world, 'givenUp', ['i-01']);
    broken.clear();
    let undone = false;
    const { objects } = world;
    const write = objects.writeStream;
    objects.writeStream = async (key, ...rest) => {
      // The list is made, nothing of it is staged yet.
      if (key.startsWith('raw/') && !undone) {
        undone = true;
        await decide(world, 'takenUp', ['i-01']);
      }
      return write(key, ...rest);
    };

    const counted = await night('second');
    const looked = await night('third');

    expect([undone, counted.failed, counted.looked.includes('i-01')]).toEqual([true, false, false]);
    expect(looked.report.archived).toBe(1);
    expect(await entryOf(world, 'i-01')).toMatchObject({ state: 'marked' });
  });

  it('is tried by name with refresh, and no longer given up where that archives it: what changes later is archived', async () => {
    const { world, broken, night } = prepare();
    await night('first');
    await decide(world, 'givenUp', ['i-01']);
    const named = await night('second', { ids: ['i-01'] });
    const failing = await night('third', { ids: ['i-01'], refresh: true });
    const due = await night('fourth');
    broken.clear();

    const archived = await night('fifth', { ids: ['i-01'], refresh: true });
    const { details } = world.center;
    world.center.details = async (id) => (await details(id)).replace('voice', 'chat');
    world.center.touch('i-01');
    const changed = await night('sixth');

    expect([named.failed, named.report.unavailable, named.looked]).toEqual([false, { givenUp: 1 }, []]);
    expect([failing.failed, due.failed, due.report.unavailable]).toEqual([true, false, { givenUp: 1 }]);
    expect(archived.report.archived).toBe(1);
    expect((await readArchiveDay(world.ledger, MAY_15)).givenUp.size).toBe(0);
    const sealed = (await auditOf(world)).events.filter(({ facts }) => facts.noLongerGivenUp === 1);
    expect(sealed).toMatchObject([{ run: runCalled('fifth') }]);
    expect([changed.report.unavailable, changed.looked.includes('i-01')]).toEqual([{}, true]);
    expect(changed.report.archived).toBeGreaterThan(0);
  });

  it('that was archived before it changed keeps its archive when its change is given up', async () => {
    const { world, broken, night } = prepare();
    broken.clear();
    await night('first');
    const archived = await entryOf(world, 'i-00');
    broken.add('i-00');
    world.center.touch('i-00');
    const failed = await night('second');

    await decide(world, 'givenUp', ['i-00']);
    const after = await night('third');

    expect([failed.failed, after.failed, after.report.unavailable]).toEqual([true, false, { givenUp: 1 }]);
    const entry = await entryOf(world, 'i-00');
    expect(entry).toMatchObject({ state: 'marked', object: archived?.object, givenUp: true });
    expect(isoInstant(world.clock.now()) > String(archived?.archivedAt)).toBe(true);
  });
});
