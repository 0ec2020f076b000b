import { mkdir, rm } from 'node:fs/promises';
import type { GenerationId } from '../model/ids.ts';
import { lakeMapping, type Mapping } from '../model/mapping.ts';
import type { RowCounts } from '../model/payloads.ts';
import type { RejectReason } from '../model/run-record.ts';
import {
  recordsIn,
  requireDisk,
  requireKnownCounts,
  requireRecordCounts,
  requireSums,
  requireTellingKey,
  requireThresholds,
  sum,
} from './checks.ts';
import { type ColumnDrift, planColumns, planPart } from './columns.ts';
import { type Database, openDatabase } from './database.ts';
import { type Draft, draftPart } from './drafts.ts';
import { findDuplicates } from './duplicates.ts';
import { durationUnits, type PartUnits } from './durations.ts';
import { writeFinalRows } from './final-rows.ts';
import { generationId } from './generation.ts';
import { inOrder } from './in-order.ts';
import {
  manifestKey,
  type OutputFile,
  readManifest,
  reported,
  type TransformedWindow,
  writeManifest,
} from './manifest.ts';
import { type LocalOutput, uploadOutput, writeOutput } from './outputs.ts';
import { fetchPart, type LocalPart } from './parts.ts';
import { giveKey } from './protected-text.ts';
import { quarantineRejects, quarantineSuperseded } from './quarantine.ts';
import type { TransformPorts, TransformRequest } from './request.ts';
import { countRows } from './row-counts.ts';
import { RowShield } from './row-shield.ts';

export type { TransformPorts, TransformRequest } from './request.ts';

/** What became of a window, and how long the transform took: 0 where the generation was there already. */
export type TransformResult = TransformedWindow & { milliseconds: number };

/**
 * Makes a window's generation of its parts: typed, without duplicates, each row accounted for. The manifest
 * is written last; a generation that has one is returned as it is, if it has the rows that are announced now. Stopped anywhere and started again, it
 * writes the same objects with the same bytes.
 *
 * Throws, before anything is written, `SettingsRefused`, `WindowTooLarge`, `ObjectMissing`, `PartCorrupted`, `PartMalformed`,
 * `RequiredColumnMissing`, `RecordCountMismatch` (facts: announced, received, part) and
 * `DurationUnitUnclear`; after quarantine is written `RejectsAboveThreshold` and `RowsOutsideWindow`;
 * `SumsDisagree` before a file reaches the lake.
 */
export async function transformWindow(
  request: TransformRequest,
  { objects, clock, tellRejects }: TransformPorts,
): Promise<TransformResult> {
  const started = clock.now();
  requireTellingKey(request);
  const generation = generationId(request);
  const complete = await readManifest(objects, 'calls', manifestKey(request.prefixes.lake, generation));
  if (complete !== undefined) {
    requireKnownCounts(request, complete.counts);
    return { ...reported(complete), milliseconds: 0 };
  }
  requireDisk(request);
  // A sandbox that is used again still has the files of an invocation that was killed.
  await rm(request.workFolder, { recursive: true, force: true });
  await mkdir(request.workFolder, { recursive: true });
  try {
    const [mapping, shield] = [lakeMapping(request.mapping), new RowShield(request)];
    const window = await makeGeneration({
      request,
      mapping,
      shield,
      generation,
      objects,
      tellRejects,
    });
    await writeManifest(objects, 'calls', request, window);
    return { ...reported(window), milliseconds: Math.max(0, clock.now() - started) };
  } finally {
    await rm(request.workFolder, { recursive: true, force: true });
  }
}

/** Parts that are fetched side by side, or wait to be typed: three more streams hide the first one's waits. */
const PARTS_AT_ONCE = 4;

/** What every stage of one transform needs. */
interface Work {
  request: TransformRequest;
  /** The lake's columns. */
  mapping: Mapping;
  shield: RowShield;
  generation: GenerationId;
  objects: TransformPorts['objects'];
  tellRejects: TransformPorts['tellRejects'];
}

async function makeGeneration(work: Work): Promise<TransformedWindow> {
  const { request, mapping, generation, objects } = work;
  await using database = await openDatabase(request.workFolder, request.memoryLimitMegabytes);
  await giveKey(database, request.privacyKey);
  const { drafts, drift } = await draftParts(database, work);
  const units = await durationUnits(database, drafts, mapping);
  const { quarantineKeys, ...judged } = await judgeRows(database, drafts, work);
  const window = { day: request.day, generation, mapping, folder: request.workFolder };
  const final = await writeFinalRows(database, drafts, units, window);
  const counts: RowCounts = { ...judged, rowsOut: final.rows };
  const outputs: LocalOutput[] = [];
  for (const format of request.outputs) outputs.push(await writeOutput(database, final, format, window));
  requireSums(counts, outputs);
  const files: OutputFile[] = [];
  for (const output of outputs) files.push(await uploadOutput(output, request, generation, objects));
  return {
    generation,
    manifestKey: manifestKey(request.prefixes.lake, generation),
    files,
    counts,
    bytesIn: sum(request.parts.map(({ bytes }) => bytes)),
    bytesOut: sum(files.map(({ bytes }) => bytes)),
    drift: { ...drift, convertedParts: convertedParts(units, request) },
    ...(final.maxEvent === undefined ? {} : { maxEvent: final.maxEvent }),
    allNullColumns: final.allNullColumns,
    quarantineKeys,
  };
}

/**
 * Parts to drafts, in the order of their numbers: while one is typed, the next are fetched. Parts without a column that is needed
 * are refused all together, so after the first of them nothing more is typed.
 */
async function draftParts(
  database: Database,
  { request, mapping, objects }: Work,
): Promise<{ drafts: Draft[]; drift: ColumnDrift }> {
  const { key, workFolder: folder } = request;
  const ordered = request.parts.toSorted((left, right) => left.number - right.number);
  const fetched = inOrder(ordered, PARTS_AT_ONCE, (part) => fetchPart(part, request.format, folder, objects));
  const parts: LocalPart[] = [];
  const drafts: Draft[] = [];
  for await (const part of fetched) {
    parts.push(part);
    const plan = planPart(part, request.mapping, key);
    if (plan !== undefined && drafts.length === parts.length - 1)
      drafts.push(await draftPart(database, plan, { mapping, key, folder }));
  }
  const { drift } = planColumns(parts, request.mapping, key);
  requireRecordCounts(request, drafts);
  return { drafts, drift };
}

/**
 * Counts rejects, rows outside the day and duplicates, puts into quarantine what is left out, and holds all
 * against the thresholds.
 */
async function judgeRows(
  database: Database,
  drafts: readonly Draft[],
  { request, mapping, shield, generation, objects, tellRejects }: Work,
): Promise<Omit<RowCounts, 'rowsOut'> & { quarantineKeys: string[] }> {
  const { rejects, outsideWindow } = await countRows(database, drafts, mapping, request.day);
  const { duplicates, superseded } = await findDuplicates(database, drafts, request.key);
  const prefix = `${request.prefixes.quarantine}gen=${generation}/`;
  const quarantineKeys: string[] = [];
  let reasons: RejectReason[] = [];
  if (rejects > 0) {
    const key = `${prefix}rejects.jsonl.gz`;
    const target = { key, objects, shield, expected: rejects };
    reasons = await quarantineRejects(database, drafts, mapping, target);
    quarantineKeys.push(key);
  }
  await tellRejects?.(reasons);
  if (superseded > 0) {
    const key = `${prefix}superseded.jsonl.gz`;
    await quarantineSuperseded(database, drafts, { key, objects, shield, expected: superseded });
    quarantineKeys.push(key);
  }
  const counts = { parsed: recordsIn(drafts), rejects, outsideWindow, duplicates, superseded };
  requireThresholds(request, counts, quarantineKeys[0]);
  return { ...counts, quarantineKeys };
}

function convertedParts(units: PartUnits, { mapping }: TransformRequest) {
  const declared = mapping.columns.find(({ column }) => column === mapping.durationColumn)?.unit;
  return [...units].filter(([, unit]) => unit !== declared).map(([part, unit]) => ({ part, unit }));
}
