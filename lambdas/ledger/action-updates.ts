import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import type { RunArn, TenantId } from '../model/ids.ts';
import type { Clock, Item, Table } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';
import { actionKey, actionPartition } from './keys.ts';

/** How an update of a data action ended. `notTried`: the breaker was open. */
export const UpdateOutcome = z.enum(['updated', 'inPlace', 'failed', 'notTried']);
export type UpdateOutcome = z.infer<typeof UpdateOutcome>;

/** What the ledger holds of one update of a run. */
export const UpdateState = z.object({
  index: z.int().min(0),
  outcome: UpdateOutcome.optional(),
  /** The round of the run in which it ended: a redrive tries what failed again, under the next one. */
  round: z.int().min(0).default(0),
  /** Attempts of this round that ended in a fault. */
  faults: z.int().min(0).default(0),
  faultRound: z.int().min(0).default(0),
  /** Text of `dateProcessing` before our first write; present as soon as we may have written. */
  before: z.string().optional(),
  /** Sort key of its change (`OwedChange`); present as soon as we may have written. */
  change: z.string().optional(),
  /** How often it has meant to change the action. */
  times: z.int().min(0).default(0),
  /** Sort keys of changes of other runs whose records this run makes. */
  settles: z.array(z.string()).optional(),
  /** Name of the run that had made the change, where that came to no end. */
  madeBy: z.string().optional(),
  after: z.string().optional(),
  latencyMilliseconds: z.number().optional(),
  accuracyMilliseconds: z.number().optional(),
  /** Whether the rest of the action was changed by somebody else right after our write. */
  changedSince: z.boolean().optional(),
  /** Epoch milliseconds. */
  endedAt: z.number().optional(),
  /** Number of its record in the audit chain of the pipeline. */
  auditSequence: z.int().min(1).optional(),
  /** What became of its own message to the webhook. */
  webhook: z.enum(['delivered', 'dead']).optional(),
  error: z.string().optional(),
  sentence: z.string().optional(),
});
export type UpdateState = z.infer<typeof UpdateState>;

/** What is noted of an update when it has ended. */
export type EndedUpdate = Pick<
  UpdateState,
  'after' | 'latencyMilliseconds' | 'accuracyMilliseconds' | 'changedSince' | 'madeBy' | 'error' | 'sentence'
> & { outcome: UpdateOutcome; before?: string | undefined; change?: string; times?: number };

/**
 * A run lasts 14 days and may be redriven for 14 more. Its name may be used again 90 days after its end (Step Functions'
 * documentation, `StartExecution`): these items must not be there any more by then. The results in S3 stay.
 */
const KEPT_SECONDS = 60 * 86_400;

/** Whose updates, in which run. */
export interface UpdateLedger {
  table: Table;
  tenant: TenantId;
  clock: Clock;
}

/** How an update stands. */
export async function readUpdate(ledger: UpdateLedger, run: RunArn, index: number): Promise<UpdateState> {
  const key = actionKey(ledger.tenant, run, index);
  return updateStateOf(index, await ledger.table.get(key));
}

/** All updates of a run that anything is noted of, in the order of the run's list. */
export async function* readUpdates(ledger: UpdateLedger, run: RunArn): AsyncIterable<UpdateState> {
  for await (const item of ledger.table.query(actionPartition(ledger.tenant, run)))
    yield updateStateOf(Number(item.sk), item);
}

/** Notes, before a write, what it is about to replace: what is found in place later is our own work then. */
export async function noteIntent(
  ledger: UpdateLedger,
  run: RunArn,
  index: number,
  intent: { before: string; change: string; times: number },
): Promise<void> {
  await change(ledger, run, index, { set: intent });
}

/** Notes for which changes of other runs this one is to make the records. */
export async function noteSettles(
  ledger: UpdateLedger,
  run: RunArn,
  index: number,
  settles: readonly string[],
): Promise<void> {
  await change(ledger, run, index, { set: { settles } });
}

/** Counts a fault of a round and gives how many it has had. */
export async function noteFault(
  ledger: UpdateLedger,
  run: RunArn,
  state: UpdateState,
  round: number,
): Promise<number> {
  const faults = (state.faultRound === round ? state.faults : 0) + 1;
  await change(ledger, run, state.index, { set: { faults, faultRound: round } });
  return faults;
}

/** Notes how an update ended in a round. Repeating it changes nothing. */
export async function noteEnd(
  ledger: UpdateLedger,
  run: RunArn,
  index: number,
  round: number,
  end: EndedUpdate,
): Promise<void> {
  const gone = end.error === undefined ? ['error', 'sentence'] : [];
  // What it had written before was judged first, and is recorded as what was found.
  if (end.error === 'ActionSuperseded') gone.push('before', 'change');
  await change(ledger, run, index, {
    set: { ...end, round, endedAt: ledger.clock.now(), sentence: end.sentence?.slice(0, 1_000) },
    // What ends anew owes a record anew.
    remove: [...gone, 'auditSequence'],
  });
}

/** Whether something in CXone is, or may be, changed that no audit record tells yet: by the update, or by an earlier run. */
export function owesAudit(state: UpdateState): boolean {
  const { settles = [], auditSequence } = state;
  return auditSequence === undefined && (settles.length > 0 || hasChanged(state));
}

/** Whether an update has, or may have, changed something in CXone itself. */
export function hasChanged({ outcome, before, madeBy }: UpdateState): boolean {
  return (outcome === 'updated' && madeBy === undefined) || (outcome === 'failed' && before !== undefined);
}

/** Whether the webhook, where it is told of each update, has not heard of this one, nor has its message been given up. */
export function isUntold({ outcome, webhook }: UpdateState): boolean {
  return outcome === 'updated' && webhook === undefined;
}

/** Notes what became of an update's message to the webhook. */
export function noteWebhook(
  ledger: UpdateLedger,
  run: RunArn,
  index: number,
  webhook: 'delivered' | 'dead',
): Promise<void> {
  return change(ledger, run, index, { set: { webhook } });
}

/** Notes which audit record an update has. */
export function noteAudit(
  ledger: UpdateLedger,
  run: RunArn,
  index: number,
  auditSequence: number,
): Promise<void> {
  return change(ledger, run, index, { set: { auditSequence } });
}

async function change(
  { table, tenant, clock }: UpdateLedger,
  run: RunArn,
  index: number,
  { set, remove = [] }: { set: Record<string, unknown>; remove?: readonly string[] },
): Promise<void> {
  const expiresAt = Math.floor(clock.now() / 1_000) + KEPT_SECONDS;
  await table.update(
    actionKey(tenant, run, index),
    conditionalUpdate({ set: { ...set, expiresAt }, remove }),
  );
}

function updateStateOf(index: number, item: Item | undefined): UpdateState {
  const parsed = UpdateState.safeParse({ ...item, index });
  if (parsed.success) return parsed.data;
  throw catalogued('LedgerUnreadable', `The ledger's item of update ${index} has unreadable fields.`);
}
