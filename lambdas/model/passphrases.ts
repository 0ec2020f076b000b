import { z } from 'zod';
import { unconditionalCheck } from './unconditional-check.ts';

/** Characters of a passphrase that new archives are sealed with. Shorter ones open archives that were sealed with them. */
const SHORTEST_PASSPHRASE = 16;

const version = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

/** What cross checks look at; a field of another form has its own problem and passes here. */
const Readable = z
  .object({
    current: z.string().catch(''),
    passphrases: z.record(z.string(), z.string().catch('x'.repeat(SHORTEST_PASSPHRASE))).catch({}),
  })
  .catch({ current: '', passphrases: {} });

/**
 * The value of the secret with an archive's passphrases: every one that archives were sealed with, by a version that the
 * archives name, and which of them seals new ones.
 */
export const ArchivePassphrases = z
  .strictObject({
    current: z.string(),
    passphrases: z
      .record(z.string(), z.string().min(1))
      .refine(
        (byVersion) => Object.keys(byVersion).every((name) => version.safeParse(name).success),
        'must be by versions of 1 to 64 letters, digits, dots, underscores and hyphens',
      ),
  })
  .check(
    unconditionalCheck(({ value, issues }) => {
      const { current, passphrases } = Readable.parse(value);
      if (current === '') return;
      const passphrase = passphrases[current];
      if (passphrase === undefined)
        issues.push({
          code: 'custom',
          input: current,
          path: ['current'],
          message: 'must be one of the versions in passphrases',
        });
      else if (passphrase.length < SHORTEST_PASSPHRASE)
        issues.push({
          code: 'custom',
          input: passphrase,
          path: ['current'],
          message: `must name a passphrase of at least ${SHORTEST_PASSPHRASE} characters`,
        });
    }),
  );
export type ArchivePassphrases = z.infer<typeof ArchivePassphrases>;
