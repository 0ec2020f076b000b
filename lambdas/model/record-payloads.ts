import { z } from 'zod';
import { GenerationFacts } from './generation-facts.ts';
import { HashKeyVersion } from './hash-key.ts';
import { Mapping } from './mapping.ts';
import { ClaimedWindow, WindowTask } from './payloads.ts';
import { Completeness, OutputFormat, Thresholds } from './pipelines.ts';

/** How the records of a dataset become rows. */
export const RecordSettings = z.strictObject({
  mapping: Mapping,
  key: z.array(z.string()).min(1),
  outputs: z.array(OutputFormat).min(1),
  thresholds: Thresholds,
  completeness: Completeness,
  hashKey: HashKeyVersion.optional().describe('Where a column is hashed: with which of the tenant’s keys'),
});
export type RecordSettings = z.infer<typeof RecordSettings>;

/** Makes a generation of the records that an attempt has stored: gzipped JSON Lines, noted as the window's parts. */
export const TransformRecordsPayload = z.strictObject({
  ...ClaimedWindow.shape,
  task: WindowTask,
  attempt: z.int().min(1),
  settings: RecordSettings,
});
export const TransformRecordsResult = z.strictObject({ facts: GenerationFacts });
