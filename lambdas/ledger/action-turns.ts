import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import type { ActionId } from '../model/ids.ts';
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

/** An item that nobody holds is of no use to anybody. */
const KEPT_SECONDS = 86_400;

const HeldTurn = z.object({ since: z.number().default(0), until: z.number().default(0) });

/**
 * Takes the turn at a data action. It ends when it is given back; that of an invocation that died, when that could live no longer:
 * 16 minutes at the most. Doing it again as the same holder takes it anew.
 *
 * @returns undefined where the turn is taken, else when to ask again (epoch milliseconds)
 */
export async function takeTurn(
  { table, tenant, clock }: UpdateLedger,
  id: ActionId,
  { holder, livesUntil }: TurnTaker,
): Promise<number | undefined> {
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
  if (taken !== 'conditionFailed') return undefined;
  const held = HeldTurn.safeParse((await table.get(key)) ?? {});
  if (!held.success)
    throw catalogued('LedgerUnreadable', 'The ledger’s item of a data action’s turn has unreadable fields.');
  const now = clock.now();
  const age = now - held.data.since;
  const wait = Math.min(Math.max(age, SHORTEST_WAIT_MILLISECONDS), LONGEST_WAIT_MILLISECONDS);
  return Math.min(now + wait, Math.max(now, held.data.until));
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
