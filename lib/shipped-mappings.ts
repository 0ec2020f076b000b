import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Mapping } from '../lambdas/model/mapping.ts';
import type { DictionaryTable } from './data-dictionary.ts';

/** The newest version of every mapping that comes with the product, by the mapping's name. A dataset bears its mapping's name unless it is configured otherwise. */
export function shippedMappings(): DictionaryTable[] {
  const folder = fileURLToPath(new URL('../config/mappings/', import.meta.url));
  const newest = new Map<string, Mapping>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const mapping = Mapping.parse(JSON.parse(readFileSync(`${folder}${file}`, 'utf8')));
    const known = newest.get(mapping.name);
    if (known === undefined || known.version < mapping.version) newest.set(mapping.name, mapping);
  }
  return [...newest].map(([dataset, mapping]) => ({ dataset, mapping }));
}
