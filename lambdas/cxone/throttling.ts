/** The address stays blocked for about 15 minutes after ignored throttling (API notes, Common). */
export const BLOCK_MILLISECONDS = 15 * 60_000;

const FIRST_BACK_OFF_MILLISECONDS = 5_000;
const LONGEST_BACK_OFF_MILLISECONDS = 120_000;

/**
 * The instant that a `Retry-After` header names, in seconds or as an HTTP date, never before `now`; undefined where the
 * header is absent or says nothing that can be read.
 */
export function instantOfRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return now + Math.ceil(Number(text) * 1_000);
  const date = /^[A-Z][a-z]{2,8}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(date) ? Math.max(now, date) : undefined;
}

/**
 * How long to wait after a 429 that names no time: full jitter over 5 s, doubled for every earlier 429 in a row, at most
 * 120 s. Eight in a row wait 8 minutes and 35 seconds at the most.
 *
 * @param throttles how often the call has been throttled in a row before, from 0
 * @param random a number from 0 up to, without, 1
 */
export function backOffMilliseconds(throttles: number, random: () => number): number {
  const doubled = FIRST_BACK_OFF_MILLISECONDS * 2 ** Math.min(throttles, 16);
  return Math.ceil(random() * Math.min(LONGEST_BACK_OFF_MILLISECONDS, doubled));
}
