import { tmpdir } from 'node:os';
import { canonicalJson } from '../../lambdas/archive/exact-json.ts';
import type { Opening, Sealing } from '../../lambdas/archive/keys.ts';
import { archivalRecord, recordDigest } from '../../lambdas/archive/record.ts';
import { type SealedObject, sealRecords } from '../../lambdas/archive/seal.ts';
import { fixArchiveDay, noteArchived } from '../../lambdas/ledger/archive-entries.ts';
import { noteArchiveObject } from '../../lambdas/ledger/archive-objects.ts';
import type { WindowLedger } from '../../lambdas/ledger/windows.ts';
import { InteractionId } from '../../lambdas/model/interactions.ts';
import type { ClaimedWindow } from '../../lambdas/model/payloads.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';

/** The custom field that is our mark. */
export const FIELD = 'archival_status';

/** An interaction's record as it is archived. */
export interface SampleRecord {
  id: InteractionId;
  line: string;
  digest: string;
}

/** The record of an interaction that was changed so many times. */
export function sampleRecord(id: string, changes = 0): SampleRecord {
  const details = {
    id,
    type: 'voice',
    status: 'closed',
    created_time: '2024-05-15T08:00:00.000Z',
    updated_time: '2024-05-15T09:00:00.000Z',
    participants: [],
    media: [],
    custom_fields: [{ id: 'note', value: `change ${changes}` }],
    weight: changes,
  };
  const record = archivalRecord(JSON.stringify(details));
  if (record === undefined) throw new Error('The sample is no record.');
  return { id: InteractionId.parse(id), line: canonicalJson(record), digest: recordDigest(record, FIELD) };
}

/** Seals records of a claimed day as the pipeline does: objects first, then entries, then the objects' own notes. */
export async function sealSamples(
  ports: { ledger: WindowLedger; objects: ObjectStore; sealing: Sealing },
  claim: ClaimedWindow,
  samples: readonly SampleRecord[],
  objectBytes?: number,
): Promise<SealedObject[]> {
  const { ledger } = ports;
  const owner = { tenant: ledger.tenant, day: claim.day };
  const sealed = await Array.fromAsync(
    sealRecords({ ...ports, workFolder: tmpdir() }, owner, [samples], objectBytes),
  );
  let from = 0;
  for (const { key, sha256, records, plainBytes, sealedBytes } of sealed) {
    const begun = from;
    from += records;
    for (const { id, digest } of samples.slice(begun, from)) {
      await fixArchiveDay(ledger, id, claim.day);
      await noteArchived(
        ledger,
        claim,
        { id, digest, marked: false, lookedBy: 'run#0' },
        { object: key, archivedBy: 'run', segment: 'run#0#-1' },
      );
    }
    const facts = { key, day: claim.day, sha256, records, plainBytes, sealedBytes };
    await noteArchiveObject(ledger, { ...facts, sealedBy: 'run' });
  }
  return sealed;
}

/** What opens what a test has sealed. */
export function openingOf(sealing: Sealing): Opening {
  return sealing.mode === 'kms' ? { dataKeys: sealing.dataKeys } : { passphrases: sealing.passphrases };
}
