import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GenerationInput, generationId } from '../../lambdas/dataset/generation.ts';
import { Mapping } from '../../lambdas/model/mapping.ts';
import { CDR, DAY, sha256 } from '../support/window-transform.ts';

const input: fc.Arbitrary<GenerationInput> = fc.record({
  day: fc.constant(DAY),
  format: fc.constantFrom('csv', 'json'),
  mapping: fc.constant(CDR),
  key: fc.constantFrom(['call_id'], ['call_id', 'start_time']),
  outputs: fc.uniqueArray(fc.constantFrom('parquet', 'csv', 'jsonl'), { minLength: 1 }),
  thresholds: fc.record({
    rejects: fc.double({ min: 0, max: 1, noNaN: true }),
    outsideWindow: fc.constant(0.01),
  }),
  parts: fc
    .array(fc.string(), { maxLength: 5 })
    .map((texts) => texts.map((text, index) => ({ number: index + 1, sha256: sha256(text) }))),
});

/** The same value with the keys of every object in the opposite order. */
function reversedKeys<Value>(value: Value): Value {
  const reversed = JSON.stringify(value, (_, nested: unknown) =>
    typeof nested === 'object' && nested !== null && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).toReversed())
      : nested,
  );
  return JSON.parse(reversed);
}

describe('ALL-03 generation id', () => {
  it('ALL-03 depends on nothing but the content and the rules: not on the order of parts, outputs or keys', () => {
    const property = fc.property(input, (given) => {
      const rearranged = {
        ...given,
        parts: given.parts.toReversed(),
        outputs: given.outputs.toReversed(),
        mapping: reversedKeys(given.mapping),
      };

      expect(generationId(rearranged)).toBe(generationId(given));
      expect(generationId(given)).toMatch(/^[0-9a-f]{32}$/);
    });

    fc.assert(property);
  });

  it('ALL-03 changes with every part of the content and with every rule', () => {
    const property = fc.property(input, (given) => {
      const part = { number: given.parts.length + 1, sha256: sha256('one more') };
      const others: GenerationInput[] = [
        { ...given, parts: [...given.parts, part] },
        { ...given, parts: [{ ...part, number: 0 }, ...given.parts] },
        { ...given, format: given.format === 'csv' ? 'json' : 'csv' },
        { ...given, mapping: Mapping.parse({ ...given.mapping, version: 2 }) },
        { ...given, mapping: Mapping.parse({ ...given.mapping, nulls: ['', 'N/A'] }) },
        { ...given, key: [...given.key, 'end_time'] },
        { ...given, thresholds: { ...given.thresholds, outsideWindow: 0.02 } },
      ];

      const ids = new Set([given, ...others].map(generationId));

      expect(ids.size).toBe(given.parts.length === 0 ? others.length : others.length + 1);
    });

    fc.assert(property);
  });

  it('ALL-03 changes when two different parts change places', () => {
    const [first, second] = ['a', 'b'].map(sha256);
    const given = (one = '', two = '') => ({
      day: DAY,
      format: 'csv' as const,
      mapping: CDR,
      key: ['call_id'],
      outputs: ['parquet' as const],
      thresholds: { rejects: 0, outsideWindow: 0 },
      parts: [
        { number: 1, sha256: one },
        { number: 2, sha256: two },
      ],
    });

    expect(generationId(given(first, second))).not.toBe(generationId(given(second, first)));
  });
});
