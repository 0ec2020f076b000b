import type { Interactions } from '../cxone/interactions.ts';
import { fixArchiveDay } from '../ledger/archive-entries.ts';
import { nameRunDays } from '../ledger/archive-runs.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ListedInteraction } from '../model/archive-payloads.ts';
import { type Day, dayOf } from '../model/days.ts';
import { CataloguedError, catalogued, isError } from '../model/errors.ts';
import { runName } from '../model/ids.ts';
import type { FailureReason, InteractionId, UnavailableLook } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import { allSideBySide, sideBySide } from '../model/side-by-side.ts';
import { canonicalJson } from './exact-json.ts';
import type { ListedBy } from './listing.ts';
import { archivalRecord, fieldValue, recordDigest } from './record.ts';
import { type LookedUp, type Staged, type StagedBy, stagedThrough, stagePiece } from './staging.ts';

/** Calls of one invocation follow each other: batches run side by side, and the limiter shares out the slots. */
const CALLS_AT_ONCE = 1;

/** A call that met a fault is made again so often: CXone asks for no more. */
const RETRIES = 3;
/** Full jitter over 2, 4 and 8 s: 14 s in all at the longest, beside the calls. */
const FIRST_BACK_OFF_MILLISECONDS = 2_000;

/** So many faults in a row, each after its retries, are CXone's and not the interactions'. */
const FAULTS_IN_A_ROW = 5;

/** So many interactions that are all refused are not restricted one by one: a permission is missing. */
const SUSPICIOUS_REFUSALS = 5;

/** What looking up needs of the world. */
export interface LookUpPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  interactions: Pick<Interactions, 'details'>;
  random: () => number;
  /** Whether there is time for another call. */
  goesOn: () => boolean;
  /** Takes what an operator may want to look up with CXone: reason and request id. */
  note: (finding: Finding) => void;
}

/** An interaction that could not be had. */
export interface Finding {
  interaction: InteractionId;
  reason: UnavailableLook | FailureReason;
  requestId: string | undefined;
}

/** A batch of a run's list. */
export interface Batch extends ListedBy {
  /** The UTC day of the run: the archive day of what nothing is known of. */
  day: Day;
  /** The custom field that is our mark. */
  field: string;
  items: readonly ListedInteraction[];
}

/**
 * Looks up the interactions of a batch and stages what it found. What an earlier invocation staged is not asked for again. Throws what stops
 * all calls (`Throttled`, `TokenRejected`, `ClientBlocked`, `ServerFault` after faults in a row) when what was looked up before is staged.
 */
export async function lookUp(ports: LookUpPorts, batch: Batch): Promise<{ more: boolean; looked: number }> {
  const { ledger, objects } = ports;
  const by: StagedBy = { tenant: ledger.tenant, run: runName(batch.run), round: batch.round };
  const first = batch.items[0]?.n ?? 0;
  const through = await stagedThrough(objects, by, first);
  const left = batch.items.filter(({ n }) => n > through);
  const faults = new FaultCount();
  const { done, stopped } = await sideBySide(
    left,
    CALLS_AT_ONCE,
    async (item) => faults.counted(await look(ports, batch, item)),
    ports.goesOn,
  );
  const staged = await allSideBySide(done, CALLS_AT_ONCE, (found) => withDay(ports, batch, found));
  requirePermission(staged);
  await nameRunDays(ledger, batch.run, batch.round, new Set(staged.map(({ looked }) => looked.day)));
  await stagePiece(objects, by, first, staged);
  if (stopped !== undefined) throw stopped.error;
  return { more: done.length < left.length, looked: done.length };
}

/** What a look found, its archive day perhaps not known yet. */
interface Found {
  item: ListedInteraction;
  tries: number;
  record?: { text: string; digest: string; updatedTime: string; value: unknown };
  unavailable?: UnavailableLook;
  failure?: FailureReason;
  error?: unknown;
}

async function look(ports: LookUpPorts, batch: Batch, item: ListedInteraction): Promise<Found> {
  if (item.givenUp) return { item, tries: 1, unavailable: 'givenUp' };
  for (let tries = 1; ; tries += 1) {
    try {
      const found = recordOf(await ports.interactions.details(item.id), item, batch.field);
      if (found.failure === undefined || tries > RETRIES) return noted(ports, { item, tries, ...found });
    } catch (error) {
      const verdict = verdictOf(error, item);
      if (verdict === undefined) throw error;
      const repeats = verdict.failure === 'serverFault' || verdict.failure === 'connectionLost';
      if (!repeats || tries > RETRIES) return noted(ports, { item, tries, ...verdict, error });
    }
    await ports.ledger.clock.sleep(
      Math.ceil(ports.random() * FIRST_BACK_OFF_MILLISECONDS * 2 ** (tries - 1)),
    );
  }
}

/** What an error says of one interaction; undefined where it says more than that. */
function verdictOf(
  error: unknown,
  { refused }: ListedInteraction,
): Pick<Found, 'unavailable' | 'failure'> | undefined {
  if (isError(error, 'NotFound')) return { unavailable: 'notFound' };
  if (isError(error, 'ScopeMissing')) return { unavailable: refused ? 'stillForbidden' : 'forbidden' };
  if (isError(error, 'ServerFault')) return { failure: 'serverFault' };
  if (isError(error, 'ConnectionLost')) return { failure: 'connectionLost' };
  return isError(error, 'RequestRefused') ? { failure: 'refused' } : undefined;
}

/** A body that is cut short is no record either: it is asked for again before it is called malformed. */
function recordOf(
  details: string,
  { id }: ListedInteraction,
  field: string,
): Pick<Found, 'record' | 'unavailable' | 'failure'> {
  const record = archivalRecord(details);
  if (record === undefined || record.interaction_id !== id) return { failure: 'malformed' };
  if (record.status.toLowerCase() !== 'closed') return { unavailable: 'notClosed' };
  return {
    record: {
      text: canonicalJson(record),
      digest: recordDigest(record, field),
      updatedTime: new Date(record.updated_time).toISOString(),
      value: fieldValue(record, field),
    },
  };
}

function noted(ports: LookUpPorts, found: Found): Found {
  const reason = found.unavailable ?? found.failure;
  if (reason !== undefined) {
    const { requestId } = found.error instanceof CataloguedError ? found.error.facts : {};
    ports.note({
      interaction: found.item.id,
      reason,
      requestId: typeof requestId === 'string' ? requestId : undefined,
    });
  }
  return found;
}

async function withDay({ ledger }: LookUpPorts, batch: Batch, found: Found): Promise<Staged> {
  const { item, tries, record } = found;
  const seen = record === undefined ? batch.day : dayOf(Date.parse(record.updatedTime));
  const day = item.day ?? (await fixArchiveDay(ledger, item.id, seen));
  const { n, id } = item;
  const updatedTime = record?.updatedTime ?? item.at;
  const common = { n, id, day, tries, ...(updatedTime === undefined ? {} : { updatedTime }) };
  return { looked: { ...common, ...outcomeOf(found) }, record: record?.text ?? '' };
}

type Outcome = LookedUp extends infer Each
  ? Each extends LookedUp
    ? Omit<Each, 'n' | 'id' | 'day' | 'tries' | 'updatedTime'>
    : never
  : never;

function outcomeOf({ record, unavailable, failure = 'malformed' }: Found): Outcome {
  if (record !== undefined) return { outcome: 'record', digest: record.digest, value: record.value };
  return unavailable === undefined
    ? { outcome: 'failed', failure }
    : { outcome: 'unavailable', reason: unavailable };
}

/**
 * Where nothing but refusals came, the service account is not allowed to see details at all. What was refused before, or not asked for,
 * says nothing of that: looked at together again, night after night, restricted interactions would stop everything.
 */
function requirePermission(staged: readonly Staged[]): void {
  const reasons = staged.map(({ looked }) => (looked.outcome === 'unavailable' ? looked.reason : undefined));
  const refused = reasons.filter((reason) => reason === 'forbidden');
  const known = reasons.filter((reason) => reason === 'stillForbidden' || reason === 'givenUp');
  if (refused.length < SUSPICIOUS_REFUSALS || refused.length + known.length < staged.length) return;
  throw catalogued(
    'ScopeMissing',
    `CXone answered 403 to the details of all of ${refused.length} interactions: the service account lacks the scopes interactions:read and recordings:read, or may see none of them.`,
    { call: 'detail', status: 403 },
  );
}

/** Stops a batch when CXone itself fails, before every interaction has been tried in vain. */
class FaultCount {
  #row = 0;

  counted(found: Found): Found {
    const fault = found.failure === 'serverFault' || found.failure === 'connectionLost';
    this.#row = fault ? this.#row + 1 : 0;
    if (this.#row >= FAULTS_IN_A_ROW) throw found.error;
    return found;
  }
}
