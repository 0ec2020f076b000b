import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layout, ROW_BYTES, type RowKind, sorted } from '../support/sorted-rows.ts';

const ONE_DRAFT: Layout = { drafts: 1, draft: '0', order: 'i', milliseconds: 0 };
const ONE_SLICE = Number.POSITIVE_INFINITY;
const HOUR = 3_600_000_000;

const instant = fc.constantFrom(
  '0',
  '(hash(i, 9) % 3) * 1000',
  `i * ${HOUR} / 1000`,
  `hash(i, 9) % ${24 * HOUR}`,
  `CASE WHEN i % 10 = 0 THEN hash(i, 9) % ${24 * HOUR} ELSE ${HOUR} END`,
  `-i * 1000`,
);
const share = fc.constantFrom(0, 2, 40);
const kind: fc.Arbitrary<RowKind> = fc.record({
  rows: fc.oneof(fc.constantFrom(0, 1, 2, 2_048), fc.integer({ min: 3, max: 9_000 })),
  instant,
  twice: share,
  reject: share,
  nullInstant: share,
});
const layout: fc.Arbitrary<Layout> = fc.record({
  drafts: fc.integer({ min: 1, max: 6 }),
  draft: fc.constantFrom('i', 'i // 1000', 'hash(i, 6)', 'CASE WHEN i % 50 = 0 THEN 1 ELSE 0 END'),
  order: fc.constantFrom('i', 'i DESC', 'hash(i, 7)'),
  milliseconds: fc.constantFrom(0, 1, 2),
});

describe('ALL-17 sorting in slices', () => {
  it('ALL-17 writes the bytes of a single sort, whatever the rows, the drafts and the slices', async () => {
    const property = fc.asyncProperty(
      kind,
      layout,
      fc.integer({ min: 100, max: 4_000 }),
      async (rows, spread, sliceRows) => {
        const atOnce = await sorted(rows, ONE_DRAFT, ONE_SLICE);
        const inSlices = await sorted(rows, spread, sliceRows * ROW_BYTES);

        expect({ ...inSlices, slices: 0 }).toEqual({ ...atOnce, slices: 0 });
      },
    );

    await fc.assert(property, { numRuns: 12 });
  });

  it('ALL-17 keeps the row groups of a single sort', async () => {
    const rows: RowKind = {
      rows: 100_000,
      instant: `hash(i, 9) % ${24 * HOUR}`,
      twice: 0,
      reject: 0,
      nullInstant: 0,
    };
    const spread: Layout = { drafts: 4, draft: 'i // 1000', order: 'i', milliseconds: 0 };

    const atOnce = await sorted(rows, ONE_DRAFT, ONE_SLICE);
    const inSlices = await sorted(rows, spread, 30_000 * ROW_BYTES);

    expect([atOnce.slices, inSlices.slices]).toEqual([0, 4]);
    expect(inSlices.rowGroups).toEqual([40_960, 40_960, 18_080]);
    expect(inSlices.digest).toBe(atOnce.digest);
  });

  it('ALL-17 has slices at most, and one only where no row is drawn', async () => {
    const rows: RowKind = { rows: 20_000, instant: 'i', twice: 0, reject: 0, nullInstant: 0 };

    const many = await sorted(rows, ONE_DRAFT, 10 * ROW_BYTES);
    const none = await sorted({ ...rows, rows: 0 }, ONE_DRAFT, 1);

    expect([many.slices, many.rows]).toEqual([64, 20_000]);
    expect([none.slices, none.rows]).toEqual([0, 0]);
  });
});
