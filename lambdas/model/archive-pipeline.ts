import { z } from 'zod';
import { Day } from './days.ts';
import { MediaSettings } from './media.ts';
import { Schedule } from './pipelines.ts';

/** How archive objects are sealed. */
export const ArchiveSealing = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('kms').describe('By a key of its own that KMS makes and seals') }),
  z.strictObject({
    mode: z
      .literal('passphrase')
      .describe('By a key derived from a passphrase, which other programs can derive too'),
    secret: z
      .string()
      .regex(/^[\w/+=.@-]{1,512}$/, 'must be the name of a secret in Secrets Manager')
      .describe('Its value is {"current": "<version>", "passphrases": {"<version>": "…"}}'),
  }),
]);
export type ArchiveSealing = z.infer<typeof ArchiveSealing>;

/** The archive of closed interactions. */
export const ArchivePipeline = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether the schedule is on; the pipeline can be started on demand in any case'),
  schedule: Schedule.prefault({ cron: '0 5 * * ? *' }),
  startDate: Day.optional().describe(
    'Interactions updated from this day on are archived. Default: the day before the first run',
  ),
  lookBackMinutes: z
    .int()
    .min(60)
    .max(10_080)
    .default(360)
    .describe('Each run looks so far back before the mark; never less than twice what listing took last'),
  catchUpDays: z
    .int()
    .min(1)
    .max(366)
    .default(14)
    .describe('A run with the input {} takes at most so many days beyond the mark'),
  field: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be the id of a custom field')
    .default('archival_status')
    .describe('The custom field that archived interactions are marked in'),
  value: z.string().min(1).max(200).default('archived').describe('What the custom field is set to'),
  sealing: ArchiveSealing.default({ mode: 'kms' }),
  media: MediaSettings.optional().describe(
    'Recordings and transcripts are stored, too. Absent: they are not',
  ),
  batchInteractions: z
    .int()
    .min(1)
    .max(500)
    .default(100)
    .describe('Interactions that one child execution looks up'),
  batchesAtOnce: z.int().min(1).max(20).default(4).describe('Batches looked up side by side'),
  daysAtOnce: z.int().min(1).max(20).default(2).describe('Archive days sealed and marked side by side'),
});
export type ArchivePipeline = z.infer<typeof ArchivePipeline>;
