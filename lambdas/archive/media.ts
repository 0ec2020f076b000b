import { pipeline, Transform } from 'node:stream';
import type { Playback } from '../cxone/playback.ts';
import type { OpenAnswer } from '../cxone/transport.ts';
import { mediumObjectKey } from '../lake/keys.ts';
import { type MediumName, type MediumOutcome, noteMedium, readMedium } from '../ledger/archive-media.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { isError } from '../model/errors.ts';
import type { MediumReason } from '../model/media.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';

/** A medium that met a fault is asked for again so often. */
const RETRIES = 3;
/** Full jitter over 2, 4 and 8 s: 14 s in all at the longest, beside the calls. */
const FIRST_BACK_OFF_MILLISECONDS = 2_000;

/** What storing media needs of the world. */
export interface MediaPorts {
  ledger: WindowLedger;
  objects: Pick<ObjectStore, 'writeStream'>;
  playback: Playback;
  /** The playback address as CXone gives it now; undefined where it has the interaction or the medium no more. */
  freshAddress: (name: MediumName) => Promise<string | undefined>;
  random: () => number;
  /** Name of the run, with the round. */
  by: string;
  /** Longest medium that is stored. */
  maxBytes: number;
  /** Whether nothing is called any more: what is not stored is left for a later run then. */
  givesUp: () => boolean;
}

/** A medium with the playback address that its interaction's record gives: null where it gives none, undefined where it is to be asked for. */
export interface WantedMedium extends MediumName {
  address: string | null | undefined;
}

/**
 * Stores one medium of a claimed archive day, streamed as it is, and notes what became of it. One that is stored already is
 * left alone; everything else is tried again. An address that opens no more is asked for anew, once: addresses are signed for a time.
 * Throws what stops all calls (`Throttled`, `TokenRejected`, `ClientBlocked`), and `ClaimLost`.
 */
export async function storeMedium(
  ports: MediaPorts,
  claim: ClaimedWindow,
  wanted: WantedMedium,
): Promise<MediumOutcome> {
  const { interaction, medium, address } = wanted;
  const name = { interaction, medium };
  const known = await readMedium(ports.ledger, claim.day, name);
  if (known?.state === 'stored') return known;
  const key = mediumObjectKey(ports.ledger.tenant, claim.day, interaction, medium);
  const outcome: MediumOutcome = ports.givesUp()
    ? { state: 'failed', reason: 'notTried' }
    : await fetched(ports, key, name, address);
  await noteMedium(ports.ledger, claim, name, outcome, ports.by);
  return outcome;
}

async function fetched(
  ports: MediaPorts,
  key: string,
  name: MediumName,
  given: string | null | undefined,
): Promise<MediumOutcome> {
  if (given === null || given === '') return { state: 'missing', reason: 'noAddress' };
  const first = given === undefined ? undefined : await fromAddress(ports, key, given);
  if (first !== undefined && !mayBeStale(first)) return first;
  const fresh = await ports.freshAddress(name);
  if (fresh === undefined) return { state: 'missing' };
  return first !== undefined && fresh === given ? first : fromAddress(ports, key, fresh);
}

/** Hosts answer 403 as well as 410 to a signature that is over. */
function mayBeStale({ state, reason }: MediumOutcome): boolean {
  return state === 'expired' || (state === 'forbidden' && reason === undefined);
}

async function fromAddress(ports: MediaPorts, key: string, address: string): Promise<MediumOutcome> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await attempted(ports, key, address);
    if (outcome.state !== 'failed' || tries > RETRIES) return outcome;
    const back = Math.ceil(ports.random() * FIRST_BACK_OFF_MILLISECONDS * 2 ** (tries - 1));
    await ports.ledger.clock.sleep(back);
  }
}

async function attempted(ports: MediaPorts, key: string, address: string): Promise<MediumOutcome> {
  try {
    const answer = await ports.playback.open(address);
    const body = new Bounded(ports.maxBytes, announcedBytes(answer));
    // An error of either side destroys the other, and is seen by the store.
    pipeline(answer.body, body, () => answer.body.destroy());
    const written = await ports.objects.writeStream(key, body, contentTypeOf(answer));
    return { state: 'stored', key, ...written };
  } catch (error) {
    const verdict = error instanceof Unfit ? error.outcome : verdictOf(error);
    if (verdict === undefined) throw error;
    return verdict;
  }
}

/** What an error says of one medium; undefined where it says more than that. */
function verdictOf(error: unknown): MediumOutcome | undefined {
  if (isError(error, 'CallbackRefused')) return { state: 'forbidden', reason: 'hostNotAllowed' };
  if (isError(error, 'ScopeMissing')) return { state: 'forbidden' };
  if (isError(error, 'ServerFault')) return { state: 'failed', reason: 'serverFault' };
  if (isError(error, 'ConnectionLost')) return { state: 'failed', reason: 'connectionLost' };
  if (isError(error, 'RequestRefused')) return { state: 'forbidden' };
  if (!isError(error, 'NotFound')) return undefined;
  switch (error.facts.status) {
    case 401:
    case 410:
      return { state: 'expired' };
    case 403:
      return { state: 'forbidden' };
    default:
      return { state: 'missing' };
  }
}

/** Ends the stream of a medium that is not to be stored: too long, or not as long as announced. */
class Unfit extends Error {
  override readonly name = 'Unfit';
  readonly outcome: MediumOutcome;

  constructor(state: 'forbidden' | 'failed', reason: MediumReason) {
    super(reason);
    this.outcome = { state, reason };
  }
}

/** The same bytes; ends well only where they are as many as announced, and not more than allowed. */
class Bounded extends Transform {
  readonly #most: number;
  readonly #announced: number | undefined;
  #bytes = 0;

  constructor(most: number, announced: number | undefined) {
    super();
    this.#most = most;
    this.#announced = announced;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: Error | null, chunk?: Buffer) => void) {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#most) done(new Unfit('forbidden', 'tooLarge'));
    else done(null, chunk);
  }

  override _flush(done: (error?: Error) => void) {
    const whole = this.#announced === undefined || this.#announced === this.#bytes;
    if (whole) done();
    else done(new Unfit('failed', 'incomplete'));
  }
}

function announcedBytes(answer: OpenAnswer): number | undefined {
  const text = answer.header('content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function contentTypeOf(answer: OpenAnswer): string {
  const stated = answer.header('content-type')?.split(';')[0]?.trim() ?? '';
  return /^[\w.+-]+\/[\w.+-]+$/.test(stated) ? stated : 'application/octet-stream';
}
