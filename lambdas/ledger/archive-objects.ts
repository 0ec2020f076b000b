import { z } from 'zod';
import { Day, isoInstant } from '../model/days.ts';
import type { TenantId } from '../model/ids.ts';
import type { ItemKey } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';
import type { WindowLedger } from './windows.ts';

/** A sealed object that the ledger knows. */
export const ArchiveObject = z.object({
  key: z.string(),
  day: Day,
  sha256: z.string().describe('Of its records, hex'),
  records: z.int().min(1),
  plainBytes: z.int().min(0),
  sealedBytes: z.int().min(0),
  sealedBy: z.string().describe('Name of the run'),
  sealedAt: z.iso.datetime(),
});
export type ArchiveObject = z.infer<typeof ArchiveObject>;

function objectsPartition(tenant: TenantId): string {
  return `${tenant}#archive#objects`;
}

function objectKey(tenant: TenantId, day: Day, sha256: string): ItemKey {
  return { pk: objectsPartition(tenant), sk: `${day}#${sha256}` };
}

/** Notes an object when all of its records have their entries. A repeat leaves the first note as it is. */
export async function noteArchiveObject(
  ledger: WindowLedger,
  object: Omit<ArchiveObject, 'sealedAt'>,
): Promise<void> {
  const sealedAt = isoInstant(ledger.clock.now());
  await ledger.table.update(
    objectKey(ledger.tenant, object.day, object.sha256),
    conditionalUpdate({ setOnce: { ...object, sealedAt } }),
  );
}

/** The objects that the ledger knows, by archive day; those of one day or of a range of days (both inclusive) where given. */
export async function* archiveObjects(
  ledger: WindowLedger,
  range: { from?: Day; to?: Day } = {},
): AsyncGenerator<ArchiveObject> {
  const { from, to } = range;
  const bounds = {
    ...(from === undefined ? {} : { from: `${from}#` }),
    ...(to === undefined ? {} : { to: `${to}#~` }),
  };
  for await (const item of ledger.table.query(objectsPartition(ledger.tenant), bounds))
    yield ArchiveObject.parse(item);
}
