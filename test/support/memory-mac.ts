import { createHmac, randomBytes } from 'node:crypto';
import type { MacKey } from '../../lambdas/model/ports.ts';

/** A key for message authentication that nobody else has. */
export function memoryMac(): MacKey {
  const key = randomBytes(32);
  const generate = async (message: string) => createHmac('sha256', key).update(message).digest('base64');
  return { generate, verify: async (message, mac) => (await generate(message)) === mac };
}
