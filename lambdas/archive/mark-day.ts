import type { Interactions } from '../cxone/interactions.ts';
import { changeArchiveDay, holdArchiveDay } from '../ledger/archive-days.ts';
import { type ArchiveEntry, archiveEntries, noteMark } from '../ledger/archive-entries.ts';
import { noteRunDay, type RunDay } from '../ledger/archive-runs.ts';
import { releaseWindow, type WindowLedger } from '../ledger/windows.ts';
import { CataloguedError, isError } from '../model/errors.ts';
import { runName } from '../model/ids.ts';
import type { InteractionId, MarkFailure } from '../model/interactions.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import { sideBySide } from '../model/side-by-side.ts';

/** Calls of one invocation follow each other: days run side by side, and the limiter shares out the slots. */
const CALLS_AT_ONCE = 1;
/** Interactions between two looks at the clock. */
const STRETCH = 40;

/** A call that met a fault is made again so often. */
const RETRIES = 3;
/** Full jitter over 2, 4 and 8 s: 14 s in all at the longest, beside the calls. */
const FIRST_BACK_OFF_MILLISECONDS = 2_000;

/** So many refusals in a row say that the field cannot be written at all: the rest is left for the next run. */
const REFUSALS_IN_A_ROW = 10;

/** A mark that was refused so often is tried again only when pending marks are asked for by name. */
const TRIES_BY_ITSELF = 10;

/** What marking a day needs of the world. */
export interface MarkDayPorts {
  ledger: WindowLedger;
  interactions: Pick<Interactions, 'setField'>;
  random: () => number;
  goesOn: () => boolean;
  note: (finding: { interaction: InteractionId; reason: MarkFailure; requestId: string | undefined }) => void;
}

/** How a day is marked. */
export interface Marking {
  round: number;
  field: string;
  value: string;
  /** Behind this interaction. */
  after?: string | undefined;
  /** Marks that were refused often are tried as well. */
  insists: boolean;
}

/**
 * Sets the custom field of a claimed day's archived interactions, whose objects are durable. What cannot be set stays a pending
 * mark, and the archive stands. At the end the day is given free. Throws what stops all calls; what was marked is noted.
 */
export async function markDay(
  ports: MarkDayPorts,
  claim: ClaimedWindow,
  marking: Marking,
): Promise<{ more: boolean; after?: string }> {
  const { ledger } = ports;
  await holdArchiveDay(ledger, claim);
  const by = `${runName(claim.run)}#${marking.round}`;
  let refusals = 0;
  let stretch: ArchiveEntry[] = [];
  const mark = async (entry: ArchiveEntry) => {
    if (refusals >= REFUSALS_IN_A_ROW) return;
    const failure = await setField(ports, entry.id, marking);
    await noteMark(ledger, claim, entry.id, { by, ...(failure === undefined ? {} : { failure }) });
    refusals = failure === undefined ? 0 : refusals + 1;
  };
  const markStretch = async () => {
    const { stopped } = await sideBySide(stretch, CALLS_AT_ONCE, mark);
    if (stopped !== undefined) throw stopped.error;
    const after = stretch.at(-1)?.id;
    stretch = [];
    return after;
  };
  for await (const entry of archiveEntries(ledger, claim.day, marking.after)) {
    if (!isDue(entry, by, marking)) continue;
    stretch.push(entry);
    if (stretch.length < STRETCH) continue;
    const after = await markStretch();
    if (after !== undefined && !ports.goesOn()) return { more: true, after };
    if (refusals >= REFUSALS_IN_A_ROW) break;
  }
  await markStretch();
  await finishDay(ledger, claim, marking.round, by);
  return { more: false };
}

function isDue(entry: ArchiveEntry, by: string, { insists }: Marking): boolean {
  if (entry.state === 'archived') return true;
  if (entry.state !== 'markPending' || entry.markTriedBy === by) return false;
  return insists || entry.markTries < TRIES_BY_ITSELF;
}

/** Sets the field; says why it could not be set. */
async function setField(
  ports: MarkDayPorts,
  id: InteractionId,
  { field, value }: Marking,
): Promise<MarkFailure | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      await ports.interactions.setField(id, field, value);
      return undefined;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      const repeats = failure === 'serverFault' || failure === 'connectionLost';
      if (!repeats || tries > RETRIES) {
        const { requestId } = error instanceof CataloguedError ? error.facts : {};
        ports.note({
          interaction: id,
          reason: failure,
          requestId: typeof requestId === 'string' ? requestId : undefined,
        });
        return failure;
      }
    }
    await ports.ledger.clock.sleep(
      Math.ceil(ports.random() * FIRST_BACK_OFF_MILLISECONDS * 2 ** (tries - 1)),
    );
  }
}

/** What an error says of one mark; undefined where it says more than that. */
function failureOf(error: unknown): MarkFailure | undefined {
  if (isError(error, 'RequestRefused')) return 'refused';
  if (isError(error, 'ScopeMissing')) return 'forbidden';
  if (isError(error, 'NotFound')) return 'notFound';
  if (isError(error, 'ServerFault')) return 'serverFault';
  return isError(error, 'ConnectionLost') ? 'connectionLost' : undefined;
}

/** Counts what is left to do of the day, as the ledger has it now, and gives the day free. */
async function finishDay(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  round: number,
  by: string,
): Promise<void> {
  let marked = 0;
  let tried = 0;
  let marksOpen = false;
  let looksOpen = false;
  let refused = 0;
  let refusedAt = '';
  const pending: RunDay['pending'] = {};
  for await (const entry of archiveEntries(ledger, claim.day)) {
    if (entry.failure !== undefined) looksOpen = true;
    if (entry.reason === 'forbidden') {
      refused += 1;
      if (entry.refusedAt !== undefined && entry.refusedAt > refusedAt) refusedAt = entry.refusedAt;
    }
    if (entry.markTriedBy === by) tried += 1;
    if (entry.state === 'marked' && entry.markedBy === by) marked += 1;
    if (entry.state === 'archived' || entry.state === 'markPending') marksOpen = true;
    if (entry.state === 'markPending' && entry.markFailure !== undefined)
      pending[entry.markFailure] = (pending[entry.markFailure] ?? 0) + 1;
  }
  await noteRunDay(ledger, claim.run, round, claim.day, { marked, pending });
  const owes = { step: 'marks', name: by, facts: { marked, pending } } as const;
  await changeArchiveDay(
    ledger,
    claim,
    { marksOpen, looksOpen, refused, refusedAt },
    tried > 0 ? owes : undefined,
  );
  await releaseWindow(ledger, claim);
}
