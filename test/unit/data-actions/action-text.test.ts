import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dateProcessingFields,
  dateProcessingText,
  firstDifference,
  holds,
  withFields,
} from '../../../lambdas/data-actions/action-text.ts';
import { actionText } from '../../../local/cxone/data/action-text.ts';
import { restOf } from '../../support/action-night.ts';
import { thrownBy } from '../../support/thrown.ts';

const WANTED = {
  set: { computedValue: '2024-02-29T17:30:00.000Z', timezone: 'America/New_York', precision: 3 },
  remove: ['localValue'],
};

describe('ACT-05 the text of a data action', () => {
  it('keeps every byte but those of dateProcessing', () => {
    for (let number = 1; number <= 50; number++) {
      const text = actionText('seed', number, { versioned: number % 2 === 1, twin: false });

      const changed = withFields(text, WANTED);

      expect(holds(changed, WANTED)).toBe(true);
      expect(restOf(changed)).toBe(restOf(text));
      expect(withFields(changed, WANTED)).toBe(changed);
    }
  });

  it('keeps what it does not know of dateProcessing, and numbers of any length in it', () => {
    const text =
      '{"id":"a","configuration":{"dateProcessing":{"localValue":"x","big":12345678901234567890,"one":1.0}}}';

    const changed = withFields(text, { set: { precision: 0 }, remove: ['localValue'] });

    expect(dateProcessingText(changed)).toBe('{"big":12345678901234567890,"one":1.0,"precision": 0}');
  });

  it.each([
    ['null', '{"configuration":{"dateProcessing":null,"z":1}}'],
    ['a list', '{"configuration":{"dateProcessing":[1],"z":1}}'],
    ['absent', '{"configuration":{"z":1}}'],
    ['absent from nothing', '{"configuration":{}}'],
  ])('takes the place of a dateProcessing that is %s', (_, text) => {
    const changed = withFields(text, WANTED);

    expect(dateProcessingFields(changed)).toEqual(WANTED.set);
    expect(JSON.parse(changed).configuration.z).toEqual(JSON.parse(text).configuration.z);
  });

  it('is unreadable where dateProcessing, or a field of it, is there twice', async () => {
    const twice = '{"configuration":{"dateProcessing":{"precision":1,"precision":2}}}';
    const both = '{"configuration":{"dateProcessing":{},"dateProcessing":{"precision":2}}}';

    const errors = [
      await thrownBy(() => withFields(twice, WANTED)),
      await thrownBy(() => withFields(both, WANTED)),
      await thrownBy(() => withFields('[1]', WANTED)),
      await thrownBy(() => withFields('{"configuration":{}} // no', WANTED)),
    ];

    expect(errors.map(({ name }) => name)).toEqual(Array(4).fill('ActionUnreadable'));
  });
});

describe('ACT-05 two texts', () => {
  it.each([
    ['order', '{"a":1,"b":{"c":[1,2]}}', '{ "b": {"c":[1, 2]}, "a": 1 }', undefined],
    ['spelling of numbers', '{"a":1.0,"b":100,"c":0}', '{"a":1,"b":1e2,"c":-0.0}', undefined],
    ['spelling of texts', '{"a":"http:\\/\\/x\\u002ey"}', '{"a":"http://x.y"}', undefined],
    ['a digit far behind', '{"a":12345678901234567890}', '{"a":12345678901234567891}', 'a'],
    ['a decimal far behind', '{"a":0.12345678901234567890}', '{"a":0.12345678901234567891}', 'a'],
    ['a sign', '{"a":1}', '{"a":-1}', 'a'],
    ['a kind', '{"a":1}', '{"a":"1"}', 'a'],
    ['a kind of nothing', '{"a":null}', '{"a":false}', 'a'],
    ['an empty list for an empty object', '{"a":[]}', '{"a":{}}', 'a'],
    ['a field more', '{"a":1}', '{"a":1,"b":2}', '(whole)'],
    ['another field', '{"x":{"a":1}}', '{"x":{"b":1}}', 'x'],
    ['the order of a list', '{"a":[{"b":1},{"b":2}]}', '{"a":[{"b":2},{"b":1}]}', 'a.0.b'],
    ['a prototype', '{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}', '__proto__.a'],
  ])('that differ in %s: %s and %s', (_, left, right, path) => {
    expect(firstDifference(left, right)).toBe(path);
  });

  it('are the same exactly where their values are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (one, two) => {
          const texts = [JSON.stringify(one), JSON.stringify(two)] as const;
          const same = sorted(one) === sorted(two);

          expect(firstDifference(texts[0], texts[0])).toBeUndefined();
          expect(firstDifference(...texts) === undefined).toBe(same);
        },
      ),
    );
  });
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : held,
  );
}
