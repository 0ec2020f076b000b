import { z } from 'zod';
import type { Day } from '../model/days.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import { MediumReason, MediumState } from '../model/media.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ItemKey } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';
import type { WindowLedger } from './windows.ts';

/** A recording or transcript of an interaction, as the ledger knows it. */
export const ArchivedMediumEntry = z.object({
  interaction: z.string(),
  medium: z.string(),
  state: MediumState,
  reason: MediumReason.optional(),
  key: z.string().optional().describe('Of the object, where it is stored'),
  bytes: z.int().min(0).optional(),
  sha256: z.string().optional(),
  notedAt: z.iso.datetime(),
  notedBy: z.string().describe('Name of the run, with the round'),
});
export type ArchivedMediumEntry = z.infer<typeof ArchivedMediumEntry>;

/** What became of a medium in one try. */
export type MediumOutcome = Pick<ArchivedMediumEntry, 'state' | 'reason' | 'key' | 'bytes' | 'sha256'>;

/** Which medium of which interaction. */
export interface MediumName {
  interaction: string;
  medium: string;
}

function mediaPartition(tenant: TenantId, day: Day): string {
  return `${tenant}#archive#media#${day}`;
}

function mediumKey(tenant: TenantId, day: Day, { interaction, medium }: MediumName): ItemKey {
  return { pk: mediaPartition(tenant, day), sk: `${interaction}#${medium}` };
}

/** What the ledger knows of a medium, or undefined. */
export async function readMedium(
  ledger: WindowLedger,
  day: Day,
  name: MediumName,
): Promise<ArchivedMediumEntry | undefined> {
  const item = await ledger.table.get(mediumKey(ledger.tenant, day, name));
  return item === undefined ? undefined : ArchivedMediumEntry.parse(item);
}

/** All media of an archive day that the ledger knows, by interaction. */
export async function* archivedMedia(ledger: WindowLedger, day: Day): AsyncGenerator<ArchivedMediumEntry> {
  for await (const item of ledger.table.query(mediaPartition(ledger.tenant, day)))
    yield ArchivedMediumEntry.parse(item);
}

/**
 * Notes what became of a medium, after its object is durable.
 *
 * @param by name of the run, with the round
 * @throws ClaimLost where a later claim has noted it
 */
export async function noteMedium(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  name: MediumName,
  outcome: MediumOutcome,
  by: string,
): Promise<void> {
  const { state, reason, key, bytes, sha256 } = outcome;
  const set = {
    ...name,
    state,
    reason,
    key,
    bytes,
    sha256,
    notedAt: isoInstant(ledger.clock.now()),
    notedBy: by,
    epoch: claim.epoch,
  };
  const written = await ledger.table.update(
    mediumKey(ledger.tenant, claim.day, name),
    conditionalUpdate({ set, ...(reason === undefined ? { remove: ['reason'] } : {}) }, [
      {
        any: [
          { attribute: 'epoch', is: 'absent' },
          // Whoever has lost the day must not write what its successor has written since.
          { attribute: 'epoch', is: '<=', value: claim.epoch },
        ],
      },
    ]),
  );
  if (written === 'conditionFailed')
    throw catalogued('ClaimLost', `A medium of ${claim.day} was noted under a later claim.`);
}
