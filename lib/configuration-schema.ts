import { z } from 'zod';
import { Configuration } from '../lambdas/model/configuration.ts';

/** The JSON Schema of a configuration file as text, for editors: what may be written, before defaults. */
export function configurationSchemaText(): string {
  const schema = z.toJSONSchema(Configuration, { io: 'input' });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
