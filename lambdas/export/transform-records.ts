import { factsOf } from '../dataset/manifest.ts';
import type { PrivacyKey } from '../dataset/privacy.ts';
import { transformRecords } from '../dataset/transform-records.ts';
import { outputPrefixes } from '../lake/keys.ts';
import { readParts } from '../ledger/parts.ts';
import { holdWindow, type WindowLedger } from '../ledger/windows.ts';
import type { ClaimedWindow, GenerationFacts, WindowTask } from '../model/payloads.ts';
import type { Clock, ObjectStore } from '../model/ports.ts';
import type { RecordSettings } from '../model/record-payloads.ts';
import { requireSameSource } from './same-source.ts';
import { tellDrift, tellRejects } from './tell-findings.ts';

/** What the transform of an attempt's records is told. */
export interface StoredRecordsTransform {
  attempt: number;
  /** An `adhoc` window's outputs lie apart, and raise no drift. */
  task: WindowTask;
  settings: RecordSettings;
  /** The key of columns that are hashed. */
  privacyKey?: PrivacyKey | undefined;
  workFolder: string;
  memoryLimitMegabytes: number;
  diskLimitMegabytes: number;
}

/**
 * Transforms the records that were stored for an attempt into a generation: all parts that the ledger has of it, which may be none. Throws
 * what `transformRecords` throws, and `SumsDisagree` for a replay of other parts than those of the current generation.
 */
export async function transformStoredRecords(
  ports: { ledger: WindowLedger; objects: ObjectStore; clock: Clock },
  claim: ClaimedWindow,
  { attempt, task, settings, ...limits }: StoredRecordsTransform,
): Promise<GenerationFacts> {
  const { ledger } = ports;
  const state = await holdWindow(ledger, claim);
  const stored = await readParts(ledger, claim, attempt);
  const recorded = stored.reduce((total, { records = 0 }) => total + records, 0);
  requireSameSource(task, state, recorded);
  const made = await transformRecords(
    {
      ...settings,
      ...limits,
      tenant: ledger.tenant,
      dataset: claim.dataset,
      day: claim.day,
      parts: stored.map(({ part, key, bytes, sha256, records }) => ({
        number: part,
        key,
        bytes,
        sha256,
        recordCount: records,
      })),
      prefixes: outputPrefixes(ledger.tenant, claim, task === 'adhoc'),
    },
    { ...ports, tellRejects: (reasons) => tellRejects(ledger, claim, reasons) },
  );
  await tellDrift(ledger, claim, task, made);
  return factsOf(made);
}
