import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ArchivePassphrases } from '../lambdas/model/passphrases.ts';
import { parseOrRefuse, Refusal } from '../lambdas/model/refusal.ts';
import { WebhookSecret } from '../lambdas/model/webhook.ts';

/** Values of secrets by their names: client credentials, what signs deliveries to a webhook, the passphrases of an archive. */
export const SecretsFile = z.record(
  z.string().min(1),
  z.union([
    z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) }),
    WebhookSecret,
    ArchivePassphrases,
  ]),
);
export type SecretsFile = z.infer<typeof SecretsFile>;

/** Reads a secrets file. Throws a `Refusal` with every problem; none of them shows a value. */
export function loadSecrets(file: string): SecretsFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Refusal('The secrets file', [
      { path: file, found: 'nothing that can be read', expected: 'must be a JSON file' },
    ]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Refusal('The secrets file', [
      { path: file, found: 'text that is not JSON', expected: 'must be a JSON object' },
    ]);
  }
  return parseOrRefuse(SecretsFile, json, 'The secrets file');
}
