import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageInPlace, readPage } from '../../lambdas/dataset/page.ts';
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

describe('pages in place', () => {
  const damage = fc.tuple(
    fc.nat({ max: 200 }),
    fc.constantFrom('', '"', '\\', '{', '}', '[', ',', ':', ' ', '\n', '\u0001', '0'),
  );

  it('ANA-05 are JSON where JSON.parse takes them, and are not where it does not', () => {
    const property = fc.property(
      fc.array(fc.json({ maxDepth: 4 }), { maxLength: 4 }),
      damage,
      (records, [at, text]) => {
        const whole = `{"data": [${records.join(' ,\t')}] , "nextPageToken":null}`;
        const body = `${whole.slice(0, at)}${text}${whole.slice(at + 1)}`;
        const isJson = isJsonText(body);

        const failure = failureOf(() => readPage(body));

        expect([body, failure?.includes('it is not JSON') ?? false]).toEqual([body, !isJson]);
      },
    );

    fc.assert(property, { numRuns: 2_000 });
  });

  it('ANA-01 note the last value of each wanted key of a record, however the key is written', () => {
    const key = fc.constantFrom('at', 'a"t', '\u00e9', 'other');
    const member = fc.tuple(key, fc.boolean(), fc.json({ maxDepth: 2 }));
    const property = fc.property(
      fc.array(fc.array(member, { maxLength: 6 }), { maxLength: 4 }),
      (records) => {
        const texts = records.map(
          (members) =>
            `{${members.map(([name, escaped, value]) => `${spelled(name, escaped)} : ${value}`).join(',')}}`,
        );
        const wanted = ['at', '\u00e9', 'a"t'];

        const { body, noted, bounds } = pageInPlace(Buffer.from(`{"data":[${texts.join(',')}]}`), wanted);

        const found = texts.map((_, record) =>
          wanted.map((_, index) => {
            const place = 2 * (record * wanted.length + index);
            const [from = -1, to = -1] = noted.slice(place, place + 2);
            return from < 0 ? undefined : body.toString('utf8', from, to);
          }),
        );
        expect(found).toEqual(
          records.map((members) => wanted.map((name) => members.findLast(([known]) => known === name)?.[2])),
        );
        expect(
          texts.map((_, record) => body.toString('utf8', bounds[2 * record], bounds[2 * record + 1])),
        ).toEqual(texts);
      },
    );

    fc.assert(property, { numRuns: ROUNDS });
  });
});

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function failureOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

/** A key as JSON has it, or with all of its characters escaped. */
function spelled(key: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(key);
  return `"${Array.from(key, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

describe('paths', () => {
  it('REP-04 name any keys, those with dots and backslashes too', () => {
    const key = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', '\\', 'a') }));
    const property = fc.property(fc.array(key, { minLength: 1 }), (keys) => {
      expect(keysOf(pathOf(keys))).toEqual(keys);
    });

    fc.assert(property, { numRuns: ROUNDS });
  });
});
