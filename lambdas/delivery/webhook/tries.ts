const FIRST_BACK_OFF_MILLISECONDS = 10_000;
const LONGEST_BACK_OFF_MILLISECONDS = 15 * 60_000;

/** A receiver that asks for a longer pause is taken to be away: the delivery is dead-lettered. */
const LONGEST_PAUSE_MILLISECONDS = 24 * 3_600_000;

/**
 * When a batch is tried again, or undefined when it is not: after its last try, and where the receiver asks for more than 24
 * hours. What the receiver asks for is obeyed in full. Else full jitter over 10 s, doubled for every failed try, at most 15
 * minutes: ten tries (the default) wait 51 minutes and 10 seconds at the most, twenty 3 hours and 21 minutes.
 *
 * @param random a number from 0 up to, without, 1
 */
export function nextTry(
  { now, tries, limit, retryAt }: { now: number; tries: number; limit: number; retryAt: number | undefined },
  random: () => number,
): number | undefined {
  if (tries >= limit) return undefined;
  if (retryAt !== undefined) return retryAt - now > LONGEST_PAUSE_MILLISECONDS ? undefined : retryAt;
  const doubled = FIRST_BACK_OFF_MILLISECONDS * 2 ** Math.min(tries - 1, 16);
  return now + Math.ceil(random() * Math.min(LONGEST_BACK_OFF_MILLISECONDS, doubled));
}
