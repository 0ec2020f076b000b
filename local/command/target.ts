import { z } from 'zod';
import { CommandRefused } from './exit-codes.ts';

/** Whether waits are skipped: never, only towards a simulator that takes our clock, or towards anybody. */
export type SkipWaits = 'no' | 'simulator' | 'force';

/** What a run does about time. */
export interface TimeTowardsTarget {
  skipWaits: boolean;
  /** Whether calls say what time it is here. */
  tellTime: boolean;
}

/** How long a target may take to say what it is, milliseconds. */
const ANSWER_WITHIN = 5_000;

const Introduction = z.looseObject({ simulator: z.literal('cxone-export'), takesClock: z.literal(true) });

/**
 * Decides about waits by what the target is. A host that is not on this machine is asked only where waits are to be skipped.
 * Throws `CommandRefused` where they are to be and the target is not a simulator that takes our clock.
 */
export async function timeTowards(baseUrl: string, wanted: SkipWaits): Promise<TimeTowardsTarget> {
  const asked = wanted !== 'no' || isOnThisMachine(baseUrl);
  const takesClock = asked && (await takesOurClock(baseUrl));
  if (wanted === 'simulator' && !takesClock)
    throw new CommandRefused(
      [
        `Waits are not skipped towards ${new URL(baseUrl).origin}: it is not a simulator that takes our clock, and polling it without waiting would get this address blocked.`,
      ],
      'Leave --skip-waits out; --skip-waits=force does it all the same.',
    );
  return { skipWaits: wanted !== 'no', tellTime: takesClock };
}

function isOnThisMachine(baseUrl: string): boolean {
  return ['127.0.0.1', 'localhost'].includes(new URL(baseUrl).hostname);
}

/** Whoever does not answer as a simulator does, or not at all, is none. */
async function takesOurClock(baseUrl: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    const answer = await fetch(`${baseUrl}/simulator`, { redirect: 'error', signal });
    const introduction: unknown = answer.ok ? await answer.json() : undefined;
    if (!answer.ok) await answer.body?.cancel();
    return Introduction.safeParse(introduction).success;
  } catch {
    return false;
  }
}
