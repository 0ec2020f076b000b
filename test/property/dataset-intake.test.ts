import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvIntake } from '../../lambdas/dataset/csv-intake.ts';
import { JsonIntake } from '../../lambdas/dataset/json-intake.ts';
import type { PartIntake } from '../../lambdas/dataset/parts.ts';

/** What an intake makes of the bytes, cut into chunks of these lengths by turns. */
function taken(intake: PartIntake, bytes: Buffer, lengths: readonly number[]) {
  let written = '';
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const end = at + (lengths[turn % lengths.length] ?? bytes.length);
      written += intake.take(bytes.subarray(at, end)).toString('latin1');
      at = end;
    }
    written += intake.end().toString('latin1');
  } catch (error) {
    return { refused: error instanceof Error ? error.message : error };
  }
  const { columns, headerLines, lines, plain } = intake;
  return { written, columns, headerLines, lines, plain };
}

const field = fc.constantFrom('a', 'b,c', '"', '"q"', '"x\ny"', '"x\r\ny"', '\r', ' ', '', 'ü');
const record = fc.array(field, { minLength: 1, maxLength: 4 }).map((fields) => fields.join(','));
const csv = fc
  .record({
    mark: fc.constantFrom('', '\ufeff'),
    records: fc.array(record, { maxLength: 8 }),
    ends: fc.array(fc.constantFrom('\n', '\r\n', '\n\n'), { minLength: 1, maxLength: 4 }),
  })
  .map(({ mark, records, ends }) =>
    Buffer.from(mark + records.map((one, index) => one + (ends[index % ends.length] ?? '')).join('')),
  );
const json = fc
  .array(fc.dictionary(fc.constantFrom('a', 'b"', 'c\\', '__proto__'), fc.jsonValue({ maxDepth: 2 })), {
    maxLength: 5,
  })
  .map((records) => Buffer.from(JSON.stringify(records, undefined, 1)));
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('CDR-08 CDR-09 CDR-14 a part taken in as a stream', () => {
  it('is the same CSV however its bytes are cut into chunks', () => {
    fc.assert(
      fc.property(csv, cuts, (bytes, lengths) => {
        expect(taken(new CsvIntake(), bytes, lengths)).toEqual(
          taken(new CsvIntake(), bytes, [bytes.length + 1]),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is the same JSON however its bytes are cut into chunks', () => {
    fc.assert(
      fc.property(json, cuts, (bytes, lengths) => {
        expect(taken(new JsonIntake(), bytes, lengths)).toEqual(
          taken(new JsonIntake(), bytes, [bytes.length + 1]),
        );
      }),
      { numRuns: 300 },
    );
  });
});
