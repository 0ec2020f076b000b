import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { ActionId, RunArn } from '../model/ids.ts';
import { PlannedUpdate } from '../model/planned-update.ts';
import type { Item, ItemKey } from '../model/ports.ts';
import type { UpdateLedger } from './action-updates.ts';
import { conditionalUpdate } from './expressions.ts';
import { owedActionIn, owedChangeKey, owedChangePartition, owedChangeRange } from './keys.ts';

/** What `dateProcessing` is to hold: see `WantedFields`. */
const Wanted = z.object({
  set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  remove: z.array(z.string()).readonly(),
});

/**
 * What a later run finds of a change that it has no word of: it was `made`, or, where somebody else has written since,
 * it is `unclear` whether it was.
 */
export const Verdict = z.enum(['made', 'unclear']);
export type Verdict = z.infer<typeof Verdict>;

/**
 * A change of a data action that is, or may be, made and that no audit record tells yet. It outlives its run: where that is
 * killed, and another one is started in its stead, the other one finds it here and makes the record.
 */
export const OwedChange = z.object({
  /** Its sort key. */
  sk: z.string(),
  run: RunArn,
  update: PlannedUpdate,
  /** Text of `dateProcessing` before the write. */
  before: z.string(),
  wanted: Wanted,
  /** Which intention of its update it is: what was made, and undone by somebody, may have to be made again. */
  times: z.int().min(1),
  /** When it was intended, epoch milliseconds. */
  at: z.number(),
  verdict: Verdict.optional(),
  /** Text of `dateProcessing` as the verdict found it. */
  found: z.string().optional(),
  /** A record tells that it may have been made. */
  told: z.boolean().default(false),
  /** A record tells of it, or it was never made: nothing is owed. */
  settled: z.boolean().default(false),
  auditSequence: z.int().min(1).optional(),
});
export type OwedChange = z.infer<typeof OwedChange>;

/** What is about to be done to an action. */
export type IntendedChange = Pick<OwedChange, 'run' | 'update' | 'before' | 'wanted' | 'times'> & {
  id: ActionId;
};

/** A settled change is kept for as long as the items of its run are. What is owed stays. */
const KEPT_SECONDS = 60 * 86_400;

/** Notes, before the write, that a record will be owed, and gives the sort key. Doing it again overwrites it. */
export async function noteChange(
  { table, tenant, clock }: UpdateLedger,
  { id, run, update, before, wanted, times }: IntendedChange,
): Promise<string> {
  const key = owedChangeKey(tenant, id, { run, index: update.index, times });
  await table.update(
    key,
    conditionalUpdate({
      set: { run, update, before, wanted, times, at: clock.now() },
      // Another run may have taken it for never made.
      remove: ['verdict', 'found', 'settled', 'expiresAt'],
    }),
  );
  return key.sk;
}

/**
 * What is owed of an action, by any run, the latest first. Whoever writes has judged all that was owed before: the one without a verdict
 * is the latest, whatever the clocks of those who noted them said.
 */
export async function readOwed({ table, tenant }: UpdateLedger, id: ActionId): Promise<OwedChange[]> {
  const found: OwedChange[] = [];
  for await (const item of table.query(owedChangePartition(tenant), owedChangeRange(id))) {
    const change = owedChangeOf(item);
    // An id that begins as this one does, and goes on with the mark between the parts of a key, lies in the same range.
    if (!change.settled && owedActionIn(change.sk) === id) found.push(change);
  }
  const judged = ({ verdict }: OwedChange) => Number(verdict !== undefined);
  return found.toSorted((left, right) => judged(left) - judged(right) || right.at - left.at);
}

/** What is owed of all actions, by any run: with its action's id, in no order of time. Reads settled changes over, as long as they are kept. */
export async function* allOwed({
  table,
  tenant,
}: Pick<UpdateLedger, 'table' | 'tenant'>): AsyncGenerator<OwedChange & { id: ActionId }> {
  for await (const item of table.query(owedChangePartition(tenant))) {
    const change = owedChangeOf(item);
    if (!change.settled) yield { ...change, id: ActionId.parse(owedActionIn(change.sk)) };
  }
}

/** One change by its sort key, or undefined where nothing was intended. */
export async function readChange(
  { table, tenant }: UpdateLedger,
  sk: string,
): Promise<OwedChange | undefined> {
  const item = await table.get(keyOf(tenant, sk));
  return item === undefined ? undefined : owedChangeOf(item);
}

/** Keeps what a later run found of a change, so that it is known when the action holds something else again. */
export async function judgeChange(
  { table, tenant }: UpdateLedger,
  sk: string,
  facts: { verdict: Verdict; found: string },
): Promise<void> {
  await table.update(
    keyOf(tenant, sk),
    conditionalUpdate({ set: facts }, [
      // The first who looked saw it the nearest to how it was left.
      { attribute: 'verdict', is: 'absent' },
      // Its own run has made the record meanwhile.
      { attribute: 'settled', is: 'absent' },
    ]),
  );
}

/** Notes that a record tells of the change as one that may have been made. */
export async function noteTold({ table, tenant }: UpdateLedger, sk: string): Promise<void> {
  await table.update(
    keyOf(tenant, sk),
    conditionalUpdate({ set: { told: true } }, [{ attribute: 'run', is: 'present' }]),
  );
}

/** Notes that nothing is owed any more: the record with this number tells of it, or, without one, it was never made. */
export async function settleChange(
  { table, tenant, clock }: UpdateLedger,
  sk: string,
  auditSequence?: number,
): Promise<void> {
  const expiresAt = Math.floor(clock.now() / 1_000) + KEPT_SECONDS;
  await table.update(
    keyOf(tenant, sk),
    conditionalUpdate({ set: { settled: true, auditSequence, expiresAt } }, [
      // A run of an earlier release has left none.
      { attribute: 'run', is: 'present' },
    ]),
  );
}

function keyOf(tenant: UpdateLedger['tenant'], sk: string): ItemKey {
  return { pk: owedChangePartition(tenant), sk };
}

function owedChangeOf(item: Item): OwedChange {
  const parsed = OwedChange.safeParse(item);
  if (parsed.success) return parsed.data;
  throw catalogued('LedgerUnreadable', 'The ledger’s item of an owed change has unreadable fields.');
}
