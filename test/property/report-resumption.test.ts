import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startOf } from '../../lambdas/model/days.ts';
import type { Table } from '../../lambdas/model/ports.ts';
import { type FakeReporting, fakeReporting, reportRow } from '../support/fake-reporting.ts';
import { memoryTable } from '../support/memory-table.ts';
import { readingUnderTest } from '../support/report-reading.ts';
import { MAY_15 } from '../support/window-ledger.ts';

const HOUR = 3_600_000;
const ROWS = Array.from({ length: 1_300 }, (_, index) =>
  reportRow(startOf(MAY_15) + Math.floor(index / 55) * HOUR, `row-${index}`),
);

class Stopped extends Error {}

/** Lets calls through until the n-th of them, which stops its machine once: before it has an effect, or after. */
function stopper(call: number, when: 'before' | 'after') {
  let calls = 0;
  return async <Result>(make: () => Promise<Result>): Promise<Result> => {
    const stops = calls === call;
    calls += 1;
    if (stops && when === 'before') throw new Stopped();
    const result = await make();
    if (stops) throw new Stopped();
    return result;
  };
}

function stoppingTable(pass: ReturnType<typeof stopper>): Table {
  const table = memoryTable();
  return {
    get: (key) => pass(() => table.get(key)),
    update: (key, update) => pass(() => table.update(key, update)),
    query: table.query,
  };
}

function stoppingServer(server: FakeReporting, pass: ReturnType<typeof stopper>): FakeReporting {
  const page = server.page;
  server.page = (request) => pass(() => page(request));
  return server;
}

describe('ALL-03 REP-02 a reading that stops at any call, once, before or after its effect', () => {
  it('is gone on with by the same run or by another, and holds every row once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.constantFrom('before', 'after'),
        fc.constantFrom('night', 'another'),
        fc.boolean(),
        async (call, when, successor, cut) => {
          const pass = stopper(call, when);
          const server = fakeReporting(ROWS, {
            cut: ({ number }) => (cut && number === 0 ? 700 : undefined),
          });
          const reading = readingUnderTest(stoppingTable(pass), stoppingServer(server, pass));
          const attempt = async (run: string) => {
            const claim = await reading.claim(run);
            return { claim, read: await reading.readToEnd(claim, { pages: 2 }) };
          };

          const { claim, read } = await attempt('night').catch((error: unknown) => {
            if (error instanceof Stopped) return attempt(successor);
            throw error;
          });

          expect(read.records).toBe(ROWS.length);
          expect(await reading.stored(claim, read.attempt)).toEqual(ROWS);
        },
      ),
      { numRuns: 80 },
    );
  });
});
