import { type DateUpdate, offsetOf } from '../model/date-updates.ts';
import { truncated } from '../model/timestamps.ts';
import { sourceOf } from './arithmetic.ts';

const MINUTE_MILLISECONDS = 60_000;
const DAY_MILLISECONDS = 86_400_000;

/**
 * How far a value in UTC is from the update's result, in milliseconds: 0 where it is right. The result is worked out from epoch
 * milliseconds and from what the runtime's own formatter says of the zone, apart from the library that computed the value.
 */
export function deviationOf(update: DateUpdate, value: string): number {
  return Math.abs(Date.parse(value) - resultOf(update));
}

function resultOf(update: DateUpdate): number {
  const source = truncated(sourceOf(update), update.precision);
  const minutes = offsetOf(update);
  if (update.arithmetic === 'instant') return source + minutes * MINUTE_MILLISECONDS;
  const own = zoneOffset(update.zone, source);
  return onTheClock(update.zone, source + own + minutes * MINUTE_MILLISECONDS, own);
}

/** The instant at which the zone's clock shows `hands`, in milliseconds as if they were of UTC. */
function onTheClock(zone: string, hands: number, own: number): number {
  // An hour or, where a day was skipped, a day off at the most: a day before and after it the zone has settled.
  const near = hands - zoneOffset(zone, hands);
  const before = zoneOffset(zone, near - DAY_MILLISECONDS);
  const after = zoneOffset(zone, near + DAY_MILLISECONDS);
  const fitting = [own, before, after].filter((offset) => zoneOffset(zone, hands - offset) === offset);
  if (fitting[0] === own) return hands - own;
  // Shown twice: the earlier. Never shown: as if the clock had not been put on yet.
  return fitting.length > 0 ? hands - Math.max(...fitting) : hands - before;
}

/** Milliseconds that the zone's clock is ahead of UTC at the instant. */
function zoneOffset(zone: string, instant: number): number {
  const whole = Math.floor(instant / 1_000) * 1_000;
  const shown = Object.fromEntries(
    formatterOf(zone)
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  // `Date.UTC` takes the years 0 to 99 for those of the 20th century.
  const hands = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  return hands.setUTCFullYear(year, month - 1, day) - whole;
}

/** Making a formatter takes longer than all the rest: one a zone, of which there are some hundreds. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const made = formatters.get(zone) ?? newFormatter(zone);
  formatters.set(zone, made);
  return made;
}

function newFormatter(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
