import { z } from 'zod';
import {
  type EndedUpdate,
  noteEnd,
  noteFault,
  noteIntent,
  readUpdate,
  type UpdateLedger,
  type UpdateState,
} from '../ledger/action-updates.ts';
import type { RunArn } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { objectKey, type RunOwner } from './run-objects.ts';

/** What is kept of a batch's updates between the invocations that work it off. */
export interface Progress {
  stateOf(index: number): Promise<Pick<UpdateState, 'index' | 'before'> & { ended: boolean }>;
  /** Counts a fault and gives how many the update has had. */
  fault(index: number): Promise<number>;
  intend(index: number, before: string): Promise<void>;
  end(index: number, end: EndedUpdate): Promise<void>;
}

/** Progress in the ledger. What failed or was not tried in an earlier round has not ended in this one. */
export function ledgerProgress(ledger: UpdateLedger, run: RunArn, round: number): Progress {
  return {
    async stateOf(index) {
      const { before, outcome, round: ended } = await readUpdate(ledger, run, index);
      const good = outcome === 'updated' || outcome === 'inPlace';
      return { index, before, ended: good || (outcome !== undefined && ended === round) };
    },
    fault: async (index) => noteFault(ledger, run, await readUpdate(ledger, run, index), round),
    intend: (index, before) => noteIntent(ledger, run, index, before),
    end: (index, end) => noteEnd(ledger, run, index, round, end),
  };
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
    stateOf: async (index) => ({ index, before: undefined, ended: of(index).outcome !== undefined }),
    async fault(index) {
      const faults = of(index).faults + 1;
      await keep({ ...of(index), faults });
      return faults;
    },
    intend: async () => undefined,
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
