import { describe, expect, it } from 'vitest';
import { ledgerProgress } from '../../../lambdas/data-actions/progress.ts';
import { updateBatch } from '../../../lambdas/data-actions/update-batch.ts';
import { breakerKey, createBreaker } from '../../../lambdas/ledger/breaker.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { RunArn, TenantId } from '../../../lambdas/model/ids.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACTION_ID, fakeAction, plannedUpdate } from '../../support/fake-data-actions.ts';
import { memoryTable } from '../../support/memory-table.ts';

const TEXT = '{"id":"a-1","name":"a","configuration":{"dateProcessing":{"computedValue":"old"}}}';
const NOW = '2024-05-16T03:30:00.000Z';
/** The third call is the write: what has no versions is read twice before. */
const WRITE = 3;

function prepare(error: Error) {
  const clock = fakeClock(NOW);
  const tenant = TenantId.parse('acme');
  const ledger = { table: memoryTable(), tenant, clock };
  const planned = plannedUpdate();
  const remainingMilliseconds = () => 900_000;
  const progressOf = (name: string) =>
    ledgerProgress(
      ledger,
      {
        run: RunArn.parse(`arn:aws:states:eu-west-1:123456789012:execution:acme-data-action-dates:${name}`),
        round: 0,
      },
      remainingMilliseconds,
    );
  const work = () =>
    updateBatch(
      {
        dataActions: fakeAction({ text: TEXT, lost: { [WRITE]: error } }),
        ids: new Map([[planned.action, [ACTION_ID]]]),
        progress: progressOf('first'),
        breaker: createBreaker(breakerKey(tenant, 'dataActions'), ledger),
        clock,
        random: () => 0,
        remainingMilliseconds,
      },
      { name: 'batch', updates: [planned], dryRun: false },
    );
  const isFree = async (seconds: number) => {
    clock.set(Date.parse(NOW) + seconds * 1_000);
    return (await progressOf('second').takeTurn(ACTION_ID)) === undefined;
  };
  return { work, isFree };
}

describe('ACT-05 the turn at an action', () => {
  it.each([
    ['has no name', new Error('socket hang up')],
    ['is a lost connection', catalogued('ConnectionLost', 'The connection failed.', { call: 'replace' })],
  ])('is kept after a write whose error %s, until it has been carried out', async (_, error) => {
    const { work, isFree } = prepare(error);

    await work().catch((thrown: unknown) => expect(thrown).toBe(error));
    const free = [await isFree(29), await isFree(30)];

    expect(free).toEqual([false, true]);
  });

  it('is given back at once after a write that was refused', async () => {
    const { work, isFree } = prepare(catalogued('RequestRefused', 'No.', { call: 'replace' }));

    await work();
    const free = await isFree(0);

    expect(free).toBe(true);
  });
});
