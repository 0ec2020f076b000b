import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReading } from '../../lambdas/ledger/readings.ts';
import { startOf } from '../../lambdas/model/days.ts';
import { isError } from '../../lambdas/model/errors.ts';
import { fakeReporting, type Query, reportRow, type ServerFaults } from '../support/fake-reporting.ts';
import { memoryTable } from '../support/memory-table.ts';
import { readingUnderTest } from '../support/report-reading.ts';
import { MAY_15 } from '../support/window-ledger.ts';

const HOUR = 3_600_000;

/** How many rows each hour of the day has: quiet hours, and hours of more than a page. */
const day = fc.array(
  fc.oneof({ weight: 6, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.integer({ min: 100, max: 700 }) }),
  { minLength: 24, maxLength: 24 },
);

function rowsOf(hours: readonly number[]): string[] {
  return hours.flatMap((count, hour) =>
    Array.from({ length: count }, (_, row) => reportRow(startOf(MAY_15) + hour * HOUR, `${hour}-${row}`)),
  );
}

/** Where the n-th query is cut, as a share of its rows; from 1 on it is not. */
const cuts = fc.array(fc.double({ min: 0, max: 1.6, noNaN: true }), { maxLength: 60 });
const totals = fc.constantFrom('right', 'missing', 'stale', 'growing', 'too high');

interface Situation {
  hours: number[];
  cuts: readonly number[];
  totals: 'right' | 'missing' | 'stale' | 'growing' | 'too high';
  staleness: number;
}

/**
 * A server that cuts queries at any row. Where its totals prove nothing, no two queries are cut at the same row: a query is cut
 * by time, and two answers that end alike have come to the end.
 */
function faultsOf({ hours, cuts, totals, staleness }: Situation): ServerFaults {
  const cutAt = new Set<number>();
  const all = hours.reduce((total, count) => total + count, 0);
  return {
    cut({ number, rows: { length }, offset }) {
      const share = cuts[number] ?? 1;
      let at = Math.floor(share * length);
      if (share >= 1 || at >= length) return undefined;
      while (totals !== 'right' && totals !== 'too high' && cutAt.has(offset + at)) at += 1;
      cutAt.add(offset + at);
      return at < length && offset + at < all ? at : undefined;
    },
    total(query, given) {
      return totalOf(totals, staleness, query, given);
    },
  };
}

function totalOf(kind: Situation['totals'], staleness: number, { rows: { length } }: Query, given: number) {
  switch (kind) {
    case 'right':
      return length;
    case 'missing':
      return undefined;
    case 'stale':
      return Math.max(0, length - 1 - staleness);
    case 'growing':
      return Math.min(length, given + staleness);
    case 'too high':
      return length + 1 + staleness;
  }
}

const situation = fc.record({ hours: day, cuts, totals, staleness: fc.nat(40) });

describe('REP-03 a report whose queries are cut anywhere, at any level of their splits', () => {
  it('is read whole, to the row, or fails by name', async () => {
    await fc.assert(
      fc.asyncProperty(situation, fc.integer({ min: 1, max: 8 }), async (given, pages) => {
        const rows = rowsOf(given.hours);
        const server = fakeReporting(rows, faultsOf(given));
        const reading = readingUnderTest(memoryTable(), server);
        const claim = await reading.claim();

        const outcome = await reading.readToEnd(claim, { pages }).catch((error: unknown) => error);

        if (isError(outcome, 'ReportTruncated')) {
          expect((await readReading(reading.ledger, claim))?.state).toBe('failed');
          return;
        }
        expect(outcome).toMatchObject({ outcome: 'read', attempt: 1, records: rows.length });
        expect(await reading.stored(claim, 1)).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });

  it('is read whole where nothing is cut, whatever the totals say, unless they say more than there is', async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (given) => {
        fc.pre(given.totals !== 'too high');
        const rows = rowsOf(given.hours);
        const server = fakeReporting(rows, faultsOf({ ...given, cuts: [] }));
        const reading = readingUnderTest(memoryTable(), server);
        const claim = await reading.claim();

        const outcome = await reading.readToEnd(claim);

        expect(outcome.records).toBe(rows.length);
        expect(await reading.stored(claim, 1)).toEqual(rows);
        expect((await readReading(reading.ledger, claim))?.cuts).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
