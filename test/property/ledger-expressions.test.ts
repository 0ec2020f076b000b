import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clause, conditionalUpdate } from '../../lambdas/ledger/expressions.ts';
import type { Item } from '../../lambdas/model/ports.ts';
import { openLedger, type TestLedger } from '../support/ledger.ts';

let test: TestLedger;
let items = 0;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

/** Names that DynamoDB reserves, and such as no expression could hold unbound. */
const attribute = fc.constantFrom('name', 'status', 'a.b', 'count', 'größe', ':v0', '#n0', 'size');
const held = fc.oneof(fc.integer(), fc.string({ maxLength: 5 }), fc.boolean());
const record = fc.dictionary(attribute, held, { maxKeys: 4 });
const clause: fc.Arbitrary<Clause> = fc.oneof(
  fc.record({ attribute, is: fc.constantFrom('absent' as const, 'present' as const) }),
  fc.record({
    attribute,
    is: fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
    value: held,
  }),
);

function holds(item: Item, tested: Clause): boolean {
  if ('any' in tested) return tested.any.some((inner) => holds(item, inner));
  const found = item[tested.attribute];
  if (tested.is === 'absent' || tested.is === 'present')
    return (found === undefined) === (tested.is === 'absent');
  const value: unknown = 'value' in tested ? tested.value : undefined;
  if (tested.is === '=') return found === value;
  if (typeof found !== typeof value || typeof value === 'boolean') return false;
  const order =
    typeof found === 'number'
      ? found - Number(value)
      : Buffer.compare(Buffer.from(String(found)), Buffer.from(String(value)));
  return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[tested.is];
}

/** DynamoDB takes no order of booleans. */
const orderly = (tested: Clause): boolean =>
  'any' in tested || !('value' in tested) || typeof tested.value !== 'boolean' || tested.is === '=';

describe('a conditional update', () => {
  it('ALL-03 writes what it is told, exactly when all clauses hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        record,
        record,
        record,
        fc.uniqueArray(attribute, { maxLength: 2 }),
        fc.array(fc.oneof(clause, fc.record({ any: fc.array(clause, { minLength: 1, maxLength: 3 }) })), {
          maxLength: 3,
        }),
        async (before, set, once, removed, clauses) => {
          items += 1;
          const key = { pk: 'expressions', sk: String(items) };
          const flat = clauses.flatMap((tested) => ('any' in tested ? tested.any : [tested]));
          fc.pre(flat.every(orderly));
          await test.table.update(key, conditionalUpdate({ set: { ...before, kept: 1 } }));
          const setOnce = Object.fromEntries(Object.entries(once).filter(([name]) => !(name in set)));
          const remove = removed.filter((name) => !(name in set) && !(name in setOnce));

          const written = await test.table.update(
            key,
            conditionalUpdate({ set: { ...set, touched: 1 }, setOnce, remove }, clauses),
          );

          const after: Item = { ...key, kept: 1, ...setOnce, ...before, ...set, touched: 1 };
          for (const name of remove) delete after[name];
          const expected = clauses.every((tested) => holds(before, tested)) ? after : 'conditionFailed';
          expect(written).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('ALL-03 adds numbers, unites and divides sets, and leaves what is undefined', async () => {
    const key = { pk: 'expressions', sk: 'sets' };
    await test.table.update(
      key,
      conditionalUpdate({ set: { a: 1 }, add: { count: 2, names: new Set(['x', 'y']) } }),
    );

    const written = await test.table.update(
      key,
      conditionalUpdate({ set: { a: undefined }, add: { count: 3 }, take: { names: new Set(['x']) } }),
    );

    expect(written).toEqual({ ...key, a: 1, count: 5, names: new Set(['y']) });
  });

  it('ALL-03 binds the same name once and binds no value where there is none', () => {
    const update = conditionalUpdate({ remove: ['a'] }, [{ attribute: 'a', is: 'present' }]);

    expect(update).toEqual({
      update: 'REMOVE #n0',
      condition: 'attribute_exists(#n0)',
      names: { '#n0': 'a' },
    });
  });
});
