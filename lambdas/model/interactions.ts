import { z } from 'zod';
import { DatasetId } from './ids.ts';

/** What the archive's days, marks and claims are kept under in the ledger. */
export const ARCHIVE_DATASET = DatasetId.parse('interaction_archive');

/** The id that CXone gave an interaction. Printable ASCII, so that the ledger sorts ids as JavaScript does. */
export const InteractionId = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces')
  .brand<'InteractionId'>();
export type InteractionId = z.infer<typeof InteractionId>;

/** Why an interaction cannot be archived: it is counted, and asked for again when it changes. */
export const UnavailableReason = z.enum(['notFound', 'forbidden', 'notClosed']);
export type UnavailableReason = z.infer<typeof UnavailableReason>;

/**
 * What a look that found nothing is counted under: a reason; `stillForbidden` of one that was refused before, too; `givenUp` of
 * one that an operator has given up, which nobody looked at.
 */
export const UnavailableLook = z.enum([...UnavailableReason.options, 'stillForbidden', 'givenUp']);
export type UnavailableLook = z.infer<typeof UnavailableLook>;

/** Why an interaction could not be looked up: later runs try again. */
export const FailureReason = z.enum(['serverFault', 'connectionLost', 'refused', 'malformed']);
export type FailureReason = z.infer<typeof FailureReason>;

/** Why an archived interaction could not be marked: later runs try again. */
export const MarkFailure = z.enum(['refused', 'forbidden', 'notFound', 'serverFault', 'connectionLost']);
export type MarkFailure = z.infer<typeof MarkFailure>;
