import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storeJob } from '../../lambdas/ledger/jobs.ts';
import { notePoll } from '../../lambdas/ledger/polls.ts';
import { readRange, storeExportIntent } from '../../lambdas/ledger/ranges.ts';
import type { WindowLedger } from '../../lambdas/ledger/windows.ts';
import { catalogued } from '../../lambdas/model/errors.ts';
import { JobId } from '../../lambdas/model/ids.ts';
import { ANALYTICS_DATASET } from '../../lambdas/model/payloads.ts';
import type { ObjectStore, Table } from '../../lambdas/model/ports.ts';
import type { ClaimedRange } from '../../lambdas/model/range-payloads.ts';
import { daysOf } from '../../lambdas/model/ranges.ts';
import { fetchPages } from '../../lambdas/paged-export/fetch.ts';
import { fakeAnalytics, pageOf } from '../support/fake-analytics.ts';
import { inTurn, interleave, type Machine, Stopped } from '../support/interleaving.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { memoryTable } from '../support/memory-table.ts';
import { claimedRange, partsOfDay, THREE_DAYS } from '../support/range-ledger.ts';
import { runCalled, windowLedger } from '../support/window-ledger.ts';

const RUN = runCalled('night');
const ATTEMPT = 7;

class Killed extends Error {}

/** Effects that fail: the n-th from the beginning, before it is done or after. */
interface Fault {
  after: number;
  when: 'before' | 'after';
}

/** A world in which the n-th effect kills whoever makes it. Each fault strikes once. */
function mortal(faults: Fault[]) {
  let effects = 0;
  return async <Result>(effect: () => Promise<Result>): Promise<Result> => {
    effects += 1;
    const fault = faults[0]?.after === effects ? faults.shift() : undefined;
    if (fault) effects = 0;
    if (fault?.when === 'before') throw new Killed();
    const result = await effect();
    if (fault) throw new Killed();
    return result;
  };
}

function mortalTable(table: Table, live: ReturnType<typeof mortal>): Table {
  return { ...table, update: (key, update) => live(() => table.update(key, update)) };
}

function mortalStore(objects: ObjectStore, live: ReturnType<typeof mortal>): ObjectStore {
  return { ...objects, writeStream: (key, body, type) => live(() => objects.writeStream(key, body, type)) };
}

async function submitted(ledger: WindowLedger): Promise<ClaimedRange> {
  const claim = await claimedRange(ledger, RUN);
  const state = await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS);
  await storeExportIntent(ledger, claim, state, { attempt: ATTEMPT, jobKey: 'key' });
  await storeJob(ledger, claim, { jobId: JobId.parse('export-1'), jobKey: 'key', nextPollAt: 0 });
  await notePoll(ledger, claim, ATTEMPT, { jobState: 'completed' });
  return claim;
}

/** Records on the days of the range, in the order drawn, each with an id of its own. */
function recordsOf(places: readonly number[]): string[] {
  return places.map((place, index) => {
    const at = new Date(
      Date.parse('2024-05-13T00:00:00.000Z') + (place % 3) * 86_400_000 + index,
    ).toISOString();
    return `{"id":"${index}","startTime":"${at}","n":9007199254740993.${index}0}`;
  });
}

/** Everything that the noted parts of the range's days hold, by day. */
async function storedByDay(
  ledger: WindowLedger,
  claim: ClaimedRange,
  objects: ReturnType<typeof memoryObjectStore>,
) {
  const days = await Promise.all(
    daysOf(THREE_DAYS).map(async (day) => {
      const parts = await partsOfDay(ledger, claim, day, ATTEMPT);
      const lines = parts.flatMap(({ key, records }) => {
        const text = gunzipSync(objects.objects.get(key) ?? Buffer.alloc(0)).toString('utf8');
        const found = text.split('\n').filter((line) => line !== '');
        expect(found).toHaveLength(records ?? -1);
        return found;
      });
      return [day, lines] as const;
    }),
  );
  return new Map(days);
}

const fault = fc.record<Fault>({
  after: fc.integer({ min: 1, max: 14 }),
  when: fc.constantFrom('before', 'after'),
});

describe('ANA-05 the pages of an export', () => {
  it('ANA-05 leave every record once, on its day, whatever stops the functions and how often', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fault, { maxLength: 6 }),
        fc.array(fc.constantFrom('connection', 'throttle', 'time', 'none'), { maxLength: 30 }),
        async (places, pageSize, faults, troubles) => {
          const { ledger: safe } = windowLedger(memoryTable());
          const objects = memoryObjectStore();
          const first = await submitted(safe);
          const live = mortal([...faults]);
          const ledger = { ...safe, table: mortalTable(safe.table, live) };
          const records = recordsOf(places);
          const left = [...troubles];
          let remaining = 900_000;
          const analytics = fakeAnalytics({
            page(cursor) {
              const trouble = left.shift();
              if (trouble === 'connection') return catalogued('ConnectionLost', 'It broke.');
              if (trouble === 'throttle') return catalogued('Throttled', 'Not now.');
              remaining = trouble === 'time' ? 1_000 : 900_000;
              const from = Number(cursor === '' ? 0 : cursor);
              const to = from + pageSize;
              return pageOf(records.slice(from, to), to < records.length ? String(to) : null);
            },
          });
          const ports = {
            ledger,
            objects: mortalStore(objects, live),
            analytics,
            remainingMilliseconds: () => remaining,
          };
          const request = { attempt: ATTEMPT, pageSize, instantPaths: ['startTime'] };

          let claim = first;
          for (let call = 0, more = true; more; call += 1) {
            expect(call).toBeLessThan(200);
            remaining = 900_000;
            const progress = await fetchPages(ports, claim, request).catch((error: unknown) => error);
            more = !(
              typeof progress === 'object' &&
              progress !== null &&
              'more' in progress &&
              progress.more === false
            );
            // A function that died is called again under the same claim; now and then a redrive claims anew.
            if (progress instanceof Killed && call % 2 === 0) claim = await claimedRange(safe, RUN);
          }

          const stored = await storedByDay(safe, claim, objects);
          for (const [day, lines] of stored)
            expect(lines.toSorted()).toEqual(
              records.filter((record) => record.includes(`"${day}T`)).toSorted(),
            );
          const state = await readRange(safe, ANALYTICS_DATASET, THREE_DAYS);
          expect([state.records, state.pages, state.lastPage]).toEqual([
            records.length,
            Math.max(1, Math.ceil(records.length / pageSize)),
            true,
          ]);
          expect(state.loadedAt).toBeDefined();
        },
      ),
      { numRuns: 150 },
    );
  });

  it('ANA-05 leave every record once where two functions of one claim store them at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.nat(3), { minLength: 5, maxLength: 60 }),
        fc.option(fc.record({ call: fc.nat(30), when: fc.constantFrom('before', 'after') }), {
          nil: undefined,
        }),
        async (places, pageSize, choices, stop) => {
          const { ledger } = windowLedger(memoryTable());
          const objects = memoryObjectStore();
          const claim = await submitted(ledger);
          const records = recordsOf(places);
          const analytics = fakeAnalytics({
            page(cursor) {
              const from = Number(cursor === '' ? 0 : cursor);
              const to = from + pageSize;
              return pageOf(records.slice(from, to), to < records.length ? String(to) : null);
            },
          });
          const request = { attempt: ATTEMPT, pageSize, instantPaths: ['startTime'] };
          // A retry that comes while the call before it is still at work, under the same claim; either may be stopped.
          const fetching = (machine: Machine) =>
            fetchPages(
              {
                ledger: { ...ledger, table: inTurn(ledger.table, machine) },
                objects: inTurn(objects, machine),
                analytics,
                remainingMilliseconds: () => 900_000,
              },
              claim,
              request,
            );

          const ended = await interleave([fetching, fetching], choices, [stop]);

          const unstopped = ended.filter(
            (one) => !(one.status === 'rejected' && one.reason instanceof Stopped),
          );
          expect(unstopped.filter(({ status }) => status === 'rejected')).toEqual([]);
          const stored = await storedByDay(ledger, claim, objects);
          for (const [day, lines] of stored)
            expect(lines.toSorted()).toEqual(
              records.filter((record) => record.includes(`"${day}T`)).toSorted(),
            );
          const state = await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS);
          expect([state.records, state.pages]).toEqual([
            records.length,
            Math.ceil(records.length / pageSize),
          ]);
        },
      ),
      { numRuns: 80 },
    );
  });
});
