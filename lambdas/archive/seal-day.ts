import {
  type ArchiveDay,
  type ArchiveTally,
  changeArchiveDay,
  type DaySealing,
  holdArchiveDay,
} from '../ledger/archive-days.ts';
import { carriedOut } from '../ledger/archive-decisions.ts';
import {
  type ArchiveEntry,
  hasRecord,
  noteArchived,
  noteGivenUp,
  noteLookFailed,
  noteUnavailable,
  noteUnchanged,
  readArchiveEntry,
} from '../ledger/archive-entries.ts';
import { noteArchiveObject } from '../ledger/archive-objects.ts';
import { noteRunDay } from '../ledger/archive-runs.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { isoInstant } from '../model/days.ts';
import { runName } from '../model/ids.ts';
import type { UnavailableLook } from '../model/interactions.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { allSideBySide } from '../model/side-by-side.ts';
import type { ArchiveRecord } from './blocks.ts';
import { placesIn } from './completion.ts';
import { emptyTally, type Kind, PendingLines } from './pending-lines.ts';
import { type SealedObject, type SealPorts, sealRecords } from './seal.ts';
import { type Staged, type StagedBy, stagedOf } from './staging.ts';

/** Items of the ledger that are written side by side. */
const LEDGER_AT_ONCE = 16;
/** Of them so many are made ready at once. */
const LEDGER_PIECE = 1_000;

/** What sealing a day needs of the world. */
export interface SealDayPorts extends SealPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  /** Whether there is time for another object. */
  goesOn: () => boolean;
  /** Most bytes of an object. Default: 64 MiB. */
  objectBytes?: number;
}

/**
 * Seals what was staged of a claimed archive day: objects are durable first, then their records have their entries in the
 * ledger. What another run left half way is finished before. Says `more` when time was up.
 *
 * A day's item says whose staged records are being sealed and how far that has come, before anything is uploaded. Begun
 * again, the same records are chosen from the same place on, so the same objects come of it, and those that are there are
 * not uploaded again: an interaction is in no second object, wherever this was stopped.
 *
 * @param value what the custom field holds of an interaction that is marked
 */
export async function sealDay(
  ports: SealDayPorts,
  claim: ClaimedWindow,
  { round, value }: { round: number; value: string },
): Promise<{ more: boolean; objects: number }> {
  const { ledger } = ports;
  const own = { run: runName(claim.run), round };
  const state = await holdArchiveDay(ledger, claim);
  const left = state.sealing;
  if (left !== undefined && !left.done && !isOf(left, own)) {
    const finished = await new DaySeal(ports, claim, state, left, value).run();
    if (finished.more) return finished;
  }
  const begun =
    left !== undefined && isOf(left, own) ? left : { ...own, through: -1, done: false, tally: emptyTally() };
  const seal = new DaySeal(ports, claim, state, begun, value);
  const result = begun.done ? { more: false, objects: 0 } : await seal.run();
  if (!result.more) await noteRunDay(ledger, claim.run, round, claim.day, { tally: seal.sealing.tally });
  return result;
}

function isOf(
  sealing: Pick<ArchiveDay['sealing'] & object, 'run' | 'round'>,
  own: { run: string; round: number },
): boolean {
  return sealing.run === own.run && sealing.round === own.round;
}

/**
 * Whether the archive holds a later state of an interaction than a look found: a run that was stopped before it sealed, and is redriven
 * after others, has looked long ago. Times are compared only where both are of details.
 */
function isOutdated(
  { updatedTime }: Pick<Staged['looked'], 'updatedTime'>,
  entry: Pick<ArchiveEntry, 'updatedTime' | 'failure' | 'reason' | 'givenUp'>,
): boolean {
  const isOfDetails = entry.failure === undefined && entry.reason === undefined && !entry.givenUp;
  return isOfDetails && updatedTime !== undefined && (entry.updatedTime ?? '') > updatedTime;
}

/** Seals what one run staged of a day. */
class DaySeal {
  sealing: DaySealing;
  readonly #ports: SealDayPorts;
  readonly #claim: ClaimedWindow;
  readonly #day: ArchiveDay;
  readonly #by: StagedBy;
  readonly #value: string;
  readonly #pending = new PendingLines();
  #objects = 0;

  /** @param day as it was when it was taken up */
  constructor(
    ports: SealDayPorts,
    claim: ClaimedWindow,
    day: ArchiveDay,
    sealing: DaySealing,
    value: string,
  ) {
    this.#day = day;
    this.#ports = ports;
    this.#claim = claim;
    this.sealing = sealing;
    this.#value = value;
    this.#by = { tenant: ports.ledger.tenant, run: sealing.run, round: sealing.round };
  }

  async run(): Promise<{ more: boolean; objects: number }> {
    const { ledger, goesOn, objectBytes } = this.#ports;
    await changeArchiveDay(ledger, this.#claim, { sealing: this.sealing });
    const day = { tenant: ledger.tenant, day: this.#claim.day };
    for await (const object of sealRecords(this.#ports, day, this.#records(), objectBytes)) {
      await this.#commit(object);
      if (!goesOn()) return { more: true, objects: this.#objects };
    }
    const tally = this.#pending.tallied(this.sealing.tally);
    this.sealing = { ...this.sealing, done: true, tally };
    const { archived, unchanged, unavailable, failed, objects } = tally;
    const over = await carriedOut(ledger, this.#day, this.#lookedBy);
    const ended = over.givenUp.size;
    // Nothing has become of interactions that are archived already: there is nothing to tell.
    const happened = placesIn(tally) > unchanged || ended > 0;
    const facts = { archived, unchanged, unavailable, failed, objects: objects.length };
    await changeArchiveDay(
      ledger,
      this.#claim,
      { sealing: this.sealing, ...this.#openLooks(tally) },
      happened
        ? {
            step: 'sealing',
            name: this.#lookedBy,
            facts: { ...facts, ...(ended === 0 ? {} : { noLongerGivenUp: ended }) },
          }
        : undefined,
      over,
    );
    return { more: false, objects: this.#objects };
  }

  /** That there is something to be looked at again is known before the marks are tried, which are counted anew with it. */
  #openLooks({ unavailable, failed }: ArchiveTally): Parameters<typeof changeArchiveDay>[2] {
    const { forbidden = 0, stillForbidden = 0 } = unavailable;
    const refused = Math.max(this.#day.refused, forbidden + stillForbidden);
    const refusedAt = isoInstant(this.#ports.ledger.clock.now());
    return {
      ...(Object.keys(failed).length > 0 ? { looksOpen: true } : {}),
      ...(forbidden > 0 ? { refused, refusedAt } : {}),
    };
  }

  /** The records that belong in an object: new ones, changed ones, and those that this very stretch has noted already. */
  async *#records(): AsyncGenerator<ArchiveRecord[]> {
    const { objects } = this.#ports;
    for await (const piece of stagedOf(objects, this.#by, this.#claim.day, this.sealing.through)) {
      const kinds = await allSideBySide(piece, LEDGER_AT_ONCE, (staged) => this.#settle(staged));
      const records: ArchiveRecord[] = [];
      for (const [index, { looked, record }] of piece.entries()) {
        const kind = kinds[index] ?? 'failed';
        this.#pending.add(looked, kind, this.#value);
        if (kind === 'sealed') records.push({ id: looked.id, line: record });
      }
      if (records.length > 0) yield records;
    }
  }

  async #settle({ looked }: Staged): Promise<Kind> {
    const { ledger } = this.#ports;
    const look = { id: looked.id, lookedBy: this.#lookedBy, updatedTime: looked.updatedTime };
    switch (looked.outcome) {
      case 'unavailable':
        await this.#noteUnavailable(look, looked.reason);
        return 'unavailable';
      case 'failed':
        await noteLookFailed(ledger, this.#claim, { ...look, failure: looked.failure });
        return 'failed';
      case 'record': {
        const entry = await readArchiveEntry(ledger, this.#claim.day, looked.id);
        if (entry === undefined || !hasRecord(entry)) return 'sealed';
        if (entry.digest !== looked.digest) return isOutdated(looked, entry) ? 'unchanged' : 'sealed';
        if (entry.segment === this.#segment) return 'sealed';
        await noteUnchanged(ledger, this.#claim, look);
        return entry.archivedBy === this.sealing.run ? 'archived' : 'unchanged';
      }
    }
  }

  async #noteUnavailable(look: Parameters<typeof noteGivenUp>[2], reason: UnavailableLook): Promise<void> {
    const { ledger } = this.#ports;
    if (reason === 'givenUp') return noteGivenUp(ledger, this.#claim, look);
    const known = reason === 'stillForbidden' ? 'forbidden' : reason;
    return noteUnavailable(ledger, this.#claim, { ...look, reason: known });
  }

  async #commit(object: SealedObject): Promise<void> {
    const { ledger } = this.#ports;
    const { day } = this.#claim;
    const stretch = this.#pending.take(object.records);
    const { n: through, id: last } = stretch.last;
    if (last !== object.lastId) throw new Error('An object ends with another record than its stretch.');
    const sealed = { object: object.key, archivedBy: this.sealing.run, segment: this.#segment };
    for (const looks of stretch.sealed(LEDGER_PIECE))
      await allSideBySide(looks, LEDGER_AT_ONCE, (look) =>
        noteArchived(ledger, this.#claim, { ...look, lookedBy: this.#lookedBy }, sealed),
      );
    const { key, sha256, records, plainBytes, sealedBytes } = object;
    const facts = { key, day, sha256, records, plainBytes, sealedBytes };
    await noteArchiveObject(ledger, { ...facts, sealedBy: this.sealing.run });
    const before = this.sealing.tally;
    const tally = {
      ...stretch.tallied(before),
      objects: [...before.objects, key],
      plainBytes: before.plainBytes + plainBytes,
      sealedBytes: before.sealedBytes + sealedBytes,
    };
    const owes = {
      step: 'object',
      name: this.#segment,
      facts: { object: key, sha256, records, plainBytes, sealedBytes },
    } as const;
    this.sealing = { ...this.sealing, through, tally };
    this.#objects += 1;
    await changeArchiveDay(ledger, this.#claim, { sealing: this.sealing, marksOpen: true }, owes);
  }

  /** What is sealed together is named by where it begins. */
  get #segment(): string {
    return `${this.#lookedBy}#${this.sealing.through}`;
  }

  get #lookedBy(): string {
    return `${this.sealing.run}#${this.sealing.round}`;
  }
}
