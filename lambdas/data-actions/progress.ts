import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { giveTurnBack, type LastAsked, noteAsked, takeTurn } from '../ledger/action-turns.ts';
import {
  type EndedUpdate,
  noteEnd,
  noteFault,
  noteIntent,
  noteSettles,
  readUpdate,
  type UpdateLedger,
} from '../ledger/action-updates.ts';
import {
  type IntendedChange,
  judgeChange,
  noteChange,
  type OwedChange,
  readOwed,
  settleChange,
  type Verdict,
} from '../ledger/owed-changes.ts';
import type { ActionId, RunArn } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { objectKey, type RunOwner } from './run-objects.ts';

/** What is kept of a batch's updates between the invocations that work it off. */
export interface Progress {
  stateOf(index: number): Promise<{ ended: boolean }>;
  /** Counts a fault and gives how many the update has had. */
  fault(index: number): Promise<number>;
  /** Takes the turn at the action: nobody else of us changes it until it is given back. Else when to ask again (epoch milliseconds). */
  takeTurn(id: ActionId): Promise<number | undefined>;
  /** Of an action whose turn is taken: the run that was started after this one and whose value it has held since. */
  supersededBy(id: ActionId): RunArn | undefined;
  /** Of an action whose turn is taken: notes that it holds this run's value. Before the end of its update, which nobody comes back to. */
  holds(id: ActionId): Promise<void>;
  /** Gives it back, at once or at an instant to come: see `giveTurnBack`. */
  giveTurnBack(id: ActionId, freeAt?: number): Promise<void>;
  /** Changes of the action that are made, or may be, and of which no record tells: of this run's own the latest is `own`. */
  owed(index: number, id: ActionId): Promise<{ owed: OwedChange[]; own: OwedChange | undefined }>;
  /** Keeps what was found of changes: their records are made after the batch. */
  judge(index: number, judged: readonly JudgedChange[]): Promise<void>;
  /** Keeps that changes were never made. */
  drop(dropped: readonly Pick<OwedChange, 'sk'>[]): Promise<void>;
  /** Notes what is about to be done, before it is. */
  intend(change: Omit<IntendedChange, 'run' | 'times'>): Promise<Pick<OwedChange, 'sk'>>;
  end(index: number, end: EndedUpdate): Promise<void>;
}

/** A change, and what was found of it. */
export type JudgedChange = Pick<OwedChange, 'sk'> & { verdict: Verdict; found: string };

/** Whose progress: a round of a run. */
export interface ProgressOf {
  run: RunArn;
  round: number;
  /** When the run was started, epoch milliseconds; unknown of one that an earlier release has begun. */
  startedAt?: number | undefined;
}

/**
 * Progress in the ledger, as one invocation of a function makes it. What failed or was not tried in an earlier round has not ended
 * in this one.
 *
 * @param remainingMilliseconds for which the invocation lives at the most
 */
export function ledgerProgress(
  ledger: UpdateLedger,
  { run, round, startedAt }: ProgressOf,
  remainingMilliseconds: () => number,
): Progress {
  const holder = randomUUID();
  const asked = new Map<ActionId, LastAsked | undefined>();
  const isLater = (other: LastAsked | undefined) =>
    other !== undefined && startedAt !== undefined && other.startedAt > startedAt;
  return {
    async stateOf(index) {
      const { outcome, round: ended } = await readUpdate(ledger, run, index);
      const good = outcome === 'updated' || outcome === 'inPlace';
      return { ended: good || (outcome !== undefined && ended === round) };
    },
    fault: async (index) => noteFault(ledger, run, await readUpdate(ledger, run, index), round),
    async takeTurn(id) {
      const livesUntil = ledger.clock.now() + Math.max(0, remainingMilliseconds());
      const turn = await takeTurn(ledger, id, { holder, livesUntil });
      if (!turn.taken) return turn.againAt;
      asked.set(id, turn.asked);
      return undefined;
    },
    supersededBy(id) {
      const other = asked.get(id);
      return isLater(other) ? other?.run : undefined;
    },
    async holds(id) {
      const before = asked.get(id);
      if (startedAt === undefined || isLater(before) || before?.run === run) return;
      await noteAsked(ledger, id, holder, { run, startedAt });
    },
    giveTurnBack: (id, freeAt) => giveTurnBack(ledger, id, holder, freeAt),
    async owed(index, id) {
      const owed: OwedChange[] = [];
      for (const change of await readOwed(ledger, id)) owed.push(await asItsRunTells(ledger, change));
      const own = owed.find((change) => change.run === run && change.update.index === index);
      return { owed, own };
    },
    async judge(index, judged) {
      for (const { sk, verdict, found } of judged) await judgeChange(ledger, sk, { verdict, found });
      if (judged.length === 0) return;
      // What was found before, in this attempt or an earlier one, is owed as before.
      const { settles = [] } = await readUpdate(ledger, run, index);
      await noteSettles(ledger, run, index, [...new Set([...settles, ...judged.map(({ sk }) => sk)])]);
    },
    async drop(dropped) {
      for (const { sk } of dropped) await settleChange(ledger, sk);
    },
    async intend(intended) {
      const { index } = intended.update;
      const times = (await readUpdate(ledger, run, index)).times + 1;
      // For everybody first: what this run alone knew of would be gone with it.
      const change = await noteChange(ledger, { ...intended, run, times });
      await noteIntent(ledger, run, index, { before: intended.before, change, times });
      return { sk: change };
    },
    end: (index, end) => noteEnd(ledger, run, index, round, end),
  };
}

/** A change that its run has read back, and not recorded yet: whatever the action holds since, it was made. */
async function asItsRunTells(ledger: UpdateLedger, change: OwedChange): Promise<OwedChange> {
  if (change.verdict !== undefined) return change;
  const { outcome, change: made, after } = await readUpdate(ledger, change.run, change.update.index);
  return outcome === 'updated' && made === change.sk ? { ...change, verdict: 'made', found: after } : change;
}

/** What a dry run found of an update. */
export const PreviewedUpdate = z.object({
  index: z.int().min(0),
  faults: z.int().min(0).default(0),
  outcome: z.enum(['wouldUpdate', 'inPlace', 'failed', 'notTried']).optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  error: z.string().optional(),
  sentence: z.string().optional(),
});
export type PreviewedUpdate = z.infer<typeof PreviewedUpdate>;

/** Progress of a dry run: an object of the run's own, for nothing else may be written. */
export async function previewProgress(
  objects: ObjectStore,
  owner: RunOwner,
  batch: number,
): Promise<Progress> {
  const found = new Map((await readPreview(objects, owner, batch)).map((update) => [update.index, update]));
  const of = (index: number): PreviewedUpdate => found.get(index) ?? { index, faults: 0 };
  const keep = async (update: PreviewedUpdate) => {
    found.set(update.index, update);
    const text = JSON.stringify([...found.values()]);
    await objects.writeText(previewKey(owner, batch), text, 'application/json');
  };
  return {
    stateOf: async (index) => ({ ended: of(index).outcome !== undefined }),
    async fault(index) {
      const faults = of(index).faults + 1;
      await keep({ ...of(index), faults });
      return faults;
    },
    takeTurn: async () => undefined,
    supersededBy: () => undefined,
    holds: async () => undefined,
    giveTurnBack: async () => undefined,
    owed: async () => ({ owed: [], own: undefined }),
    judge: async () => undefined,
    drop: async () => undefined,
    intend: async () => ({ sk: '' }),
    async end(index, { outcome, before, after, error, sentence }) {
      const shown = outcome === 'updated' ? 'wouldUpdate' : outcome;
      await keep({ ...of(index), outcome: shown, before, after, error, sentence });
    },
  };
}

/** What a dry run has found of a batch so far. */
export async function readPreview(
  objects: ObjectStore,
  owner: RunOwner,
  batch: number,
): Promise<PreviewedUpdate[]> {
  const key = previewKey(owner, batch);
  if ((await objects.find(key)) === undefined) return [];
  return z.array(PreviewedUpdate).parse(JSON.parse(await objects.readText(key)));
}

function previewKey(owner: RunOwner, batch: number): string {
  return objectKey(owner, `preview/batch-${String(batch).padStart(5, '0')}.json`);
}
