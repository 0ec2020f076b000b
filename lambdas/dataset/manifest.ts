import { z } from 'zod';
import { Day } from '../model/days.ts';
import { type GenerationFacts, Integrity, RowCounts } from '../model/generation-facts.ts';
import { DatasetId, GenerationId, TenantId } from '../model/ids.ts';
import { DurationUnit } from '../model/mapping.ts';
import { OutputFormat } from '../model/pipelines.ts';
import type { ObjectStore } from '../model/ports.ts';
import { digestOf, TRANSFORM_VERSIONS, type TransformKind } from './generation.ts';
import type { TransformRequest } from './request.ts';

const count = z.int().min(0);

/** A file of a generation. */
export const OutputFile = z.strictObject({
  key: z.string(),
  format: OutputFormat,
  bytes: count,
  sha256: z.string(),
  rows: count,
});
export type OutputFile = z.infer<typeof OutputFile>;

/** How the parts differ from the mapping. */
export const Drift = z.strictObject({
  unknownColumns: z.array(z.string()),
  missingOptional: z.array(z.string()),
  convertedParts: z.array(z.strictObject({ part: z.int(), unit: DurationUnit })),
  retyped: z
    .array(z.string())
    .optional()
    .describe('Lake columns whose values came as another kind of JSON than their type’s'),
});

/** What became of a window's parts. Everything but `milliseconds` follows from the input alone. */
export const TransformedWindow = z.strictObject({
  generation: GenerationId,
  manifestKey: z.string(),
  files: z.array(OutputFile),
  counts: RowCounts,
  bytesIn: count,
  bytesOut: count,
  drift: Drift,
  maxEvent: z.string().optional(),
  allNullColumns: z.array(z.string()),
  quarantineKeys: z.array(z.string()),
  integrity: Integrity.optional().describe('Of records: how complete they are'),
});
export type TransformedWindow = z.infer<typeof TransformedWindow>;

/**
 * The object that is written last: a generation that has one is complete. Athena ignores it for its
 * underscore.
 */
const Manifest = z.strictObject({
  manifestVersion: z.literal(1),
  tenant: TenantId,
  dataset: DatasetId,
  day: Day,
  transformVersion: z.int(),
  mapping: z.strictObject({ name: z.string(), version: z.int(), digest: z.string() }),
  key: z.array(z.string()),
  hashKey: z.string().optional().describe('Version of the key that columns are hashed with'),
  parts: z.array(
    z.strictObject({
      number: z.int(),
      key: z.string(),
      bytes: count,
      sha256: z.string(),
      recordCount: count.optional(),
    }),
  ),
  window: TransformedWindow,
});

/** Where a generation's manifest lies. */
export function manifestKey(lakePrefix: string, generation: GenerationId): string {
  return `${lakePrefix}gen=${generation}/_manifest.json`;
}

/** Writes the manifest. */
export async function writeManifest(
  objects: ObjectStore,
  kind: TransformKind,
  request: Pick<TransformRequest, 'tenant' | 'dataset' | 'day' | 'mapping' | 'key' | 'hashKey' | 'parts'>,
  window: TransformedWindow,
): Promise<void> {
  const { tenant, dataset, day, mapping, key, hashKey, parts } = request;
  const manifest: z.input<typeof Manifest> = {
    manifestVersion: 1,
    tenant,
    dataset,
    day,
    transformVersion: TRANSFORM_VERSIONS[kind],
    mapping: { name: mapping.name, version: mapping.version, digest: digestOf(mapping) },
    key: [...key],
    ...(hashKey === undefined ? {} : { hashKey }),
    parts: parts.toSorted((left, right) => left.number - right.number),
    window,
  };
  await objects.writeText(window.manifestKey, `${JSON.stringify(manifest, null, 2)}\n`, 'application/json');
}

/**
 * What the generation's manifest says, or undefined where the generation is not complete: there is none that
 * this release can read, or a file that it lists is gone or of another size. Such a generation is made again,
 * with the same bytes.
 */
export async function readManifest(
  objects: ObjectStore,
  kind: TransformKind,
  key: string,
): Promise<TransformedWindow | undefined> {
  if ((await objects.find(key)) === undefined) return undefined;
  const parsed = Manifest.safeParse(jsonOf(await objects.readText(key)));
  if (!parsed.success || parsed.data.transformVersion !== TRANSFORM_VERSIONS[kind]) return undefined;
  for (const file of parsed.data.window.files)
    if ((await objects.find(file.key))?.bytes !== file.bytes) return undefined;
  return parsed.data.window;
}

/** A manifest of any release, as far as a commit needs it. */
const AnyManifest = z.object({
  parts: z.array(z.object({ key: z.string() })),
  window: z.object(TransformedWindow.shape),
});

/** A generation that is complete, and the keys of the raw parts that it was made of. */
export interface KeptManifest {
  facts: GenerationFacts;
  partKeys: string[];
}

/**
 * What a commit needs to know of a generation that this release or an earlier one has made, or undefined where it is not
 * complete: no manifest, or a file that it lists is gone or of another size.
 */
export async function readGeneration(objects: ObjectStore, key: string): Promise<KeptManifest | undefined> {
  if ((await objects.find(key)) === undefined) return undefined;
  const parsed = AnyManifest.safeParse(jsonOf(await objects.readText(key)));
  if (!parsed.success) return undefined;
  for (const file of parsed.data.window.files)
    if ((await objects.find(file.key))?.bytes !== file.bytes) return undefined;
  const { parts, window } = parsed.data;
  return { facts: factsOf(window), partKeys: parts.map((part) => part.key) };
}

/** What a commit needs to know of a transformed window. */
export function factsOf(made: TransformedWindow): GenerationFacts {
  const { unknownColumns, missingOptional } = made.drift;
  return {
    generation: made.generation,
    manifestKey: made.manifestKey,
    files: made.files.length,
    bytesIn: made.bytesIn,
    bytesOut: made.bytesOut,
    rows: made.counts,
    maxEvent: made.maxEvent,
    driftColumns: unknownColumns.length + missingOptional.length,
    ...(made.integrity === undefined ? {} : { integrity: made.integrity }),
  };
}

/** The value of a JSON text; undefined where it is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names of unknown columns that a result carries at most, and characters of each. The manifest has all. */
const NAMES_REPORTED = 50;
const NAME_CHARACTERS = 100;

/** The window as it is handed on: bounded, whatever the names of unknown columns are. */
export function reported(window: TransformedWindow): TransformedWindow {
  const names = window.drift.unknownColumns.slice(0, NAMES_REPORTED);
  const unknownColumns = names.map((name) => name.slice(0, NAME_CHARACTERS));
  return { ...window, drift: { ...window.drift, unknownColumns } };
}
