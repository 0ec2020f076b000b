import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../../lambdas/model/errors.ts';
import { lakeRows, quarantine, TEXTS, transform } from '../support/window-transform.ts';

const AT = '2024-05-15T00:00:00Z';

/** Pieces from which parts are put together that no exporter should write. */
const piece = fc.constantFrom(
  'a',
  'b',
  ',',
  ',,',
  '"',
  '""',
  ' ',
  '\n',
  '\n',
  '\r',
  '\r\n',
  'é',
  '\xff',
  '\\',
  "'",
  '\0',
  `1,${AT},x\n`,
  `2,${AT},"m\nn"\n`,
  `3,${AT},\n`,
  `,${AT},`,
);

describe('CDR-13 parts of any bytes', () => {
  it('CDR-13 accounts for every record of a part, or calls the part malformed: a row is never lost nor made', async () => {
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
      const text = `Id,At,Note\n${pieces.join('')}`;
      const bytes = Buffer.from(text, text.includes('\xff') ? 'latin1' : 'utf8');

      const outcome = await transform([bytes], { mapping: TEXTS, key: ['id', 'at'] }).catch(
        (error: unknown) => ({ error }),
      );

      if ('error' in outcome) expect(isError(outcome.error, 'PartMalformed')).toBe(true);
      else {
        const { parsed, rowsOut, duplicates, superseded, rejects } = outcome.result.counts;
        expect(rowsOut + duplicates + superseded + rejects).toBe(parsed);
        expect(quarantine(outcome.store, 'rejects')).toHaveLength(rejects);
        expect(await lakeRows(outcome)).toHaveLength(rowsOut);
        expect(parsed).toBeGreaterThanOrEqual(recordsBeforeQuotes(text));
      }
    });

    await fc.assert(property, { numRuns: 40 });
  });
});

/** Records that end before the first quote, whatever that one does: as many there are at least. */
function recordsBeforeQuotes(text: string): number {
  const lines = (text.split('"')[0] ?? '').split('\n');
  return lines.slice(1, -1).filter((line) => line.replaceAll('\r', '') !== '').length;
}
