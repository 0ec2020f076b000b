import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { type ActionId, RunArn } from '../model/ids.ts';
import type { Item } from '../model/ports.ts';
import type { UpdateLedger } from './action-updates.ts';
import { conditionalUpdate } from './expressions.ts';
import { actionTurnKey } from './keys.ts';

/*
 * One writer of ours at a time for a data action. What a run that died has done to it can be told from the action only as long as no
 * other run has written since; and of two that write at once, where CXone numbers no versions, one would not see the other.
 */

/** Whose turn it is: an invocation of a function, and until when it may live at the most (epoch milliseconds). */
export interface TurnTaker {
  holder: string;
  livesUntil: number;
}

/** Clocks of two machines differ by less, and a write that a dying function has sent has arrived or is lost by then. */
const AFTERLIFE_MILLISECONDS = 60_000;

/** Another invocation's turn is asked for again after as long as it has been held, but no sooner and no later than this. */
const SHORTEST_WAIT_MILLISECONDS = 5_000;
const LONGEST_WAIT_MILLISECONDS = 60_000;

/** What is asked of an action is remembered for as long as a run can be redriven, 28 days after its start, and longer. */
const KEPT_SECONDS = 60 * 86_400;

/** The run that was started last of those whose value an action has held. */
export const LastAsked = z.object({
  run: RunArn,
  /** When it was started, epoch milliseconds. */
  startedAt: z.number(),
});
export type LastAsked = z.infer<typeof LastAsked>;

const Turn = z.object({
  since: z.number().default(0),
  until: z.number().default(0),
  asked: LastAsked.optional(),
});

/** What came of asking for the turn: it is taken, or when to ask again (epoch milliseconds). */
export type TurnOutcome = { taken: true; asked: LastAsked | undefined } | { taken: false; againAt: number };

/**
 * Takes the turn at a data action. It ends when it is given back; that of an invocation that died, when that could live no longer:
 * 16 minutes at the most. Doing it again as the same holder takes it anew.
 */
export async function takeTurn(
  { table, tenant, clock }: UpdateLedger,
  id: ActionId,
  { holder, livesUntil }: TurnTaker,
): Promise<TurnOutcome> {
  const key = actionTurnKey(tenant, id);
  const since = clock.now();
  const until = livesUntil + AFTERLIFE_MILLISECONDS;
  const expiresAt = Math.ceil(until / 1_000) + KEPT_SECONDS;
  const taken = await table.update(
    key,
    conditionalUpdate({ set: { holder, since, until, expiresAt } }, [
      {
        any: [
          { attribute: 'holder', is: 'absent' },
          // An answer of the ledger that was lost: the turn is ours already.
          { attribute: 'holder', is: '=', value: holder },
          { attribute: 'until', is: '<=', value: since },
        ],
      },
    ]),
  );
  if (taken !== 'conditionFailed') return { taken: true, asked: turnOf(taken).asked };
  const held = turnOf((await table.get(key)) ?? {});
  const now = clock.now();
  const age = now - held.since;
  const wait = Math.min(Math.max(age, SHORTEST_WAIT_MILLISECONDS), LONGEST_WAIT_MILLISECONDS);
  return { taken: false, againAt: Math.min(now + wait, Math.max(now, held.until)) };
}

function turnOf(item: Item): z.infer<typeof Turn> {
  const turn = Turn.safeParse(item);
  if (turn.success) return turn.data;
  throw catalogued('LedgerUnreadable', 'The ledger’s item of a data action’s turn has unreadable fields.');
}

/** Notes whose value the action holds, of a run that was started later than the one before. A turn that is another's by now is left alone. */
export async function noteAsked(
  { table, tenant }: UpdateLedger,
  id: ActionId,
  holder: string,
  asked: LastAsked,
): Promise<void> {
  await table.update(
    actionTurnKey(tenant, id),
    conditionalUpdate({ set: { asked } }, [{ attribute: 'holder', is: '=', value: holder }]),
  );
}

/**
 * Gives the turn back, at once or at an instant to come. One that is another's by now is left alone.
 *
 * @param freeAt epoch milliseconds: before then a write that was sent may still arrive
 */
export async function giveTurnBack(
  { table, tenant }: UpdateLedger,
  id: ActionId,
  holder: string,
  freeAt?: number,
): Promise<void> {
  const change = freeAt === undefined ? { remove: ['holder', 'since', 'until'] } : { set: { until: freeAt } };
  await table.update(
    actionTurnKey(tenant, id),
    conditionalUpdate(change, [{ attribute: 'holder', is: '=', value: holder }]),
  );
}
