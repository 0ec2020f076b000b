import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import type { FamilyName, Rate } from '../model/families.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock, Item, ItemKey, Table } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';

/** Slots for calls, shared by all machines that name the same item. */
export interface Limiter {
  /**
   * Waits for the next slot and returns when it may be used, at once. Each slot is for one call.
   *
   * @throws Throttled with `retryAt` where no slot is to be had within the longest sleep
   * @throws ThrottledTooLong where CXone asked for a pause that lasts longer than 24 hours from now
   */
  take(): Promise<void>;
  /** No slot before that instant (epoch milliseconds), for anybody; slots taken and not used yet are given up. */
  pause(until: number): Promise<void>;
}

/** The item of a tenant's and a family's limiter. */
export function limiterKey(tenant: TenantId, family: FamilyName): ItemKey {
  return { pk: `${tenant}#limiter#${family}`, sk: 'slot' };
}

/** The item of the limiter of the token endpoint: within reach of the token function, which has no other. */
export function tokenLimiterKey(tenant: TenantId, family: FamilyName): ItemKey {
  return { pk: `${tenant}#token#${family}`, sk: 'slot' };
}

/** Which limiter, how fast, and for how long a caller may sleep for its slot. */
export interface LimiterSettings {
  key: ItemKey;
  rate: z.infer<typeof Rate>;
  /** Default 5 s; a slot later than that is for the state machine to wait for. */
  maximumSleepMilliseconds?: number | undefined;
}

const MAXIMUM_SLEEP_MILLISECONDS = 5_000;

/** A pause longer than this is not waited for: the run fails as `ThrottledTooLong`. */
export const LONGEST_PAUSE_MILLISECONDS = 24 * 3_600_000;

/** A longer pause is asked about again after this time, so that a server's wrong calendar cannot stop a tenant for years. */
const LONGEST_KEPT_PAUSE_MILLISECONDS = 7 * 24 * 3_600_000;

/** How often a caller starts over where others move the slots under its hands, or where its slot was given up. */
const ROUNDS = 8;

/** Share of the documented rate that is used. The rest pays for late use of slots and for clocks that differ. */
const USED_SHARE = 0.95;

/** The distances that keep a rate. */
export interface Spacing {
  /** Milliseconds from one slot to the next. */
  interval: number;
  /** A slot is used at most so many milliseconds late, or given up. */
  grace: number;
  /** So many milliseconds may the clocks of any two machines differ. */
  skew: number;
}

/**
 * How far apart slots lie. With R requests in W milliseconds, slots are I = W / (0.95 R) apart, so R + 1 of them span
 * R I, which is W / 19 more than W. One half of that surplus is the grace, the other the skew: 1.57 s each for a minute, 26 ms
 * each for a second. However callers interleave, R + 1 calls therefore never lie within W, measured where they are sent.
 */
export function spacing(rate: z.infer<typeof Rate>): Spacing {
  const window = rate.seconds * 1_000;
  const half = Math.floor(window * (1 / USED_SHARE - 1) * 0.5);
  return { interval: Math.floor(window / (rate.requests * USED_SHARE)) + 1, grace: half, skew: half };
}

interface Slot {
  at: number;
  /** It lay in the future when it was taken. */
  ahead: boolean;
}

const Slots = z.object({ next: z.number().default(0), pausedUntil: z.number().default(0) });

/**
 * A limiter by the generic cell rate algorithm with a burst of one, in one item: `next` is the first instant at which nobody
 * has a slot. It holds under any interleaving of callers and under any delay of the ledger, as long as the clocks of
 * no two machines differ by more than `spacing(rate).skew`. A lost reply of the ledger, and a caller that dies with its slot,
 * cost a slot and never make one. What the network does between sending and arrival is not seen here.
 */
export function createLimiter(
  settings: LimiterSettings,
  { table, clock }: { table: Table; clock: Clock },
): Limiter {
  const { key, rate, maximumSleepMilliseconds = MAXIMUM_SLEEP_MILLISECONDS } = settings;
  const { interval, grace } = spacing(rate);

  const slotsOf = (item: Item | undefined) => {
    const parsed = Slots.safeParse(item ?? {});
    if (parsed.success) return parsed.data;
    throw catalogued('LedgerUnreadable', `The ledger's item ${key.pk} / ${key.sk} has unreadable fields.`);
  };

  /** The next slot, now taken; undefined where others moved the slots meanwhile. */
  async function nextSlot(latest: number): Promise<Slot | undefined> {
    const now = clock.now();
    const idle = await table.update(
      key,
      conditionalUpdate({ set: { next: now + interval } }, [
        {
          any: [
            // The first call of all.
            { attribute: 'next', is: 'absent' },
            // Nobody has a slot at this instant or later, and no pause is on: a pause moves `next` too.
            { attribute: 'next', is: '<=', value: now },
          ],
        },
      ]),
    );
    if (idle !== 'conditionFailed') return { at: now, ahead: false };
    const queued = await table.update(
      key,
      conditionalUpdate({ add: { next: interval } }, [
        // The slot is not over: a slot in the past would be used in a bunch with the next.
        { attribute: 'next', is: '>', value: now },
        // Nobody takes a slot that he may not sleep for.
        { attribute: 'next', is: '<=', value: latest },
      ]),
    );
    if (queued !== 'conditionFailed') return { at: slotsOf(queued).next - interval, ahead: true };
    const { next } = slotsOf(await table.get(key));
    if (next > latest) throw throttled(next, clock.now());
    return undefined;
  }

  /** Whether the slot can be used now, after sleeping for it. One that comes too late, or that a pause has overtaken, is given up. */
  async function waitFor({ at, ahead }: Slot): Promise<boolean> {
    const wait = at - clock.now();
    if (wait > 0) await clock.sleep(wait);
    // A pause may have come between the taking of a slot and its instant.
    if (ahead && slotsOf(await table.get(key)).pausedUntil > at) return false;
    return clock.now() <= at + grace;
  }

  return {
    async take() {
      const latest = clock.now() + maximumSleepMilliseconds;
      for (let round = 0; round < ROUNDS; round += 1) {
        const slot = await nextSlot(latest);
        if (slot !== undefined && (await waitFor(slot))) return;
      }
      throw throttled(clock.now() + interval, clock.now());
    },

    async pause(until) {
      const kept = Math.min(until, clock.now() + LONGEST_KEPT_PAUSE_MILLISECONDS);
      const moved = await table.update(
        key,
        conditionalUpdate({ set: { next: kept, pausedUntil: kept } }, [
          {
            any: [
              { attribute: 'next', is: 'absent' },
              // Slots are moved on, never back.
              { attribute: 'next', is: '<', value: kept },
            ],
          },
        ]),
      );
      if (moved !== 'conditionFailed') return;
      // All further slots lie behind the pause already; those who sleep for an earlier one learn of it here.
      await table.update(
        key,
        conditionalUpdate({ set: { pausedUntil: kept } }, [
          {
            any: [
              { attribute: 'pausedUntil', is: 'absent' },
              // A longer pause stands.
              { attribute: 'pausedUntil', is: '<', value: kept },
            ],
          },
        ]),
      );
    },
  };
}

function throttled(retryAt: number, now: number): CataloguedError {
  const facts = { retryAt: isoInstant(retryAt) };
  if (retryAt - now > LONGEST_PAUSE_MILLISECONDS)
    return catalogued(
      'ThrottledTooLong',
      'CXone asked for a pause of more than 24 hours, which is not over.',
      facts,
    );
  return catalogued('Throttled', 'No slot for a call is free soon.', facts);
}
