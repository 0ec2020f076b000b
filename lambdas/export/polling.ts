const SECOND = 1_000;

/** No status is asked for sooner after the last: CXone answers 429 and then blocks the address. */
export const SHORTEST_POLL_MILLISECONDS = 15 * SECOND;
const LONGEST_POLL_MILLISECONDS = 120 * SECOND;
const GROWTH = 1.5;
/** Up to a tenth on top, so that windows that were submitted together do not poll together. */
const JITTER = 0.1;

/** A call sleeps at most so long for its slot of the limiter: a reserved instant allows for it. */
export const LONGEST_SLOT_WAIT_MILLISECONDS = 5 * SECOND;

/** A job without a change for so long waits in CXone's queue. */
export const QUEUED_AFTER_MILLISECONDS = 45 * 60 * SECOND;
/** A queued job is asked for just every 10 minutes. */
export const QUEUED_POLL_MILLISECONDS = 10 * 60 * SECOND;
/** After a day the run gives up; the job is kept, and the next run polls it. */
export const SATURATED_AFTER_MILLISECONDS = 24 * 3_600 * SECOND;

/** A job that CXone ended as FAILED is submitted again at most so often. */
export const RESUBMISSIONS = 2;
/** Before that CXone is left alone: 5 minutes, then 10; 15 minutes in all. */
export const COOL_DOWN_MILLISECONDS = 5 * 60 * SECOND;

/** Of so many jobs that CXone forgot under one claim of a window the last one ends it: two are submitted in their place. */
export const FORGOTTEN_JOBS = 3;
/** A job is asked for again where CXone does not know it so soon after its submission, and has not given a status of it. */
export const UNSEEN_MILLISECONDS = 60 * SECOND;

/** A job that fails after so long with INTERNAL_SERVER_ERROR was too large: CXone gives up after 15 minutes. */
export const TOO_LARGE_AFTER_MILLISECONDS = 14 * 60 * SECOND;

/**
 * How long to wait before the next poll: 15 s after the first, then half as much again each time, at most 120 s, with
 * jitter that only lengthens.
 * @param polls polls made so far
 * @param random from 0 up to, without, 1
 */
export function pollDelay(polls: number, random: number): number {
  // Beyond this many the bound holds in any case, and the power would grow without end.
  const steps = Math.min(polls, 20);
  const grown = Math.min(LONGEST_POLL_MILLISECONDS, SHORTEST_POLL_MILLISECONDS * GROWTH ** steps);
  return Math.min(LONGEST_POLL_MILLISECONDS, Math.ceil(grown * (1 + JITTER * random)));
}
