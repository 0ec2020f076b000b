import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishWindow } from '../../lambdas/lake/publish.ts';
import { commitGeneration } from '../../lambdas/ledger/commits.ts';
import { type Marks, readMarks } from '../../lambdas/ledger/marks.ts';
import { claimWindow } from '../../lambdas/ledger/windows.ts';
import {
  type Day,
  daysBetween,
  endOf,
  isoInstant,
  lastSettledDay,
  plusDays,
} from '../../lambdas/model/days.ts';
import { DatasetId } from '../../lambdas/model/ids.ts';
import type { ListedWindow, PlanSettings } from '../../lambdas/model/payloads.ts';
import { planRun } from '../../lambdas/planning/plan.ts';
import { memoryCatalog } from '../support/memory-catalog.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { memoryTable } from '../support/memory-table.ts';
import {
  everybodyHasEnded,
  factsOf,
  generationOf,
  runCalled,
  windowLedger,
} from '../support/window-ledger.ts';

const DAY_MILLISECONDS = 86_400_000;

/** Reports of a tenant: one begins long before the first night, one with it, one is added later and begins early. */
const EARLY = DatasetId.parse('early');
const PLAIN = DatasetId.parse('plain');
const ADDED = DatasetId.parse('added');

/** A night: what its runs are asked for at once, which of their windows fail, and in which order the others end. */
const night = fc.record({
  runs: fc.array(
    fc.oneof(
      fc.constant({}),
      fc.record({
        earliest: fc.integer({ min: 1, max: 12 }),
        length: fc.integer({ min: 1, max: 6 }),
        refresh: fc.boolean(),
      }),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  failing: fc.integer({ min: 0, max: 4 }),
  order: fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
  hour: fc.nat(23),
});
type Night = typeof night extends fc.Arbitrary<infer Value> ? Value : never;

function world() {
  const { ledger, clock } = windowLedger(memoryTable());
  const objects = memoryObjectStore();
  const ports = { ledger, objects, catalog: memoryCatalog(), bucket: 'lake' };
  const first = lastSettledDay(clock.now(), 2 * 3_600_000);
  const starts = new Map<DatasetId, Day | undefined>([
    [EARLY, plusDays(first, -9)],
    [PLAIN, undefined],
  ]);
  const committed = new Map<DatasetId, Set<Day>>();
  const events = new Map<DatasetId, string>();
  let commits = 0;

  function settings(): PlanSettings {
    const datasets = [...starts].map(([dataset, startDate]) => ({
      dataset,
      ...(startDate === undefined ? {} : { startDate }),
    }));
    return {
      pipeline: 'report-sync',
      datasets,
      requiredColumns: [],
      settleMinutes: 120,
      catchUpDays: 5,
      restateDays: 2,
    };
  }

  /** What a child of a run does; the event time of a generation is of its day, and may be earlier than the one before. */
  async function load({ dataset, day, task }: ListedWindow, run: string, hour: number): Promise<void> {
    const claim = await claimWindow(ledger, { run: runCalled(run), dataset, day, task }, everybodyHasEnded);
    if (claim.outcome !== 'claimed') return;
    const window = { run: runCalled(run), epoch: claim.epoch, dataset, day };
    const maxEvent = `${day}T${String(hour).padStart(2, '0')}:00:00.000Z`;
    if (claim.task !== 'reassert') {
      commits += 1;
      const facts = factsOf(generationOf('0123456789abcdef'.charAt(commits % 16)), maxEvent);
      await objects.writeText(facts.manifestKey, '{}', 'application/json');
      await commitGeneration(ledger, window, facts);
      committed.set(dataset, (committed.get(dataset) ?? new Set()).add(day));
      events.set(dataset, [events.get(dataset) ?? '', maxEvent].toSorted().at(-1) ?? maxEvent);
    }
    await publishWindow(ports, window, starts.get(dataset));
  }

  return {
    ledger,
    clock,
    first,
    starts,
    committed,
    events,
    load,
    plan: (input: object, run: string) =>
      planRun({ ledger, objects }, { input, instant: clock.now() }, runCalled(run), settings()),
  };
}

/** The end of the days that are there without a hole, from the first on. */
function prefixOf(days: ReadonlySet<Day>, start: Day): string | undefined {
  let end = start;
  while (days.has(end)) end = plusDays(end, 1);
  return end === start ? undefined : isoInstant(endOf(plusDays(end, -1)));
}

function inputOf(asked: Night['runs'][number], last: Day): object {
  if (!('earliest' in asked)) return {};
  const from = plusDays(last, 1 - asked.earliest);
  const to = [plusDays(from, asked.length), plusDays(last, 1)].toSorted()[0];
  return { from, to, ...(asked.refresh ? { refresh: true } : {}) };
}

describe('the marks of several reports', () => {
  it('REP-01 REP-08 ALL-05 are right and never lowered, whatever runs are started at once, fail, back-fill and end in the wrong order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(night, { minLength: 1, maxLength: 4 }), fc.nat(4), async (nights, joins) => {
        const { ledger, clock, first, starts, committed, events, load, plan } = world();
        const seen = new Map<DatasetId, Marks>();
        for (const [index, { runs, failing, order, hour }] of nights.entries()) {
          if (index === joins) starts.set(ADDED, plusDays(first, -4));
          const last = lastSettledDay(clock.now(), 2 * 3_600_000);
          const lists: { window: ListedWindow; run: string }[] = [];
          for (const [number, asked] of runs.entries()) {
            const run = `night-${index}-${number}`;
            const { list } = await plan(inputOf(asked, last), run);
            lists.push(...list.map((window) => ({ window, run })));
          }
          const ending = lists
            .map((one, place) => ({ ...one, lot: order[place % order.length] ?? 0 }))
            .toSorted((left, right) => left.lot - right.lot)
            .slice(failing);

          for (const { window, run } of ending) {
            await load(window, run, hour);
            const before = seen.get(window.dataset) ?? {};
            const after = await readMarks(ledger, window.dataset);
            for (const mark of ['loadedThrough', 'maxEvent'] as const)
              expect((after[mark] ?? '') >= (before[mark] ?? ''), `${mark} of ${window.dataset}`).toBe(true);
            seen.set(window.dataset, after);
          }

          for (const [dataset, configured] of starts) {
            const marks = await readMarks(ledger, dataset);
            const days = committed.get(dataset) ?? new Set();
            const start = configured ?? marks.startDate ?? first;
            expect(marks.loadedThrough, `${dataset} in night ${index}`).toBe(prefixOf(days, start));
            expect(marks.maxEvent).toBe(events.get(dataset));
          }
          clock.set(clock.now() + DAY_MILLISECONDS);
        }
        // With no more failures every hole is filled, however long it takes.
        for (let later = 0; later < 8; later += 1) {
          for (const window of (await plan({}, `later-${later}`)).list)
            await load(window, `later-${later}`, 0);
          clock.set(clock.now() + DAY_MILLISECONDS);
        }
        const last = lastSettledDay(clock.now() - DAY_MILLISECONDS, 2 * 3_600_000);
        for (const [dataset, configured] of starts) {
          const marks = await readMarks(ledger, dataset);
          const due = daysBetween(configured ?? marks.startDate ?? first, plusDays(last, 1));
          expect(
            due.filter((day) => !committed.get(dataset)?.has(day)),
            `holes of ${dataset}`,
          ).toEqual([]);
          expect(marks.loadedThrough).toBe(isoInstant(endOf(last)));
        }
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});
