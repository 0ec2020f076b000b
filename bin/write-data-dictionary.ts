import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dataDictionaryText } from '../lib/data-dictionary.ts';
import { shippedMappings } from '../lib/shipped-mappings.ts';

writeFileSync(
  fileURLToPath(new URL('../docs/data-dictionary.md', import.meta.url)),
  dataDictionaryText(shippedMappings()),
);
