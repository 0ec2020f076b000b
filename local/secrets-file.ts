import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { HashKeys } from '../lambdas/model/hash-key.ts';
import { ArchivePassphrases } from '../lambdas/model/passphrases.ts';
import { type Problem, parseOrRefuse, problemsOf, Refusal } from '../lambdas/model/refusal.ts';
import { WebhookSecret } from '../lambdas/model/webhook.ts';

const ClientSecret = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) });

/** What a secret is meant to be, by the fields that it has: its problems are told as those of that form, not of every other. */
function formOf(value: unknown): z.ZodType<SecretValue> {
  const fields = Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(value));
  if (fields.includes('passphrases')) return ArchivePassphrases;
  if (fields.includes('keys')) return HashKeys;
  return fields.includes('signingSecret') ? WebhookSecret : ClientSecret;
}

type SecretValue = z.infer<typeof ClientSecret> | WebhookSecret | ArchivePassphrases | HashKeys;

/** Values of secrets by their names: client credentials, what signs deliveries to a webhook, the passphrases of an archive, hash keys. */
export type SecretsFile = Record<string, SecretValue>;

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
  return valuesIn(parseOrRefuse(z.record(z.string().min(1), z.unknown()), json, 'The secrets file'));
}

function valuesIn(secrets: Readonly<Record<string, unknown>>): SecretsFile {
  const values: SecretsFile = {};
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(secrets)) {
    const parsed = formOf(value).safeParse(value);
    if (parsed.success) values[name] = parsed.data;
    else
      for (const problem of problemsOf(parsed.error, value))
        problems.push({ ...problem, path: problem.path === '(whole)' ? name : `${name}.${problem.path}` });
  }
  if (problems.length > 0) throw new Refusal('The secrets file', problems);
  return values;
}
