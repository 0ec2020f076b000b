import { z } from 'zod';
import type { FamilyName } from '../model/families.ts';
import type { ItemKey } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';
import { restKey } from './keys.ts';
import type { WindowLedger } from './windows.ts';

/*
 * A rest of a family: CXone's queries run too long, and all of a tenant's machines leave it alone for a while. It is a breaker
 * that everybody sees before the next page.
 */

const Rest = z.object({ until: z.number().default(0) });

/** Until when the family rests, epoch milliseconds; 0 where it never did. */
export async function restsUntil(ledger: WindowLedger, family: FamilyName): Promise<number> {
  return Rest.parse((await ledger.table.get(keyOf(ledger, family))) ?? {}).until;
}

/** Lets the family rest until then, or for longer where somebody has said so. Gives the instant that holds. */
export async function rest(ledger: WindowLedger, family: FamilyName, until: number): Promise<number> {
  await ledger.table.update(
    keyOf(ledger, family),
    conditionalUpdate({ set: { until, since: ledger.clock.now() } }, [
      {
        any: [
          { attribute: 'until', is: 'absent' },
          // A longer rest stands; a lost condition means just that.
          { attribute: 'until', is: '<', value: until },
        ],
      },
    ]),
  );
  return restsUntil(ledger, family);
}

function keyOf({ tenant }: WindowLedger, family: FamilyName): ItemKey {
  return restKey(tenant, family);
}
