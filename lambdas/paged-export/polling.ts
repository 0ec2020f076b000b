const SECOND = 1_000;

/** The first poll of an export. */
const FIRST_POLL_MILLISECONDS = 10 * SECOND;
/** Exports of more records are to be polled no faster than this (API notes, section 3). */
const LARGE_EXPORT_RECORDS = 500_000;
const LARGE_EXPORT_POLL_MILLISECONDS = 15 * SECOND;
const LONGEST_POLL_MILLISECONDS = 120 * SECOND;
const GROWTH = 1.5;
/** Up to a tenth on top, so that ranges that were submitted together do not poll together. */
const JITTER = 0.1;

/**
 * How long to wait before the next poll: 10 s after the first, then half as much again each time, at most 120 s, with jitter
 * that only lengthens; never less than 15 s where the dataset's last export had more than 500,000 records.
 * @param polls polls made so far
 * @param lastRecords of the dataset's last loaded export; how many this one has is not known yet
 * @param random from 0 up to, without, 1
 */
export function exportPollDelay({
  polls,
  lastRecords,
  random,
}: {
  polls: number;
  lastRecords: number;
  random: number;
}): number {
  const shortest =
    lastRecords > LARGE_EXPORT_RECORDS ? LARGE_EXPORT_POLL_MILLISECONDS : FIRST_POLL_MILLISECONDS;
  // Beyond this many the bound holds in any case, and the power would grow without end.
  const steps = Math.min(polls, 20);
  const grown = Math.min(LONGEST_POLL_MILLISECONDS, FIRST_POLL_MILLISECONDS * GROWTH ** steps);
  return Math.min(LONGEST_POLL_MILLISECONDS, Math.ceil(Math.max(shortest, grown) * (1 + JITTER * random)));
}
