import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, type ErrorName } from '../../lambdas/model/error-catalogue.ts';
import { CataloguedError, catalogued, type ErrorFacts, factIn, isError } from '../../lambdas/model/errors.ts';

const names = Object.keys(CATALOGUE).filter((name): name is ErrorName => Object.hasOwn(CATALOGUE, name));
const factName = fc.stringMatching(/^[a-z][A-Za-z]{0,11}$/);
/** Values as our facts have them: ids, instants, counts. */
const plain = fc.oneof(fc.stringMatching(/^[^\s[\]]{1,30}$/), fc.integer(), fc.boolean());
const facts: fc.Arbitrary<ErrorFacts> = fc.dictionary(factName, plain, { maxKeys: 6 });
/** Sentences, some with brackets of their own. */
const sentence = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom('CXone says: [retryAt=never] no.', 'a [b] c'),
);

describe('the facts of an error', () => {
  it('ALL-10 are read from its message as they were given, whatever the sentence', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), sentence, facts, (name, words, given) => {
        const error = catalogued(name, words, given);

        for (const [fact, value] of Object.entries(given))
          expect(factIn(error.message, fact)).toBe(String(value));
        expect(error.facts).toEqual(given);
      }),
    );
  });

  it('ALL-10 that were not given are not found beside those that were', () => {
    fc.assert(
      fc.property(sentence, facts, factName, (words, given, other) => {
        fc.pre(Object.keys(given).length > 0 && !(other in given));

        const error = catalogued('Throttled', words, given);

        expect(factIn(error.message, other)).toBeUndefined();
      }),
    );
  });

  it('ALL-10 that are undefined or empty are left out, and blanks do not end a value', () => {
    const error = catalogued('ExportFailed', 'It failed.', {
      job: 'a b',
      code: '',
      attempt: undefined,
      ended: 'x]y',
    });

    expect(error.message).toBe('It failed. [job=a_b ended=x_y]');
  });

  it('ALL-10 leave a message without facts as it is', () => {
    const messages = [
      catalogued('NotFound', 'Nothing.').message,
      catalogued('NotFound', 'Nothing.', {}).message,
    ];

    expect(messages).toEqual(['Nothing.', 'Nothing.']);
  });
});

describe('an error of the catalogue', () => {
  it('ALL-10 has its name as Step Functions sees it, its cause and its entry', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), (name) => {
        const cause = new Error('cause');

        const error = catalogued(name, 'Words.', {}, cause);

        expect([error.name, error.cause, error.entry, error instanceof Error]).toEqual([
          name,
          cause,
          CATALOGUE[name],
          true,
        ]);
        expect(`${error}`).toBe(`${name}: Words.`);
      }),
    );
  });

  it('ALL-10 is told from others by its name, and from errors that only have that name', () => {
    const impostor = Object.assign(new Error('x'), { name: 'Throttled' });

    const told = [
      catalogued('Throttled', 'x'),
      new CataloguedError('NotFound', 'x'),
      impostor,
      'Throttled',
    ].map((error) => isError(error, 'Throttled'));

    expect(told).toEqual([true, false, false, false]);
  });
});
