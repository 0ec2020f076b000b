import { z } from 'zod';
import type { JobFile } from '../cxone/job-status.ts';
import { catalogued } from '../model/errors.ts';
import type { ObjectStore } from '../model/ports.ts';

const PartList = z.object({
  recordCount: z.int().min(0).optional(),
  parts: z.array(
    z.object({
      part: z.int().min(1),
      fileName: z.string(),
      bytes: z.int().min(1),
      url: z.string(),
      sha256: z.string().optional(),
      recordCount: z.int().min(0).optional(),
    }),
  ),
});

/** The confirmed parts of a job, as they are stored beside them. */
export interface PartList {
  /** Rows of the whole job, where CXone says. */
  recordCount?: number | undefined;
  parts: JobFile[];
}

/** Whether stored bytes are those that the list announces: a list that was asked for again may announce others for the same part. */
export function isAsListed(
  stored: { bytes: number; sha256: string },
  { bytes, sha256 }: Pick<JobFile, 'bytes' | 'sha256'>,
): boolean {
  return stored.bytes === bytes && (sha256 === undefined || stored.sha256 === sha256);
}

/** Stores the list of an attempt's parts. A repeat writes the same list again. */
export async function writePartList(objects: ObjectStore, key: string, list: PartList): Promise<void> {
  await objects.writeText(key, JSON.stringify(list), 'application/json');
}

/** Reads the list of an attempt's parts. Throws `ObjectMissing`. */
export async function readPartList(objects: ObjectStore, key: string): Promise<PartList> {
  const parsed = PartList.safeParse(JSON.parse(await objects.readText(key)));
  if (parsed.success) return parsed.data as PartList;
  throw catalogued('LedgerUnreadable', `The list of parts ${key} is not of our form.`);
}
