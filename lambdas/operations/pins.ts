import { conditionalUpdate } from '../ledger/expressions.ts';
import { windowKey } from '../ledger/keys.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { NamedWindow } from './rollback.ts';

/** Lets runs commit the window again. Its generation stays until one of them does. Says false where it was not pinned. */
export async function unpinWindow(ledger: WindowLedger, { dataset, day }: NamedWindow): Promise<boolean> {
  const written = await ledger.table.update(
    windowKey(ledger.tenant, dataset, day),
    conditionalUpdate({ set: { pinned: false } }, [{ attribute: 'pinned', is: '=', value: true }]),
  );
  return written !== 'conditionFailed';
}
