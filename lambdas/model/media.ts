import { z } from 'zod';

/**
 * What became of a recording or transcript: `stored`; `missing`, CXone has it no more or gave no address; `expired`, its
 * address opens no more, also one that was asked for anew; `forbidden`, by CXone or by our settings; `failed`, faults on every
 * attempt, tried again by later runs.
 */
export const MediumState = z.enum(['stored', 'missing', 'expired', 'forbidden', 'failed']);
export type MediumState = z.infer<typeof MediumState>;

/** Why, where the state alone does not say it. */
export const MediumReason = z.enum([
  'noAddress',
  'hostNotAllowed',
  'tooLarge',
  'serverFault',
  'connectionLost',
  'incomplete',
  'notTried',
]);
export type MediumReason = z.infer<typeof MediumReason>;

/** The media of archived interactions, beside their records. */
export const MediaSettings = z.strictObject({
  maxMegabytes: z
    .int()
    .min(1)
    .max(10_240)
    .default(1_024)
    .describe('A recording that is longer is left where it is, and counted as forbidden'),
});
export type MediaSettings = z.infer<typeof MediaSettings>;

/** Media by what became of them. */
export const MediaTally = z.partialRecord(MediumState, z.int().min(0));
export type MediaTally = z.infer<typeof MediaTally>;
