import { createHash } from 'node:crypto';
import type { Day } from '../model/days.ts';
import type { DatasetId, GenerationId, RunArn, TenantId } from '../model/ids.ts';
import { runName } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';

/*
 * Every key of the lake's bucket. The tenant is the second segment throughout: roles are bounded by prefix and tenant.
 */

/** A window's folder under one of the data prefixes: `lake/acme/cdr/dt=2024-05-15/`. */
export function windowPrefix(
  kind: 'raw' | 'lake' | 'export' | 'quarantine',
  tenant: TenantId,
  dataset: DatasetId,
  day: Day,
): string {
  return `${kind}/${tenant}/${dataset}/dt=${day}/`;
}

/** Where the outputs of a window go, each kind in its folder: those of an ad hoc export lie under the run's own. */
export function outputPrefixes(
  tenant: TenantId,
  claim: { run: RunArn; dataset: DatasetId; day: Day },
  adhoc: boolean,
): Record<'lake' | 'export' | 'quarantine', string> {
  const prefixOf = (kind: 'lake' | 'export' | 'quarantine') =>
    adhoc
      ? `adhoc/${tenant}/${runName(claim.run)}/${kind}/dt=${claim.day}/`
      : windowPrefix(kind, tenant, claim.dataset, claim.day);
  return { lake: prefixOf('lake'), export: prefixOf('export'), quarantine: prefixOf('quarantine') };
}

/** Where a part lies as it was received: a file of an export, or records of pages, a line each. */
export function rawPartKey(
  tenant: TenantId,
  dataset: DatasetId,
  day: Day,
  attempt: number,
  part: number,
  format: 'csv' | 'json' | 'jsonl.gz',
): string {
  return `${windowPrefix('raw', tenant, dataset, day)}a${attempt}/part-${String(part).padStart(5, '0')}.${format}`;
}

/** The attempt whose part an object of the raw prefix is; undefined for a key of another form. */
export function attemptOfPart(key: string): number | undefined {
  const attempt = /\/a([1-9][0-9]*)\/part-[^/]+$/.exec(key)?.[1];
  return attempt === undefined ? undefined : Number(attempt);
}

/** Where the result file of an export lies as it was received: with the first of its days. */
export function rawResultKey(
  tenant: TenantId,
  dataset: DatasetId,
  day: Day,
  attempt: number,
  format: 'csv' | 'xlsx',
): string {
  return `${windowPrefix('raw', tenant, dataset, day)}a${attempt}/result.${format}`;
}

/** The confirmed list of an attempt's parts. */
export function partListKey(tenant: TenantId, dataset: DatasetId, day: Day, attempt: number): string {
  return `${windowPrefix('raw', tenant, dataset, day)}a${attempt}/parts.json`;
}

/** The folder that holds a generation's Parquet files: what the catalog's partition points to. */
export function generationPrefix(
  tenant: TenantId,
  dataset: DatasetId,
  day: Day,
  generation: GenerationId,
): string {
  return `${windowPrefix('lake', tenant, dataset, day)}gen=${generation}/`;
}

/** What lies under a dataset's name for each committed window of a tenant. */
export function currentPrefix(tenant: TenantId): string {
  return `current/${tenant}/`;
}

/** What engines without Glue read to find a window's current generation. */
export function currentKey(tenant: TenantId, dataset: DatasetId, day: Day): string {
  return `${currentPrefix(tenant)}${dataset}/dt=${day}.json`;
}

/** The list of windows that a run's Map reads. */
export function windowListKey(tenant: TenantId, pipeline: PipelineName, run: RunArn, round: number): string {
  return `runs/${tenant}/${pipeline}/${runName(run)}/windows-${round}.json`;
}

/** The n-th list of ranges, from 0, that a round of a run makes of its list of windows. */
export function rangesListKey(
  tenant: TenantId,
  pipeline: PipelineName,
  run: RunArn,
  round: number,
  list: number,
): string {
  return `runs/${tenant}/${pipeline}/${runName(run)}/ranges-${round}-${list}.json`;
}

/** A run's record. */
export function runRecordKey(tenant: TenantId, pipeline: PipelineName, run: RunArn): string {
  return `runs/${tenant}/${pipeline}/${runName(run)}.json`;
}

/** The folder that holds the archive objects of a tenant's archive days; of one day where it is given. */
export function archivePrefix(tenant: TenantId, day?: Day): string {
  return day === undefined ? `archive/${tenant}/` : `archive/${tenant}/${day}/`;
}

/** A sealed archive object. `sha256` is the digest of the records in it, so the same records have the same key. */
export function archiveObjectKey(tenant: TenantId, day: Day, sha256: string): string {
  return `${archivePrefix(tenant, day)}${sha256}.enc.json`;
}

/** The folder that holds the audit chain of a pipeline. */
export function auditPrefix(tenant: TenantId, pipeline: PipelineName): string {
  return `audit/${tenant}/${pipeline}/`;
}

/** One audit record and its MAC: an anchor of the whole chain up to it. */
export function auditRecordKey(tenant: TenantId, pipeline: PipelineName, sequence: number): string {
  return `${auditPrefix(tenant, pipeline)}${String(sequence).padStart(10, '0')}.jsonl`;
}

/** A run's record as a page for people. */
export function runPageKey(tenant: TenantId, pipeline: PipelineName, run: RunArn): string {
  return `runs/${tenant}/${pipeline}/${runName(run)}.html`;
}

/** The page that lists a tenant's runs. */
export function runIndexKey(tenant: TenantId): string {
  return `runs/${tenant}/index.html`;
}

/** A recording or transcript of an archived interaction. Ids are CXone's and may hold anything. */
export function mediumObjectKey(tenant: TenantId, day: Day, interaction: string, medium: string): string {
  return `media/${tenant}/${day}/${segment(interaction)}/${segment(medium)}`;
}

/** Longest id that a key shows: a whole key has 1,024 bytes at most. */
const LONGEST_SEGMENT = 300;

/** An id as one segment of a key: nothing in it leads elsewhere, also where the key becomes a path. */
function segment(id: string): string {
  const written = encodeURIComponent(id.toWellFormed()).replaceAll('.', '%2E');
  return written.length > 0 && written.length <= LONGEST_SEGMENT
    ? written
    : createHash('sha256').update(id).digest('hex');
}

/** Where operators lay lists of updates for data actions: JSON lines. */
export function manifestPrefix(tenant: TenantId): string {
  return `manifests/${tenant}/`;
}

/** An object of a run's own, beside its record: `runs/acme/data-action-dates/<run>/<name>`. */
export function runObjectKey(tenant: TenantId, pipeline: PipelineName, run: RunArn, name: string): string {
  return `runs/${tenant}/${pipeline}/${runName(run)}/${name}`;
}

/** What a run has looked up of interactions and not sealed yet, by the round in which they were listed. */
export function stagingPrefix(tenant: TenantId, run: string, round: number): string {
  return `raw/${tenant}/interaction_archive/run=${run}/r${round}/`;
}

/** What a run of the archive was asked for. */
export function archiveRequestKey(tenant: TenantId, run: RunArn): string {
  return `runs/${tenant}/interaction-archive/${runName(run)}/request.json`;
}

/** The interactions that a run is to look up: JSON lines. */
export function interactionListKey(tenant: TenantId, run: RunArn, round: number): string {
  return `runs/${tenant}/interaction-archive/${runName(run)}/interactions-${round}.jsonl`;
}

/** What became of all interactions of a run. */
export function completionReportKey(tenant: TenantId, run: RunArn): string {
  return `runs/${tenant}/interaction-archive/${runName(run)}/completion.json`;
}
