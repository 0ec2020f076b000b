import type { Interactions } from '../cxone/interactions.ts';
import { changeArchiveDay, holdArchiveDay } from '../ledger/archive-days.ts';
import { archivedMedia, type MediumName } from '../ledger/archive-media.ts';
import { noteRunDay } from '../ledger/archive-runs.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { isError } from '../model/errors.ts';
import { runName } from '../model/ids.ts';
import { InteractionId } from '../model/interactions.ts';
import type { MediaTally } from '../model/media.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { sideBySide } from '../model/side-by-side.ts';
import { parseExactJson } from './exact-json.ts';
import { type MediaPorts, storeMedium, type WantedMedium } from './media.ts';
import { ArchivalRecord, archivalRecord } from './record.ts';
import { type StagedBy, stagedOf } from './staging.ts';

/** Media of one invocation that are streamed side by side: each holds two parts of its upload. */
const MEDIA_AT_ONCE = 3;

/** So many that failed in a row say that it is not the media's fault: the rest is left for a later run. */
const FAILURES_IN_A_ROW = 10;

/** What storing a day's media needs of the world. */
export interface MediaDayPorts extends Omit<MediaPorts, 'freshAddress' | 'by' | 'givesUp'> {
  objects: ObjectStore;
  interactions: Pick<Interactions, 'details'>;
  /** Whether there is time for other media. */
  goesOn: () => boolean;
}

/**
 * Stores the media of a claimed archive day: of the interactions that the run has looked up, in the order of its list, then
 * those that failed in earlier runs. Says `more` and how far it has come when time was up. Throws what stops all calls; what was
 * stored is noted.
 *
 * @param after the place in the list behind which to go on
 */
export async function storeMediaOfDay(
  ports: MediaDayPorts,
  claim: ClaimedWindow,
  { round, after }: { round: number; after: number },
): Promise<{ more: boolean; after: number }> {
  const { ledger, objects } = ports;
  await holdArchiveDay(ledger, claim);
  const staged: StagedBy = { tenant: ledger.tenant, run: runName(claim.run), round };
  const by = `${staged.run}#${round}`;
  const store = storing(ports, claim, by);
  let through = after;
  for await (const piece of stagedOf(objects, staged, claim.day, after)) {
    const wanted = piece.flatMap(({ looked, record }) =>
      mediaIn(record).map((medium) => ({ ...medium, n: looked.n })),
    );
    const left = await store(wanted);
    if (left !== undefined) return { more: true, after: left.n - 1 };
    through = piece.at(-1)?.looked.n ?? through;
  }
  for await (const { interaction, medium, state, notedBy } of archivedMedia(ledger, claim.day)) {
    if (state !== 'failed' || notedBy === by) continue;
    const left = await store([{ interaction, medium, address: undefined }]);
    if (left !== undefined) return { more: true, after: through };
  }
  await finish(ledger, claim, round, by);
  return { more: false, after: through };
}

/** Stores media side by side, and gives the first of them that there was no time for. */
function storing(ports: MediaDayPorts, claim: ClaimedWindow, by: string) {
  let failures = 0;
  const media: MediaPorts = {
    ...ports,
    by,
    freshAddress: (name) => freshAddress(ports, name),
    givesUp: () => failures >= FAILURES_IN_A_ROW,
  };
  return async <Wanted extends WantedMedium>(wanted: readonly Wanted[]): Promise<Wanted | undefined> => {
    const work = async (medium: Wanted) => {
      const { state } = await storeMedium(media, claim, medium);
      failures = state === 'failed' ? failures + 1 : 0;
      return state;
    };
    const { done, stopped } = await sideBySide(wanted, MEDIA_AT_ONCE, work, ports.goesOn);
    if (stopped !== undefined) throw stopped.error;
    return wanted[done.length];
  };
}

/** Counts what the run made of the day's media, as the ledger has it now. */
async function finish(ledger: WindowLedger, claim: ClaimedWindow, round: number, by: string): Promise<void> {
  const media: MediaTally = {};
  let mediaOpen = false;
  for await (const { state, notedBy } of archivedMedia(ledger, claim.day)) {
    if (state === 'failed') mediaOpen = true;
    if (notedBy === by) media[state] = (media[state] ?? 0) + 1;
  }
  await noteRunDay(ledger, claim.run, round, claim.day, { media });
  const owes = { step: 'media', name: by, facts: media } as const;
  await changeArchiveDay(ledger, claim, { mediaOpen }, Object.keys(media).length > 0 ? owes : undefined);
}

/** The media of a staged record: an empty one is of an interaction that could not be had. */
function mediaIn(line: string): WantedMedium[] {
  const record = line === '' ? undefined : ArchivalRecord.safeParse(parseExactJson(line)).data;
  return record === undefined ? [] : mediaOf(record);
}

/** A medium without an id is named by its place. */
function mediaOf({ interaction_id: interaction, media }: ArchivalRecord): WantedMedium[] {
  return media.map(({ media_id, playback_url: address }, place) => ({
    interaction,
    medium: media_id ?? `place-${place + 1}`,
    address,
  }));
}

async function freshAddress(
  { interactions }: MediaDayPorts,
  { interaction, medium }: MediumName,
): Promise<string | undefined> {
  try {
    const record = archivalRecord(await interactions.details(InteractionId.parse(interaction)));
    const found = record && mediaOf(record).find((one) => one.medium === medium);
    return found?.address ?? undefined;
  } catch (error) {
    if (isError(error, 'NotFound') || isError(error, 'ScopeMissing')) return undefined;
    throw error;
  }
}
