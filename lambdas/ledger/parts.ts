import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import { conditionalUpdate } from './expressions.ts';
import { partKey, partPartition, partPrefix } from './keys.ts';
import type { WindowLedger } from './windows.ts';

/** A part that lies in the raw prefix, as it was received. */
const NotedPart = z.object({
  part: z.int().min(1),
  key: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
  /** The n-th fetch of the part under its claim. */
  fetch: z.int().min(1),
  /** Records of the part, where they were counted as it was stored. */
  records: z.int().min(0).optional(),
});
export type NotedPart = z.infer<typeof NotedPart>;

/** The same, read back. */
export const StoredPart = NotedPart.extend({
  epoch: z.int().min(0).default(0).describe('Of the claim under which it was stored'),
});
export type StoredPart = z.infer<typeof StoredPart>;

/** What is stored of a part, or undefined. */
export async function readPart(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  attempt: number,
  part: number,
): Promise<StoredPart | undefined> {
  const item = await ledger.table.get(partKey(ledger.tenant, claim.dataset, claim.day, attempt, part));
  return item === undefined ? undefined : StoredPart.parse(item);
}

/** The stored parts of an attempt, by number. */
export async function readParts(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  attempt: number,
): Promise<StoredPart[]> {
  const prefix = partPrefix(claim.day, attempt);
  const parts: StoredPart[] = [];
  for await (const item of ledger.table.query(partPartition(ledger.tenant, claim.dataset), {
    from: prefix,
    to: `${prefix}~`,
  }))
    parts.push(StoredPart.parse(item));
  return parts;
}

/** Notes a part after its object is durable. Throws `ClaimLost` when a later claim has noted it already. */
export async function notePart(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  attempt: number,
  stored: NotedPart,
): Promise<void> {
  const written = await ledger.table.update(
    partKey(ledger.tenant, claim.dataset, claim.day, attempt, stored.part),
    conditionalUpdate({ set: { ...stored, epoch: claim.epoch } }, [
      // A child whose claim was taken over must not describe bytes that its successor has written since.
      {
        any: [
          { attribute: 'epoch', is: 'absent' },
          { attribute: 'epoch', is: '<=', value: claim.epoch },
        ],
      },
    ]),
  );
  if (written === 'conditionFailed')
    throw catalogued(
      'ClaimLost',
      `Part ${stored.part} of ${claim.dataset} ${claim.day} was stored under a later claim.`,
    );
}
