import { describe, expect, it } from 'vitest';
import { type Batch, lookUp } from '../../../lambdas/archive/look-up.ts';
import { stagedCount, stagedOf } from '../../../lambdas/archive/staging.ts';
import { ListedInteraction } from '../../../lambdas/model/archive-payloads.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { archiveWorld, FIELD } from '../../support/archive-world.ts';
import { thrownBy } from '../../support/thrown.ts';
import { MAY_15, runCalled } from '../../support/window-ledger.ts';

const BY = { run: runCalled('night'), round: 0 };

function prepare(count: number) {
  const world = archiveWorld();
  const items = Array.from({ length: count }, (_, n) => {
    const { id } = world.center.close(`i-${String(n).padStart(3, '0')}`, '2024-05-15T10:00:00.000Z');
    return ListedInteraction.parse({ n, id, day: MAY_15, at: '2024-05-15T10:00:00.000Z' });
  });
  const batch: Batch = { ...BY, day: MAY_15, field: FIELD, items };
  const look = (goesOn = () => true) =>
    lookUp(
      {
        ...world,
        interactions: world.center,
        random: () => 1,
        goesOn,
        note: (finding) => world.findings.push(finding),
      },
      batch,
    );
  const by = { tenant: world.ledger.tenant, run: 'night', round: 0 };
  const staged = async () => {
    const found = [];
    for await (const piece of stagedOf(world.objects, by, MAY_15, -1))
      found.push(...piece.map(({ looked }) => looked));
    return found;
  };
  const details = () => world.center.calls.filter(({ kind }) => kind === 'details').map(({ id }) => id);
  return { world, look, staged, details, count: () => stagedCount(world.objects, by) };
}

const fault = (name: 'ServerFault' | 'ConnectionLost' | 'Throttled' | 'ScopeMissing' | 'RequestRefused') =>
  catalogued(name, 'By the test.', { requestId: 'r-7' });

describe('looking a batch up', () => {
  it('ARC-02 makes a call that met a fault again, three times and no more', async () => {
    const { world, look, staged, details } = prepare(3);
    world.center.all
      .get('i-000')
      ?.details.unshift(fault('ServerFault'), fault('ConnectionLost'), fault('ServerFault'));
    world.center.all.get('i-001')?.details.unshift(...Array.from({ length: 9 }, () => fault('ServerFault')));

    await look();

    expect(details().filter((id) => id === 'i-000')).toHaveLength(4);
    expect(details().filter((id) => id === 'i-001')).toHaveLength(4);
    expect(await staged()).toMatchObject([
      { outcome: 'record', tries: 4 },
      { outcome: 'failed', failure: 'serverFault', tries: 4 },
      { outcome: 'record', tries: 1 },
    ]);
    // 2, 4 and 8 s at the longest, for each of the two.
    expect(world.clock.sleeps).toEqual([2_000, 4_000, 8_000, 2_000, 4_000, 8_000]);
  });

  it('ARC-02 never repeats what CXone refuses', async () => {
    const { world, look, staged, details } = prepare(1);
    world.center.all.get('i-000')?.details.unshift(fault('RequestRefused'));

    await look();

    expect(details()).toHaveLength(1);
    expect(await staged()).toMatchObject([{ outcome: 'failed', failure: 'refused' }]);
    expect(world.findings).toEqual([{ interaction: 'i-000', reason: 'refused', requestId: 'r-7' }]);
  });

  it('ARC-02 asks again for details that are cut short, before it calls them malformed', async () => {
    const { world, look, staged, details } = prepare(1);
    world.center.details = async (id) => {
      world.center.calls.push({ kind: 'details', id });
      return '{"id":"i-000","sta';
    };

    await look();

    expect(details()).toHaveLength(4);
    expect(await staged()).toMatchObject([{ outcome: 'failed', failure: 'malformed' }]);
  });

  it('ALL-08 stages what it has when it is throttled, and goes on behind it', async () => {
    const { world, look, staged, details, count } = prepare(10);
    world.center.all.get('i-004')?.details.unshift(fault('Throttled'));

    const throttled = await thrownBy(look());
    const before = await count();
    await look();

    expect(throttled.name).toBe('Throttled');
    expect(before).toBe(4);
    expect(await staged()).toHaveLength(10);
    expect(details().filter((id) => id === 'i-003')).toHaveLength(1);
    expect(details()).toHaveLength(11);
  });

  it('ALL-03 asks for nothing twice that is staged', async () => {
    const { look, details } = prepare(5);
    await look();

    const again = await look();

    expect(again).toEqual({ more: false, looked: 0 });
    expect(details()).toHaveLength(5);
  });

  it('ARC-02 goes on in another invocation where time is up', async () => {
    const { look, staged } = prepare(6);
    let calls = 0;

    const first = await look(() => {
      calls += 1;
      return calls <= 2;
    });
    const second = await look();

    expect([first, second]).toEqual([
      { more: true, looked: 2 },
      { more: false, looked: 4 },
    ]);
    expect((await staged()).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('ARC-02 stops after faults in a row, which are CXone’s own', async () => {
    const { world, look, details, count } = prepare(40);
    for (const [id, one] of world.center.all) if (id >= 'i-010') one.details = [fault('ServerFault')];

    const stopped = await thrownBy(look());

    expect(stopped.name).toBe('ServerFault');
    expect(await count()).toBe(14);
    expect(details()).toHaveLength(10 + 5 * 4);
  });

  it('ARC-02 takes nothing but refusals for a missing scope, and some for restricted interactions', async () => {
    const all = prepare(25);
    for (const one of all.world.center.all.values()) one.details = [fault('ScopeMissing')];
    const some = prepare(25);
    for (const [id, one] of some.world.center.all) if (id < 'i-024') one.details = [fault('ScopeMissing')];

    const missing = await thrownBy(all.look());
    await some.look();

    expect(missing.name).toBe('ScopeMissing');
    expect(await all.count()).toBe(0);
    expect((await some.staged()).filter(({ outcome }) => outcome === 'unavailable')).toHaveLength(24);
  });
});
