import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditWindow } from '../../lambdas/audit/window-commits.ts';
import type { Catalog } from '../../lambdas/lake/catalog.ts';
import { currentKey, generationPrefix } from '../../lambdas/lake/keys.ts';
import { publishWindow } from '../../lambdas/lake/publish.ts';
import { commitGeneration } from '../../lambdas/ledger/commits.ts';
import { fixStartDate } from '../../lambdas/ledger/marks.ts';
import { isSettled } from '../../lambdas/ledger/window-state.ts';
import { claimWindow, readWindow, type WindowLedger } from '../../lambdas/ledger/windows.ts';
import type { RunArn } from '../../lambdas/model/ids.ts';
import type { WindowTask } from '../../lambdas/model/payloads.ts';
import { knownWindows } from '../../lambdas/planning/plan.ts';
import { planWindows } from '../../lambdas/planning/windows.ts';
import { inTurn, interleave, type Machine, type StopPoint, Stopped } from '../support/interleaving.ts';
import { openLedger, type TestLedger } from '../support/ledger.ts';
import { memoryCatalog } from '../support/memory-catalog.ts';
import { memoryMac } from '../support/memory-mac.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import {
  CDR_DATASET,
  CDR_PLAN,
  claimed,
  everybodyHasEnded,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  windowLedger,
} from '../support/window-ledger.ts';

const DIGITS = ['a', 'b', 'c', 'd'];

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

async function prepare() {
  const { ledger, clock } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const catalog = memoryCatalog();
  const mac = memoryMac();
  for (const digit of DIGITS)
    await objects.writeText(factsOf(generationOf(digit)).manifestKey, '{}', 'application/json');
  await fixStartDate(ledger, CDR_DATASET, MAY_15);
  const world = { ledger, objects, catalog, bucket: 'lake' };

  /** What a child does from its claim on: its generation is made of that digit. Runs that have ended by AWS's word may still be at work. */
  async function commitWindow(
    machine: Machine,
    run: RunArn,
    task: WindowTask,
    digit: string,
    shownIn: Catalog = catalog,
  ) {
    const mine: WindowLedger = { ...ledger, table: inTurn(ledger.table, machine) };
    const claim = await claimWindow(
      mine,
      { run, dataset: CDR_DATASET, day: MAY_15, task },
      everybodyHasEnded,
    );
    if (claim.outcome !== 'claimed') return;
    const window = { run, epoch: claim.epoch, dataset: CDR_DATASET, day: MAY_15 };
    if (claim.task !== 'reassert')
      await commitGeneration(mine, window, factsOf(generationOf(digit)), {
        kind: claim.task === 'rollback' ? 'rollback' : 'commit',
      });
    await publishWindow(
      { ...world, ledger: mine, objects: inTurn(objects, machine), catalog: inTurn(shownIn, machine) },
      window,
    );
    const mineToo = { ledger: mine, objects: inTurn(objects, machine), mac };
    await auditWindow(mineToo, { ...window, pipeline: 'cdr-export' });
  }

  /** What the next night does about this window, when all functions of today are dead. */
  async function nextNight() {
    clock.set(clock.now() + 86_400_000);
    const plan = planWindows(
      { input: {}, instant: clock.now() },
      CDR_PLAN,
      await knownWindows(ledger, CDR_DATASET),
    );
    const planned = plan.windows.find(({ day }) => day === MAY_15);
    const alone: Machine = { turn: (call) => call() };
    if (planned) await commitWindow(alone, runCalled('next-night'), planned.task, 'd');
    return planned?.task;
  }

  /** The generation as each of the three shows it. */
  async function shown() {
    const state = await readWindow(ledger, CDR_DATASET, MAY_15);
    const text = await objects.readText(currentKey(ledger.tenant, CDR_DATASET, MAY_15));
    return {
      state,
      ledger: state.generation,
      catalog: DIGITS.map(generationOf).find(
        (generation) =>
          catalog.locations.get('cdr/2024-05-15') ===
          `s3://lake/${generationPrefix(ledger.tenant, CDR_DATASET, MAY_15, generation)}`,
      ),
      current: JSON.parse(text).generation,
    };
  }
  return { ledger, clock, catalog, commitWindow, nextNight, shown };
}

const stop: fc.Arbitrary<StopPoint | undefined> = fc.option(
  fc.record({ call: fc.nat(16), when: fc.constantFrom('before' as const, 'after' as const) }),
  { nil: undefined },
);
const child = fc.record({ task: fc.constantFrom<WindowTask>('export', 'refresh', 'reassert'), stop });

describe('committers of one window at once', () => {
  it('ALL-04 end with catalog and current.json on the ledger’s generation, in any interleaving and stopped anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(child, { minLength: 2, maxLength: 3 }),
        fc.array(fc.nat(5), { minLength: 10, maxLength: 80 }),
        fc.boolean(),
        async (children, choices, leftHalfWay) => {
          const { ledger, clock, commitWindow, nextNight, shown } = await prepare();
          if (leftHalfWay) {
            await commitGeneration(
              ledger,
              await claimed(ledger, runCalled('run-0')),
              factsOf(generationOf('d')),
            );
            clock.set(clock.now() + 86_400_000);
          }

          const ended = await interleave(
            children.map(
              ({ task }, index) =>
                (machine) =>
                  commitWindow(machine, runCalled(`run-${index}`), task, DIGITS[index] ?? 'c'),
            ),
            choices,
            children.map((each) => each.stop),
          );
          await nextNight();

          const names = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason.name] : []));
          const after = await shown();
          expect(names.every((name) => ['Stopped', 'ClaimLost', 'LedgerContended'].includes(name))).toBe(
            true,
          );
          expect([after.catalog, after.current]).toEqual([after.ledger, after.ledger]);
          expect(isSettled(after.state)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('OPS-07 never undo a rollback that came through, in any interleaving and stopped anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(child, { minLength: 1, maxLength: 2 }),
        stop,
        fc.array(fc.nat(5), { minLength: 10, maxLength: 80 }),
        async (children, stopsBack, choices) => {
          const { ledger, clock, commitWindow, nextNight, shown } = await prepare();
          await commitGeneration(
            ledger,
            await claimed(ledger, runCalled('run-0')),
            factsOf(generationOf('d')),
          );
          clock.set(clock.now() + 86_400_000);

          await interleave(
            [
              ...children.map(
                ({ task }, index) =>
                  (machine: Machine) =>
                    commitWindow(machine, runCalled(`run-${index + 1}`), task, DIGITS[index] ?? 'c'),
              ),
              (machine: Machine) => commitWindow(machine, runCalled('operator'), 'rollback', 'c'),
            ],
            choices,
            [...children.map((each) => each.stop), stopsBack],
          );
          const { state } = await shown().catch(async () => ({
            state: await readWindow(ledger, CDR_DATASET, MAY_15),
          }));
          const rolledBack = state.pinned;
          await nextNight();

          const after = await shown();
          if (rolledBack) expect(after.ledger).toBe(generationOf('c'));
          expect([after.catalog, after.current]).toEqual([after.ledger, after.ledger]);
          expect([after.state.pinned, isSettled(after.state)]).toEqual([rolledBack, true]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('ALL-04 who begins to publish a day after its commit may be overtaken, and is made good the night after', async () => {
    const { ledger, clock, catalog, commitWindow, nextNight, shown } = await prepare();
    await commitGeneration(ledger, await claimed(ledger, runCalled('old')), factsOf(generationOf('a')));
    clock.set(clock.now() + 86_400_000);
    let overtake: (() => void) | undefined;
    let reached: (() => void) | undefined;
    const overtaken = new Promise<void>((resolve) => {
      overtake = resolve;
    });
    const held = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const slow = {
      ...catalog,
      async point(...where: Parameters<typeof catalog.point>) {
        reached?.();
        await overtaken;
        await catalog.point(...where);
      },
    };
    const alone: Machine = { turn: (call) => call() };
    const first = commitWindow(alone, runCalled('old'), 'reassert', 'a', slow).catch(
      (error: unknown) => error,
    );
    await held;
    await commitWindow(alone, runCalled('new'), 'refresh', 'b');
    overtake?.();

    const lost = await first;
    const between = await shown();
    const task = await nextNight();

    expect([lost, between.catalog, between.ledger]).toMatchObject([
      { name: 'ClaimLost' },
      generationOf('a'),
      generationOf('b'),
    ]);
    expect([task, (await shown()).catalog]).toEqual(['reassert', generationOf('b')]);
  });

  it('ALL-03 are one run that is stopped anywhere and started again: one generation, seen through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stop, { minLength: 1, maxLength: 4 }), async (stops) => {
        const { ledger, commitWindow, shown } = await prepare();

        for (const each of [...stops, undefined])
          await interleave(
            [(machine) => commitWindow(machine, runCalled('night'), 'export', 'a')],
            [],
            [each],
          );

        const after = await shown();
        expect([after.ledger, after.catalog, after.current]).toEqual(Array(3).fill(generationOf('a')));
        expect(after.state).toMatchObject({ publishedBy: runCalled('night'), registrants: new Set() });
        expect((await knownWindows(ledger, CDR_DATASET)).unfinished.size).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a stopped machine', () => {
  it('stops where it is told to, and does nothing afterwards', async () => {
    const done: string[] = [];
    const work = async (machine: Machine) => {
      for (const name of ['first', 'second', 'third'])
        await machine.turn(async () => done.push(name)).catch(() => undefined);
      return machine.turn(async () => done.push('fourth'));
    };

    const ended = await interleave([work], [], [{ call: 1, when: 'after' }]);

    expect(done).toEqual(['first', 'second']);
    expect(ended).toMatchObject([{ status: 'rejected', reason: expect.any(Stopped) }]);
  });
});
