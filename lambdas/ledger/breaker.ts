import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { FamilyName } from '../model/families.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock, ItemKey, Table } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';

/** Failures in a row after which a breaker opens. */
export const FAILURES_TO_OPEN = 5;

/** How long it stays open after the last failure, before one probe may try. */
export const OPEN_MILLISECONDS = 60_000;

/** A probe that is not heard of for so long is given up, and the next may try: longer than any function lives. */
const PROBE_MILLISECONDS = 16 * 60_000;

/** How a breaker stands. */
export interface BreakerState {
  state: 'closed' | 'open' | 'halfOpen';
  failuresInARow: number;
  /** ISO 8601: when a probe may try. */
  openUntil?: string | undefined;
}

/** Whether a caller may try; `probing`: somebody else is finding out, and it is known soon. */
export type Admission = 'admitted' | 'open' | 'probing';

/** A circuit breaker of a tenant and a family, shared by all its machines. */
export interface Breaker {
  /**
   * Whether the caller may try: it is closed, or was open for long enough and nobody else is probing. The one that asks again
   * under the same name is the same caller.
   */
  admits(caller: string): Promise<Admission>;
  /** The caller has succeeded: the breaker closes. */
  succeeded(): Promise<void>;
  /** The caller has failed; with the fifth in a row, or as a probe, the breaker opens for a minute. */
  failed(): Promise<void>;
  state(): Promise<BreakerState>;
}

const Stored = z.object({
  failures: z.number().default(0),
  openUntil: z.number().default(0),
  probe: z.string().default(''),
  probeUntil: z.number().default(0),
});

/** The item of a tenant's and a family's breaker. */
export function breakerKey(tenant: TenantId, family: FamilyName): ItemKey {
  return { pk: `${tenant}#breaker#${family}`, sk: 'state' };
}

/** Makes a breaker whose state is one item of the ledger. */
export function createBreaker(key: ItemKey, { table, clock }: { table: Table; clock: Clock }): Breaker {
  const read = async () => {
    const parsed = Stored.safeParse((await table.get(key)) ?? {});
    if (parsed.success) return parsed.data;
    throw catalogued('LedgerUnreadable', `The ledger's item ${key.pk} / ${key.sk} has unreadable fields.`);
  };

  return {
    async admits(caller) {
      const { failures, openUntil, probe } = await read();
      if (failures < FAILURES_TO_OPEN) return 'admitted';
      const now = clock.now();
      if (now < openUntil) return 'open';
      if (probe === caller) return 'admitted';
      const taken = await table.update(
        key,
        conditionalUpdate({ set: { probe: caller, probeUntil: now + PROBE_MILLISECONDS } }, [
          // A failure since the reading has opened it anew.
          { attribute: 'openUntil', is: '=', value: openUntil },
          // A success since the reading has closed it: there is nothing to probe, and the caller is let in all the same.
          { attribute: 'failures', is: '>=', value: FAILURES_TO_OPEN },
          {
            any: [
              { attribute: 'probeUntil', is: 'absent' },
              // One probe at a time; one that died is waited for no longer than a function lives.
              { attribute: 'probeUntil', is: '<=', value: now },
            ],
          },
        ]),
      );
      if (taken !== 'conditionFailed') return 'admitted';
      const after = await read();
      if (after.failures < FAILURES_TO_OPEN) return 'admitted';
      return clock.now() < after.openUntil ? 'open' : 'probing';
    },

    async succeeded() {
      if ((await read()).failures === 0) return;
      await table.update(
        key,
        conditionalUpdate({ set: { failures: 0 }, remove: ['openUntil', 'probe', 'probeUntil'] }),
      );
    },

    async failed() {
      const until = clock.now() + OPEN_MILLISECONDS;
      await table.update(
        key,
        conditionalUpdate({
          add: { failures: 1 },
          set: { openUntil: until },
          remove: ['probe', 'probeUntil'],
        }),
      );
    },

    async state() {
      const { failures, openUntil } = await read();
      if (failures < FAILURES_TO_OPEN) return { state: 'closed', failuresInARow: failures };
      const state = clock.now() < openUntil ? 'open' : 'halfOpen';
      return { state, failuresInARow: failures, openUntil: isoInstant(openUntil) };
    },
  };
}
