import { mkdir, rm } from 'node:fs/promises';
import { lakeMapping } from '../model/mapping.ts';
import type { Integrity, RowCounts } from '../model/payloads.ts';
import {
  RECORD_DISK_FACTORS,
  recordsIn,
  requireDisk,
  requireSums,
  requireTellingKey,
  requireThresholds,
  sum,
} from './checks.ts';
import { integrityOf, requireCompleteness } from './completeness.ts';
import { contentDigest, droppedDigest } from './content-digest.ts';
import { type Database, openDatabase } from './database.ts';
import type { DraftFiles } from './draft-writer.ts';
import { findDuplicates } from './duplicates.ts';
import { durationUnits } from './durations.ts';
import { recordGenerationId } from './generation.ts';
import {
  manifestKey,
  type OutputFile,
  readManifest,
  reported,
  type TransformedWindow,
  writeManifest,
} from './manifest.ts';
import { type LocalOutput, uploadOutput, writeOutput } from './outputs.ts';
import { draftRecords } from './record-drafts.ts';
import { type RecordDrift, recordDrift, requireKnownFields } from './record-drift.ts';
import { quarantineFile, quarantineSupersededRecords } from './record-quarantine.ts';
import { RecordRows } from './record-rows.ts';
import type { TransformPorts, TransformRequest } from './request.ts';
import { countRows } from './row-counts.ts';
import { writeSortedRows } from './sorted-slices.ts';
import type { TransformResult } from './transform.ts';

/** All that the transform of one window of records is told. Its parts are gzipped JSON Lines, a record a line. */
export interface RecordTransformRequest extends Omit<TransformRequest, 'format' | 'recordCount'> {
  /** Share of records, 0 to 1, that must have every required field. */
  completeness: number;
}

/** What is known of the window's records before its generation has a name. */
interface Judged {
  files: DraftFiles;
  drift: RecordDrift;
  integrity: Integrity;
  counts: Omit<RowCounts, 'rowsOut'>;
}

/**
 * Makes a window's generation of its records: typed by the mapping, without duplicates, each record accounted for. The
 * generation's name follows from the records whatever their order and their parts, so it is known only when they have been read; one
 * that is complete already is returned as it is. The manifest is written last. Stopped anywhere and started again, it ends with
 * the same rows.
 *
 * Throws, before anything is written, `SettingsRefused`, `WindowTooLarge`, `ObjectMissing`, `PartCorrupted`, `PartMalformed`, `TimestampNotUtc`,
 * `FieldsUnknown`, `CompletenessBelowThreshold` and `DurationUnitUnclear`; after quarantine is written `RejectsAboveThreshold` and
 * `RowsOutsideWindow`; `SumsDisagree` before a file reaches the lake.
 */
export async function transformRecords(
  request: RecordTransformRequest,
  ports: TransformPorts,
): Promise<TransformResult> {
  const { clock } = ports;
  const started = clock.now();
  requireTellingKey(request);
  requireDisk(request, RECORD_DISK_FACTORS);
  // A sandbox that is used again still has the files of an invocation that was killed.
  await rm(request.workFolder, { recursive: true, force: true });
  await mkdir(request.workFolder, { recursive: true });
  try {
    const window = await makeGeneration(request, ports);
    return { ...reported(window), milliseconds: Math.max(0, clock.now() - started) };
  } finally {
    await rm(request.workFolder, { recursive: true, force: true });
  }
}

async function makeGeneration(
  request: RecordTransformRequest,
  { objects, tellRejects }: TransformPorts,
): Promise<TransformedWindow> {
  const mapping = lakeMapping(request.mapping);
  await using database = await openDatabase(request.workFolder, request.memoryLimitMegabytes);
  const rows = new RecordRows(request);
  const drafting = { database, mapping, folder: request.workFolder };
  const files = await draftRecords(request.parts, rows, objects, drafting);
  const judged = await judge(database, request, rows, files);
  const generation = recordGenerationId(request, {
    records: await contentDigest(database, files.drafts, rows.rejected),
    dropped: await droppedDigest(database, files.drafts),
    completeness: request.completeness,
  });
  const complete = await readManifest(objects, 'records', manifestKey(request.prefixes.lake, generation));
  if (complete !== undefined) return complete;
  const units = await durationUnits(database, files.drafts, mapping);
  const quarantineKeys = await quarantine(database, request, judged, { generation, objects });
  await tellRejects?.(files.reasons);
  requireThresholds(request, judged.counts, quarantineKeys[0]);
  const window = { day: request.day, generation, mapping, folder: request.workFolder };
  const order = [...new Set([mapping.windowColumn, ...request.key])];
  const final = await writeSortedRows(database, files.drafts, units, { ...window, order });
  const counts: RowCounts = { ...judged.counts, rowsOut: final.rows };
  const outputs: LocalOutput[] = [];
  for (const format of request.outputs) outputs.push(await writeOutput(database, final, format, window));
  requireSums(counts, outputs);
  const uploaded: OutputFile[] = [];
  for (const output of outputs) uploaded.push(await uploadOutput(output, request, generation, objects));
  const transformed: TransformedWindow = {
    generation,
    manifestKey: manifestKey(request.prefixes.lake, generation),
    files: uploaded,
    counts,
    bytesIn: sum(request.parts.map(({ bytes }) => bytes)),
    bytesOut: sum(uploaded.map(({ bytes }) => bytes)),
    drift: { ...judged.drift, convertedParts: [] },
    ...(final.maxEvent === undefined ? {} : { maxEvent: final.maxEvent }),
    allNullColumns: final.allNullColumns,
    quarantineKeys,
    integrity: judged.integrity,
  };
  await writeManifest(objects, 'records', request, transformed);
  return transformed;
}

/** Counts what became of the records, and holds completeness and new fields against the rules. */
async function judge(
  database: Database,
  request: RecordTransformRequest,
  { findings }: RecordRows,
  files: DraftFiles,
): Promise<Judged> {
  const { mapping, completeness, day, key } = request;
  const integrity = integrityOf(findings, mapping);
  // Names of fields are shown only where records have the required ones: a file without a header has values for names.
  requireCompleteness(integrity, completeness);
  requireKnownFields(findings, mapping);
  const { drafts } = files;
  const { rejects, outsideWindow } = await countRows(database, drafts, mapping, day);
  const { duplicates, superseded } = await findDuplicates(database, drafts, key);
  const counts = { parsed: recordsIn(drafts), rejects, outsideWindow, duplicates, superseded };
  return { files, integrity, drift: recordDrift(findings, mapping), counts };
}

/** Puts into quarantine what is left out of the lake, and gives the keys. */
async function quarantine(
  database: Database,
  { prefixes, mapping }: RecordTransformRequest,
  { files, counts }: Judged,
  { generation, objects }: { generation: string } & Pick<TransformPorts, 'objects'>,
): Promise<string[]> {
  const prefix = `${prefixes.quarantine}gen=${generation}/`;
  const keys: string[] = [];
  if (files.rejects > 0) {
    const key = `${prefix}rejects.jsonl.gz`;
    await quarantineFile(files.rejectsFile, key, objects);
    keys.push(key);
  }
  if (counts.superseded > 0) {
    const key = `${prefix}superseded.jsonl.gz`;
    const target = { key, objects, expected: counts.superseded };
    await quarantineSupersededRecords(database, files.drafts, lakeMapping(mapping), target);
    keys.push(key);
  }
  return keys;
}
