import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorReferenceText } from '../lib/error-reference.ts';

writeFileSync(fileURLToPath(new URL('../docs/errors.md', import.meta.url)), errorReferenceText());
