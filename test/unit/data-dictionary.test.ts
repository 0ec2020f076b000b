import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataDictionaryText } from '../../lib/data-dictionary.ts';
import { shippedMappings } from '../../lib/shipped-mappings.ts';

describe('docs/data-dictionary.md', () => {
  const text = readFileSync(new URL('../../docs/data-dictionary.md', import.meta.url), 'utf8');

  it('OPS-05 is what the mappings say (npm run dictionary writes it)', () => {
    expect(text).toBe(dataDictionaryText(shippedMappings()));
  });

  it('OPS-05 has an article for every mapping, with every column', () => {
    for (const { dataset, mapping } of shippedMappings()) {
      expect(text).toContain(`## ${dataset}\n`);
      for (const { column } of mapping.columns) expect(text).toContain(`| \`${column}\` |`);
    }
  });
});
