import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pathTree } from '../../../lambdas/dataset/record-paths.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';

const FOLDER = fileURLToPath(new URL('../../../config/mappings/', import.meta.url));
const FILES = readdirSync(FOLDER);

describe('REP-05 the mapping files', () => {
  it.each(FILES)('REP-05 %s is a mapping of that name and version, every column described', (file) => {
    const mapping = Mapping.parse(JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')));

    expect(file).toBe(`${mapping.name}.v${mapping.version}.json`);
    expect(mapping.columns.filter(({ description }) => description === '')).toEqual([]);
    expect(pathTree(mapping).below.size).toBeGreaterThan(0);
  });

  it('REP-05 are those of calls, interactions and reports', () => {
    expect(FILES).toEqual(
      expect.arrayContaining([
        'cdr.v1.json',
        'interactions.v1.json',
        'report-agent-performance.v1.json',
        'report-skill-performance.v1.json',
      ]),
    );
  });
});
