import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  kindOf,
  parseOrRefuse,
  parsePayload,
  problemSentence,
  problemsOf,
  Refusal,
} from '../../../lambdas/model/refusal.ts';
import { thrownBy } from '../../support/thrown.ts';

const Schema = z.strictObject({
  name: z.string().min(3).max(5),
  size: z.int().min(1).max(9),
  share: z.number().gt(0).lt(1),
  list: z.array(z.string()).min(1).max(2),
  colour: z.enum(['red', 'blue']),
  either: z.union([z.literal(7), z.literal('seven')]),
  nested: z.strictObject({ flag: z.boolean() }),
  form: z
    .discriminatedUnion('is', [z.object({ is: z.literal('a') }), z.object({ is: z.literal('b') })])
    .optional(),
  named: z.record(z.string().regex(/^[a-z]+$/, 'must be named in small letters'), z.string()).optional(),
});
const RIGHT = {
  name: 'abc',
  size: 1,
  share: 0.5,
  list: ['a'],
  colour: 'red',
  either: 7,
  nested: { flag: true },
};

function problems(changes: object): string[] {
  const value = { ...RIGHT, ...changes };
  const parsed = Schema.safeParse(value);
  return parsed.success ? [] : problemsOf(parsed.error, value).map(problemSentence);
}

describe('ALL-02 a problem', () => {
  it.each([
    [{ name: 'ab' }, 'name: found a string of 2 characters, must be at least 3 characters long'],
    [{ name: 'abcdef' }, 'name: found a string of 6 characters, must be at most 5 characters long'],
    [{ name: '' }, 'name: found an empty string, must be at least 3 characters long'],
    [{ size: 0 }, 'size: found a whole number, must be at least 1'],
    [{ size: 10 }, 'size: found a whole number, must be at most 9'],
    [{ size: 1.5 }, 'size: found a number, must be a whole number'],
    [{ share: 0 }, 'share: found a whole number, must be more than 0'],
    [{ share: 1 }, 'share: found a whole number, must be less than 1'],
    [{ list: [] }, 'list: found an array of 0, must be at least 1 entries'],
    [{ list: ['a', 2] }, 'list[1]: found a whole number, must be a string'],
    [{ list: {} }, 'list: found an object, must be an array'],
    [{ colour: 'green' }, 'colour: found a string of 5 characters, must be "red" or "blue"'],
    [{ colour: undefined }, 'colour: found nothing, must be "red" or "blue"'],
    [{ either: null }, 'either: found null, must be 7, or must be "seven"'],
    [{ form: { is: 'c' } }, 'form.is: found a string of 1 characters, must be "a" or "b"'],
    [{ form: {} }, 'form.is: found nothing, must be "a" or "b"'],
    [{ named: { A: 'x' } }, 'named.A: found a string of 1 characters, must be named in small letters'],
    [{ nested: { flag: 'yes' } }, 'nested.flag: found a string of 3 characters, must be a boolean'],
    [
      { nested: { flag: true, flog: 1 } },
      'nested.flog: found a whole number, this key is not known here: remove it or mend its spelling',
    ],
  ])('%j', (changes, expected) => {
    const told = problems(changes);

    expect(told).toEqual([expected]);
  });

  it('is told beside all the others', () => {
    const told = problems({ name: 1, size: 'x', list: [1, 2], extra: true, nested: null });

    expect(told.map((sentence) => sentence.split(':')[0])).toEqual([
      'name',
      'size',
      'list[0]',
      'list[1]',
      'nested',
      'extra',
    ]);
  });
});

describe('a refusal', () => {
  it('ALL-02 carries subject and problems, and no value', () => {
    const refuse = () =>
      parseOrRefuse(Schema, { ...RIGHT, name: 'hunter2hunter2', hunter: 'hunter2' }, 'The thing');

    expect(refuse).toThrow(Refusal);
    expect(refuse).toThrow(/^The thing is refused: 2 problems\. name: found a string of 14 characters/);
    expect(refuse).not.toThrow(/hunter2/);
  });

  it('ALL-10 of a payload is SettingsRefused, and of one problem one problem', async () => {
    const error = await thrownBy(() => parsePayload(z.string(), 5, 'The payload of plan'));

    expect([error.name, error.message]).toEqual([
      'SettingsRefused',
      'The payload of plan is refused: 1 problem. (whole): found a whole number, must be a string.',
    ]);
  });

  it('gives what is right, with its defaults', () => {
    const parsed = parseOrRefuse(z.object({ a: z.number().default(4) }), {}, 'The thing');

    expect(parsed).toEqual({ a: 4 });
  });
});

describe('the kind of a value', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [[1, 2, 3], 'an array of 3'],
    ['', 'an empty string'],
    ['abc', 'a string of 3 characters'],
    [3, 'a whole number'],
    [3.5, 'a number'],
    [Number.NaN, 'a number'],
    [true, 'a boolean'],
    [{ a: 1 }, 'an object'],
  ])('of %j is %s', (value, kind) => {
    const told = kindOf(value);

    expect(told).toBe(kind);
  });
});
