import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationSchemaText } from '../lib/configuration-schema.ts';

writeFileSync(fileURLToPath(new URL('../config/schema.json', import.meta.url)), configurationSchemaText());
