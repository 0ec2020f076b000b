import { factsOf } from '../dataset/manifest.ts';
import type { PrivacyKey } from '../dataset/privacy.ts';
import { transformWindow } from '../dataset/transform.ts';
import { outputPrefixes, partListKey } from '../lake/keys.ts';
import { readParts } from '../ledger/parts.ts';
import { forgetPartList } from '../ledger/polls.ts';
import { holdWindow, type WindowLedger } from '../ledger/windows.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { ClaimedWindow, GenerationFacts, TransformSettings, WindowTask } from '../model/payloads.ts';
import type { Clock, ObjectStore } from '../model/ports.ts';
import { isAsListed, readPartList } from './part-list.ts';
import { requireSameSource } from './same-source.ts';
import { tellDrift, tellRejects } from './tell-findings.ts';

/** Parts whose rows are fewer than announced are fetched once more: this is the fetch after which the window is given up. */
const LAST_FETCH = 2;

/** What the transform of an attempt is told. */
export interface AttemptTransform {
  attempt: number;
  /** An `adhoc` window's outputs lie apart, and raise no drift; for a `replay` nothing is fetched again. */
  task: WindowTask;
  fetch: number;
  settings: TransformSettings;
  /** The key of columns that are hashed. */
  privacyKey?: PrivacyKey | undefined;
  workFolder: string;
  memoryLimitMegabytes: number;
  diskLimitMegabytes: number;
}

/** What came of it: a generation, or the wish to fetch the parts again. */
export type AttemptTransformed =
  | { outcome: 'transformed'; facts: GenerationFacts }
  | { outcome: 'fetchAgain'; announced: number; received: number };

/**
 * Transforms the stored parts of an attempt into a generation. Throws what `transformWindow` throws, and `ObjectMissing`
 * when a listed part is not stored as the list announces it, and `SumsDisagree` for a replay of other parts than those of the current generation.
 */
export async function transformAttempt(
  ports: { ledger: WindowLedger; objects: ObjectStore; clock: Clock },
  claim: ClaimedWindow,
  request: AttemptTransform,
): Promise<AttemptTransformed> {
  const { ledger, objects } = ports;
  const where = [ledger.tenant, claim.dataset, claim.day] as const;
  const state = await holdWindow(ledger, claim);
  const list = await readPartList(objects, partListKey(...where, request.attempt));
  const stored = new Map((await readParts(ledger, claim, request.attempt)).map((part) => [part.part, part]));
  const parts = list.parts.map((file) => {
    const { part, recordCount } = file;
    const found = stored.get(part);
    if (found === undefined || !isAsListed(found, file))
      throw catalogued(
        'ObjectMissing',
        `Part ${part} of ${claim.dataset} ${claim.day} is not stored as it is listed.`,
        { part },
      );
    return { number: part, key: found.key, bytes: found.bytes, sha256: found.sha256, recordCount };
  });
  const { settings, privacyKey, workFolder, memoryLimitMegabytes, diskLimitMegabytes } = request;
  try {
    const made = await transformWindow(
      {
        ...settings,
        privacyKey,
        tenant: ledger.tenant,
        dataset: claim.dataset,
        day: claim.day,
        parts,
        recordCount: list.recordCount,
        prefixes: outputPrefixes(ledger.tenant, claim, request.task === 'adhoc'),
        workFolder,
        memoryLimitMegabytes,
        diskLimitMegabytes,
      },
      { ...ports, tellRejects: (reasons) => tellRejects(ledger, claim, reasons) },
    );
    requireSameSource(request.task, state, made.counts.parsed);
    await tellDrift(ledger, claim, request.task, made);
    return { outcome: 'transformed', facts: factsOf(made) };
  } catch (error) {
    if (!isError(error, 'RecordCountMismatch') || request.task === 'replay') throw error;
    if (request.fetch >= LAST_FETCH) {
      // CXone may count otherwise by then, or have forgotten the job: the next run asks it.
      await forgetPartList(ledger, claim, request.attempt);
      throw error;
    }
    return {
      outcome: 'fetchAgain',
      announced: Number(error.facts.announced),
      received: Number(error.facts.received),
    };
  }
}
