import { z } from 'zod';
import { GenerationId } from './ids.ts';

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);

/** Rows of a window by what became of them: `parsed` = `rowsOut` + `duplicates` + `superseded` + `rejects`. */
export const RowCounts = z.strictObject({
  parsed: count,
  rowsOut: count,
  duplicates: count,
  superseded: count,
  rejects: count,
  outsideWindow: count,
});
export type RowCounts = z.infer<typeof RowCounts>;

/** How complete a window's records are: over the fields that the mapping requires, summed exactly. */
export const Integrity = z.strictObject({
  total: count.describe('All records, rejects among them'),
  valid: count.describe('Those that have every required field, be it null'),
  rate: z.number().min(0).max(1).optional().describe('valid of total; none for a day without records'),
  missing: z.record(z.string(), count).describe('Records that lack a field, by its source name'),
  nulls: z.record(z.string(), count).describe('Records that have null in a field'),
});
export type Integrity = z.infer<typeof Integrity>;

/** A generation as the commit needs it. The list of files is in the manifest. */
export const GenerationFacts = z.strictObject({
  generation: GenerationId,
  manifestKey: z.string(),
  files: count,
  bytesIn: count,
  bytesOut: count,
  rows: RowCounts,
  maxEvent: instant.optional(),
  driftColumns: count,
  integrity: Integrity.optional(),
});
export type GenerationFacts = z.infer<typeof GenerationFacts>;
