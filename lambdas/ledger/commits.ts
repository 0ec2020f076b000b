import type { CommitEntry } from '../model/audit.ts';
import { type Day, isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { GenerationId } from '../model/ids.ts';
import type { ClaimedWindow, GenerationFacts } from '../model/payloads.ts';
import { type Change, type Clause, conditionalUpdate } from './expressions.ts';
import { windowKey } from './keys.ts';
import { type LateRows, lateRowsUntil } from './late-rows.ts';
import { endedRegistrants, registrant } from './registrants.ts';
import { type WindowState, windowStateOf } from './window-state.ts';
import { changeClaimed, holdWindow, type WindowLedger } from './windows.ts';

/** Times that a commit is tried again when another call under the same claim comes between. */
const COMMIT_TRIES = 4;

/** An operator's rollback stands until it is unpinned, whatever a run brings meanwhile. */
const NOT_PINNED: Clause = {
  any: [
    { attribute: 'pinned', is: 'absent' },
    { attribute: 'pinned', is: '=', value: false },
  ],
};

/** What a commit did. */
export interface Committed {
  generation: GenerationId;
  replaced?: GenerationId;
  /** The generation was the current one already: nothing that a reader sees has changed. */
  unchanged: boolean;
}

/** What a commit is besides its generation. */
export interface CommitTerms {
  /**
   * Default `commit`. A `replay` is of a generation made of raw data that had been transformed before. A `rollback` is of an
   * earlier generation: it is pinned, and replaces one that is pinned.
   */
  kind?: CommitEntry['kind'];
  /**
   * The attempt whose raw parts the generation was made of: a replay takes them again. What a later attempt has brought stands: the commit
   * of an earlier one, which took longer, sees that generation through instead of its own.
   */
  attempt?: number;
  /** When CXone was asked, epoch milliseconds, where the window's item does not say: its export was a range's. */
  submittedAt?: number;
  /** Whether the commit is to be delivered to the tenant's webhook. Default false. */
  deliver?: boolean;
  /** For how long rows of the window are awaited. Default: no longer. */
  lateRows?: LateRows;
}

/** Whether the window's current generation is of a later attempt: two exports of different ranges may hold the same day. */
function isOvertaken({ sourceAttempt = 0 }: WindowState, { kind = 'commit', attempt }: CommitTerms): boolean {
  return kind === 'commit' && attempt !== undefined && attempt < sourceAttempt;
}

/**
 * The first step of a commit: makes the generation the window's current one, in one conditional write that also registers
 * the run for the steps that follow, and notes the audit record that the commit owes. Throws `ClaimLost`, `WindowPinned`, and
 * `LedgerContended` where other calls under the same claim keep coming between.
 */
export async function commitGeneration(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  made: GenerationFacts,
  asked: CommitTerms = {},
): Promise<Committed> {
  for (let tries = 0; tries < COMMIT_TRIES; tries++) {
    const before = await holdWindow(ledger, claim);
    const stands = isOvertaken(before, asked) ? before.facts : undefined;
    const facts = stands ?? made;
    const terms = stands === undefined ? asked : { ...asked, attempt: before.sourceAttempt };
    if (before.pinned && terms.kind !== 'rollback')
      throw catalogued('WindowPinned', `${claim.dataset} ${claim.day} is pinned to an earlier generation.`);
    const unchanged = before.generation === facts.generation;
    const early = stands === undefined ? askedEarly(claim.day, before, asked) : {};
    const change = commitOf(ledger, claim, before, { facts, terms, early });
    const written = await changeClaimed(ledger, claim, change, [
      ...(terms.kind === 'rollback' ? [] : [NOT_PINNED]),
      // A repeated call under the same claim must not make a second commit of one.
      before.commits === 0
        ? { attribute: 'commits', is: 'absent' }
        : { attribute: 'commits', is: '=', value: before.commits },
    ]);
    if (written === 'conditionFailed') continue;
    const replaced = unchanged ? undefined : before.generation;
    return { generation: facts.generation, unchanged, ...(replaced === undefined ? {} : { replaced }) };
  }
  throw catalogued(
    'LedgerContended',
    `The commit of ${claim.dataset} ${claim.day} kept losing to other writers.`,
  );
}

function commitOf(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  before: WindowState,
  {
    facts,
    terms,
    early,
  }: { facts: GenerationFacts; terms: CommitTerms; early: Pick<Change, 'set' | 'remove'> },
): Change {
  const now = ledger.clock.now();
  const submittedAt = terms.submittedAt ?? before.submittedAt;
  const registrants = new Set([registrant(claim.run, now)]);
  const pin = terms.kind === 'rollback' ? { pinned: true } : {};
  const source = terms.attempt === undefined ? {} : { sourceAttempt: terms.attempt };
  if (before.generation === facts.generation)
    return {
      ...early,
      set: { generation: facts.generation, facts, ...pin, ...source, ...early.set },
      add: { registrants },
    };
  const entry: CommitEntry = {
    commit: before.commits + 1,
    kind: terms.kind ?? 'commit',
    at: isoInstant(now),
    run: claim.run,
    dataset: claim.dataset,
    day: claim.day,
    generation: facts.generation,
    ...(before.generation === undefined ? {} : { replaced: before.generation }),
    ...(submittedAt === undefined || terms.kind === 'replay'
      ? {}
      : { latencyMilliseconds: Math.max(0, Math.round(now - submittedAt)) }),
    facts,
  };
  return {
    ...early,
    set: {
      generation: facts.generation,
      facts,
      ...source,
      ...early.set,
      committedAt: now,
      committedBy: claim.run,
      replaced: before.generation,
      commits: entry.commit,
      ...pin,
      ...(terms.deliver === true ? { deliverCommit: entry.commit } : {}),
    },
    add: { registrants, unaudited: new Set([JSON.stringify(entry)]) },
  };
}

/**
 * Notes that rows may still come after CXone was asked, where that is so: whatever keeps the next nights from asking again, a later one
 * does. The same key gives the job of the first POST, so an intent counts from when it was stored. A replay and a rollback ask nobody.
 */
function askedEarly(
  day: Day,
  before: WindowState,
  { kind = 'commit', lateRows, submittedAt }: CommitTerms,
): Pick<Change, 'set' | 'remove'> {
  if (kind !== 'commit') return {};
  const askedAt = submittedAt ?? before.intendedAt ?? before.submittedAt;
  return askedAt !== undefined && lateRows !== undefined && askedAt < lateRowsUntil(day, lateRows)
    ? { set: { lateRowsSince: askedAt } }
    : { remove: ['lateRowsSince'] };
}

/**
 * Keeps what a run exported with other columns or filters: there is nothing to show in catalog, `current.json` and marks, so
 * nobody registers. Throws `ClaimLost`, and `LedgerContended` when the write did not come through.
 */
export async function keepAdhoc(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  facts: GenerationFacts,
): Promise<Committed> {
  const before = await holdWindow(ledger, claim);
  const written = await changeClaimed(ledger, claim, {
    set: {
      generation: facts.generation,
      facts,
      committedAt: ledger.clock.now(),
      committedBy: claim.run,
      publishedBy: claim.run,
    },
  });
  if (written === 'conditionFailed')
    throw catalogued('LedgerContended', `The export of ${claim.dataset} ${claim.day} could not be kept.`);
  return { generation: facts.generation, unchanged: before.generation === facts.generation };
}

/**
 * Registers the run, as of now, for the later steps of a commit: whoever begins them may be the first to do so, or come back
 * to them days after the commit. Throws `ClaimLost`.
 */
export async function enterCommit(ledger: WindowLedger, claim: ClaimedWindow): Promise<void> {
  const registrants = new Set([registrant(claim.run, ledger.clock.now())]);
  const entered = await changeClaimed(ledger, claim, { add: { registrants } }, [
    // Without a generation there is nothing to show, and nobody would take the entry out again.
    { attribute: 'generation', is: 'present' },
  ]);
  if (entered === 'conditionFailed')
    throw catalogued(
      'LedgerUnreadable',
      `${claim.dataset} ${claim.day} is to be published without a generation.`,
    );
}

/**
 * Records that a later step shows the generation. Says `'conditionFailed'` when the ledger holds another one by now: the
 * step has to be repeated.
 */
export async function noteStep(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  generation: GenerationId,
  step: 'catalogGeneration' | 'currentGeneration',
): Promise<WindowState | 'conditionFailed'> {
  const key = windowKey(ledger.tenant, claim.dataset, claim.day);
  const written = await ledger.table.update(
    key,
    conditionalUpdate({ set: { [step]: generation } }, [
      // Not by claim: whoever showed what the ledger holds may say so, whoever showed something older may not.
      { attribute: 'generation', is: '=', value: generation },
    ]),
  );
  return written === 'conditionFailed' ? written : windowStateOf(key, written);
}

/** The last step: the run leaves the registrants and gives the window free. Says `'conditionFailed'` when another generation came. */
export async function leaveCommit(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  generation: GenerationId,
): Promise<WindowState | 'conditionFailed'> {
  const key = windowKey(ledger.tenant, claim.dataset, claim.day);
  const before = await holdWindow(ledger, claim);
  const registrants = endedRegistrants(before.registrants, claim.run, ledger.clock.now());
  const written = await ledger.table.update(
    key,
    conditionalUpdate(
      {
        set: { publishedBy: claim.run, leaseUntil: 0 },
        ...(registrants.size === 0 ? {} : { take: { registrants } }),
      },
      [
        { attribute: 'generation', is: '=', value: generation },
        { attribute: 'claimedBy', is: '=', value: claim.run },
        { attribute: 'epoch', is: '=', value: claim.epoch },
      ],
    ),
  );
  return written === 'conditionFailed' ? written : windowStateOf(key, written);
}
