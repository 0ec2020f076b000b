import { describe, expect, it } from 'vitest';
import { noteChange, readOwed } from '../../../lambdas/ledger/owed-changes.ts';
import { ActionId, RunArn, TenantId } from '../../../lambdas/model/ids.ts';
import { changingRuns } from '../../support/changing-runs.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACTION_ID, plannedUpdate } from '../../support/fake-data-actions.ts';
import { interleave } from '../../support/interleaving.ts';
import { memoryTable } from '../../support/memory-table.ts';

describe('ALL-12 ACT-07 the record of a change whose run was killed', () => {
  it('is made by the run that is started in its stead, which tells the change as what it is', async () => {
    const world = changingRuns();
    await world.stopped('first', 60, { dies: 'afterWrite' });
    expect(world.action.sent, 'the write was made').toHaveLength(1);

    await world.attempt('second', 60);

    expect(await world.records()).toMatchObject([
      {
        run: 'first',
        outcome: 'updated',
        before: { computedValue: 'old' },
        after: { computedValue: '2024-02-29T13:00:00.000Z' },
        accuracyMilliseconds: 0,
        recordedBy: 'second',
      },
    ]);
    expect(await world.resultOf('second', 60)).toMatchObject({
      outcome: 'updated',
      before: { computedValue: 'old' },
      madeBy: 'first',
      auditSequence: 1,
    });
    expect(world.action.sent, 'and nothing is written again').toHaveLength(1);
  });

  it('is made before the change of a run that puts another value there', async () => {
    const world = changingRuns();
    await world.stopped('first', 60, { dies: 'afterWrite' });

    await world.attempt('second', 90);

    expect(await world.records()).toMatchObject([
      { run: 'first', outcome: 'updated', recordedBy: 'second' },
      { run: 'second', outcome: 'updated', before: { computedValue: '2024-02-29T13:00:00.000Z' } },
    ]);
  });

  it('is not made where the write was not', async () => {
    const world = changingRuns();
    await world.stopped('first', 60, { dies: 'beforeWrite' });

    await world.attempt('second', 60);
    await world.attempt('third', 60);

    expect(await world.records()).toMatchObject([{ run: 'second', outcome: 'updated' }]);
    expect(await world.resultOf('third', 60)).toMatchObject({ outcome: 'inPlace' });
  });

  it('says that it is unclear where somebody else has written since', async () => {
    const world = changingRuns();
    await world.stopped('first', 60, { dies: 'afterWrite' });
    await world.action.replace(ACTION_ID, world.action.text.replace('2024-02-29T13', '2024-02-29T14'));

    await world.attempt('second', 90);

    expect(await world.records()).toMatchObject([
      { run: 'first', outcome: 'unclear', after: { computedValue: '2024-02-29T14:00:00.000Z' } },
      { run: 'second', outcome: 'updated' },
    ]);
  });

  /** Choices of `interleave` by which the first of two makes so many calls, then the second so many, then both in turns. */
  const order = (first: number, second: number) =>
    [first, second].flatMap((calls) => Array.from({ length: calls }, (_, call) => (call === 0 ? 0 : 1)));

  it.each([60, 90])(
    'is made where both write within moments of each other, whoever notes its change first: the second one to %i minutes',
    async (minutes) => {
      for (let first = 1; first <= 9; first++)
        for (let second = 1; second <= 5; second++) {
          const world = changingRuns();

          await interleave(
            [
              (machine) => world.stopped('first', 60, { turn: machine.turn, dies: 'afterWrite' }),
              (machine) => world.attempt('second', minutes, { turn: machine.turn }),
            ],
            [...order(first, second), ...Array(200).fill(0)],
          );
          await world.attempt('second', minutes);
          await world.attempt('third', 60);

          const told = (await world.records()).map(({ run, computedValue }) => ({ run, computedValue }));
          expect(new Set(told), `${first} calls, then ${second}`).toEqual(new Set(world.writes));
          expect(told).toHaveLength(world.writes.length);
        }
    },
  );

  it('is not looked for among those of an action whose id begins alike', async () => {
    const ledger = {
      table: memoryTable(),
      tenant: TenantId.parse('acme'),
      clock: fakeClock('2024-05-16T03:30:00.000Z'),
    };
    const change = {
      run: RunArn.parse('arn:aws:states:eu-west-1:123456789012:execution:acme-data-action-dates:run'),
      update: plannedUpdate(),
      before: 'null',
      wanted: { set: {}, remove: [] },
      times: 1,
    };
    await noteChange(ledger, { ...change, id: ActionId.parse('a-1#b') });

    const owed = await readOwed(ledger, ActionId.parse('a-1'));

    expect(owed).toEqual([]);
  });

  it('waits for an answer that did not come before it takes a write for not made', async () => {
    const world = changingRuns();

    await world.attempt('first', 60, { writes: ['late'] });

    expect(await world.records()).toMatchObject([{ run: 'first', outcome: 'updated' }]);
    expect(world.writes).toHaveLength(1);
  });
});
