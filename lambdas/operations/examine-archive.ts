import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Opening, Sealing } from '../archive/keys.ts';
import { openPackage } from '../archive/open.ts';
import { sealRecords } from '../archive/seal.ts';
import { dayOf } from '../model/days.ts';
import type { Examination } from '../model/doctor.ts';
import { catalogued } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock } from '../model/ports.ts';
import { looked } from './doctor.ts';

/** What an examination of the archive's keys needs of the world. */
export interface ArchiveExamination {
  tenant: TenantId;
  clock: Clock;
  /** How objects of the archive are sealed, by whoever seals them. */
  sealing: Sealing;
  /** On the local disk, where the probe's content waits for its key. */
  workFolder: string;
  /** What opens them, read anew. Absent where whoever seals may open none: data keys of KMS. */
  opening?: Opening;
}

/** One record, as an archive's object holds them. */
const PROBE = { id: 'probe', line: '{"interaction_id":"probe"}' };

/**
 * Adds to an examination whether the archive can be sealed: a record is sealed, by the key that the next object would get, and opened again
 * where that may be done. Nothing is left of it.
 */
export async function examineArchive(
  archive: ArchiveExamination,
  examination: Examination,
): Promise<Examination> {
  const said =
    archive.opening === undefined
      ? 'KMS makes data keys for the archive, and they seal.'
      : 'The passphrases can be read and have their form; what the current one seals opens again.';
  const finding = await looked('archiveKey', undefined, said, () => probe(archive));
  const findings = [...examination.findings, finding];
  return { ...examination, healthy: findings.every(({ state }) => state !== 'failed'), findings };
}

async function probe({ tenant, clock, sealing, workFolder, opening }: ArchiveExamination): Promise<void> {
  const stored = new Map<string, Buffer>();
  const objects = {
    find: async () => undefined,
    writeStream: async (key: string, body: Readable) => {
      const bytes = await buffer(body);
      stored.set(key, bytes);
      return { bytes: bytes.length, sha256: '' };
    },
  };
  const day = dayOf(clock.now());
  for await (const { key } of sealRecords({ objects, sealing, workFolder }, { tenant, day }, [[PROBE]])) {
    const sealed = stored.get(key);
    if (sealed === undefined) throw catalogued('UnexpectedFault', 'The probe was not sealed.');
    if (opening !== undefined) await openPackage(opening, sealed, { tenant, object: key });
  }
}
