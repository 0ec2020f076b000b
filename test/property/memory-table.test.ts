import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change, type Clause, conditionalUpdate } from '../../lambdas/ledger/expressions.ts';
import { openLedger, type TestLedger } from '../support/ledger.ts';
import { memoryTable } from '../support/memory-table.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

const number = fc.constantFrom('n1', 'n2');
const word = fc.constantFrom('w1', 'w2');
const anyName = fc.oneof(number, word);
const small = fc.integer({ min: -2, max: 2 });
const set = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
  .map((elements) => new Set(elements));

const clause: fc.Arbitrary<Clause> = fc.oneof(
  fc.record({ attribute: anyName, is: fc.constantFrom('absent', 'present') }),
  fc.record({ attribute: number, is: fc.constantFrom('=', '<', '<=', '>', '>='), value: small }),
  fc.record({ attribute: word, is: fc.constantFrom('=', '<', '>='), value: fc.constantFrom('x', 'y') }),
);
const clauses = fc.array(
  fc.oneof(clause, fc.record({ any: fc.array(clause, { minLength: 1, maxLength: 3 }) })),
  { maxLength: 3 },
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ set: fc.dictionary(number, small, { minKeys: 1 }) }),
  fc.record({
    set: fc.dictionary(word, fc.constantFrom('x', 'y'), { minKeys: 1 }),
    remove: fc.constant(['n1']),
  }),
  fc.record({ setOnce: fc.dictionary(number, small, { minKeys: 1 }) }),
  fc.record({ add: fc.dictionary(number, small, { minKeys: 1 }) }),
  fc.record({ add: fc.dictionary(fc.constant('s1'), set, { minKeys: 1 }) }),
  fc.record({ take: fc.dictionary(fc.constant('s1'), set, { minKeys: 1 }) }),
);

describe('the ledger in memory', () => {
  it('ALL-03 writes what DynamoDB writes, and refuses what it refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(change, clauses), { minLength: 1, maxLength: 8 }),
        async (writes) => {
          const memory = memoryTable();
          const key = { pk: randomUUID(), sk: 'item' };
          const outcomes: unknown[] = [];
          const expected: unknown[] = [];

          for (const [changed, conditions] of writes) {
            const write = conditionalUpdate(changed, conditions);
            outcomes.push(await memory.update(key, write), await memory.get(key));
            expected.push(await ledger.table.update(key, write), await ledger.table.get(key));
          }

          expect(outcomes).toEqual(expected);
        },
      ),
      { numRuns: 80 },
    );
  });
});
