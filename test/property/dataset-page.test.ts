import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPage } from '../../lambdas/dataset/page.ts';
import { keysOf, pathOf } from '../../lambdas/model/source-path.ts';

const ROUNDS = 300;

describe('pages', () => {
  it('REP-09 are split into exactly the records that they were made of', () => {
    const spacing = fc.constantFrom(undefined, 1, '\t');
    const property = fc.property(fc.array(fc.json({ maxDepth: 6 })), spacing, (records, indent) => {
      const body = `{"data":[${records.join(',')}],"nextPageToken":null}`;
      const spaced = JSON.stringify(JSON.parse(body), undefined, indent);

      expect(readPage(body).records).toEqual(records);
      expect(readPage(spaced).records.map((record) => JSON.stringify(JSON.parse(record)))).toEqual(
        records.map((record) => JSON.stringify(JSON.parse(record))),
      );
    });

    fc.assert(property, { numRuns: ROUNDS });
  });

  it('ANA-05 are pages or a named error, whatever is received', () => {
    const property = fc.property(fc.uint8Array(), fc.json(), fc.nat(), (bytes, json, cut) => {
      for (const body of [bytes, json, `{"data":${json}}`, `{"data":[${json}]}`.slice(0, cut % 40)])
        try {
          expect(readPage(body).records.every((record) => !record.includes('\n'))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'PageMalformed' });
        }
    });

    fc.assert(property, { numRuns: ROUNDS });
  });
});

describe('paths', () => {
  it('REP-04 name any keys, those with dots and backslashes too', () => {
    const key = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', '\\', 'a') }));
    const property = fc.property(fc.array(key, { minLength: 1 }), (keys) => {
      expect(keysOf(pathOf(keys))).toEqual(keys);
    });

    fc.assert(property, { numRuns: ROUNDS });
  });
});
