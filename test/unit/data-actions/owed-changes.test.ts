import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../lambdas/audit/chain.ts';
import { recordIn } from '../../../lambdas/audit/record.ts';
import { auditBatch } from '../../../lambdas/data-actions/audit-batch.ts';
import { ledgerProgress } from '../../../lambdas/data-actions/progress.ts';
import { resultOf } from '../../../lambdas/data-actions/reconcile.ts';
import { updateBatch } from '../../../lambdas/data-actions/update-batch.ts';
import { readUpdate } from '../../../lambdas/ledger/action-updates.ts';
import { RunArn, TenantId } from '../../../lambdas/model/ids.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACTION_ID, fakeAction, plannedUpdate } from '../../support/fake-data-actions.ts';
import { type StopPoint, Stopped } from '../../support/interleaving.ts';
import { memoryMac } from '../../support/memory-mac.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { memoryTable } from '../../support/memory-table.ts';

const PLAIN =
  '{"id":"a-1","name":"a","type":"custom","enabled":true,"configuration":{"dateProcessing":{"computedValue":"old"}}}';
const VERSIONED = PLAIN.replace('"enabled":true', '"enabled":true,"version":7');

/** One call to the world after the other, any of which can be the last. */
type Turn = <Result>(call: () => Promise<Result>) => Promise<Result>;

const unbroken: Turn = (call) => call();

/** Lets so many calls through, from 0, and stops before or after the next one. */
function stopsAt({ call, when }: StopPoint): Turn {
  let calls = 0;
  return async (next) => {
    calls += 1;
    if (calls > call + 1 || (calls === call + 1 && when === 'before')) throw new Stopped();
    const result = await next();
    if (calls > call) throw new Stopped();
    return result;
  };
}

/** A data action, a ledger and an audit chain, and runs of one update that can be stopped between any two calls. */
function prepare(text = PLAIN) {
  const action = fakeAction({ text });
  const clock = fakeClock('2024-05-16T03:30:00.000Z');
  const table = memoryTable();
  const tenant = TenantId.parse('acme');
  const ledger = { table, tenant, clock };
  const objects = memoryObjectStore();
  const mac = memoryMac();
  const runOf = (name: string) =>
    RunArn.parse(`arn:aws:states:eu-west-1:123456789012:execution:acme-data-action-dates:${name}`);

  /** One attempt of the run: its update, then its audit. A run that is called so again is redriven. */
  async function attempt(name: string, minutes: number, turn: Turn = unbroken): Promise<void> {
    const run = runOf(name);
    const update = plannedUpdate({ offsetMinutes: minutes });
    const reached = {
      ...ledger,
      table: {
        ...table,
        get: (key) => turn(() => table.get(key)),
        update: (key, write) => turn(() => table.update(key, write)),
      } satisfies typeof table,
    };
    await updateBatch(
      {
        dataActions: {
          list: action.list,
          read: (id) => turn(() => action.read(id)),
          replace: (id, body) => turn(() => action.replace(id, body)),
        },
        ids: new Map([['a', [ACTION_ID]]]),
        progress: ledgerProgress(reached, run, 0),
        breaker: {
          admits: async () => 'admitted',
          succeeded: async () => undefined,
          failed: async () => undefined,
          state: async () => ({ state: 'closed', failuresInARow: 0 }),
        },
        clock,
        random: () => 0,
        remainingMilliseconds: () => 900_000,
      },
      { name, updates: [update], dryRun: false },
    );
    await auditBatch({ ledger: reached, objects, mac }, run, [update]);
  }

  return {
    action,
    attempt,
    /** Is stopped after so many calls. */
    async killed(name: string, minutes: number, point: StopPoint): Promise<void> {
      await attempt(name, minutes, stopsAt(point)).catch((error: unknown) => {
        if (!(error instanceof Stopped)) throw error;
      });
    },
    async records() {
      const facts: Record<string, unknown>[] = [];
      for await (const { text: record } of readRecords(ledger, 'data-action-dates')) {
        const event = recordIn(record)?.event;
        facts.push({ run: event?.run?.split(':').at(-1), ...event?.facts });
      }
      return facts;
    },
    resultOf: async (name: string, minutes: number) =>
      resultOf(plannedUpdate({ offsetMinutes: minutes }), await readUpdate(ledger, runOf(name), 0)),
  };
}

/** An attempt's write: the calls before it are its state, a read, its intent (one read, two items) and another read. */
const WRITTEN: StopPoint = { call: 6, when: 'after' };

describe('ALL-12 ACT-07 the record of a change whose run was killed', () => {
  it('is made by the run that is started in its stead, which tells the change as what it is', async () => {
    const world = prepare();
    await world.killed('first', 60, WRITTEN);
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
    const world = prepare();
    await world.killed('first', 60, WRITTEN);

    await world.attempt('second', 90);

    expect(await world.records()).toMatchObject([
      { run: 'first', outcome: 'updated', recordedBy: 'second' },
      { run: 'second', outcome: 'updated', before: { computedValue: '2024-02-29T13:00:00.000Z' } },
    ]);
  });

  it('is not made where the write was not', async () => {
    const world = prepare();
    await world.killed('first', 60, { ...WRITTEN, when: 'before' });

    await world.attempt('second', 60);
    await world.attempt('third', 60);

    expect(await world.records()).toMatchObject([{ run: 'second', outcome: 'updated' }]);
    expect(await world.resultOf('third', 60)).toMatchObject({ outcome: 'inPlace' });
  });

  it('says that it is unclear where somebody else has written since', async () => {
    const world = prepare();
    await world.killed('first', 60, WRITTEN);
    await world.action.replace(ACTION_ID, world.action.text.replace('2024-02-29T13', '2024-02-29T14'));

    await world.attempt('second', 90);

    expect(await world.records()).toMatchObject([
      { run: 'first', outcome: 'unclear', after: { computedValue: '2024-02-29T14:00:00.000Z' } },
      { run: 'second', outcome: 'updated' },
    ]);
  });

  const point = fc.record({
    call: fc.nat({ max: 30 }),
    when: fc.constantFrom<StopPoint['when'][]>('before', 'after'),
  });
  const attempts = fc.array(fc.record({ run: fc.nat({ max: 3 }), point }), { maxLength: 8 });

  it.each([PLAIN, VERSIONED])(
    'is made once for each write, wherever runs are stopped, started anew and redriven',
    async (text) => {
      await fc.assert(
        fc.asyncProperty(attempts, async (stopped) => {
          const world = prepare(text);
          // Two runs of one value and two of others.
          const minutes = [60, 60, 90, 120];
          const of = (run: number) => [`run-${run}`, minutes[run] ?? 0] as const;
          for (const { run, point: at } of stopped) await world.killed(...of(run), at);
          // Runs that were stopped are redriven at last, the later ones first.
          for (const run of [...new Set(stopped.map(({ run: began }) => began))].toReversed())
            await world.attempt(...of(run));
          await world.attempt('last', 60);

          const records = await world.records();
          expect(records.map(({ outcome }) => outcome)).toEqual(world.action.sent.map(() => 'updated'));
          expect(records.map(({ computedValue }) => computedValue).toSorted()).toEqual(
            world.action.sent.map((body) => /"computedValue":"([^"]*)"/.exec(body)?.[1]).toSorted(),
          );
        }),
        { numRuns: 60 },
      );
    },
  );
});
