import { Temporal } from 'temporal-polyfill';
import { type DateUpdate, offsetOf } from '../model/date-updates.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { type ReadTimestamp, readTimestamp, truncated } from '../model/timestamps.ts';

/** What an update comes to. */
export interface ComputedDate {
  /** The instant in UTC, `2024-02-29T17:30:00.000Z`. */
  computedValue: string;
  /** The zone's local time with its true offset then: `2024-02-29T12:30:00.000-05:00`; with seconds where the offset has some. Never `Z`. */
  localValue: string;
  /** Whether the source had more decimals than the precision keeps. They were cut off. */
  truncated: boolean;
}

/**
 * Computes an update. `instant` arithmetic adds elapsed time, whatever clocks do meanwhile. `wall-clock` arithmetic moves the
 * hands of the zone's clock: a time that is skipped then is moved on by as much as was skipped; of a time that comes twice it
 * is the one with the source's own offset, or else the earlier.
 */
export function computeDate(update: DateUpdate): ComputedDate {
  const source = sourceOf(update);
  const at = Temporal.Instant.fromEpochMilliseconds(truncated(source, update.precision));
  const minutes = offsetOf(update);
  const result = (
    update.arithmetic === 'wall-clock' ? onTheClock(at, minutes, update.zone) : at.add({ minutes })
  ).toZonedDateTimeISO(update.zone);
  return {
    computedValue: isoInstant(result.epochMilliseconds),
    localValue: `${result.toPlainDateTime().toString({ smallestUnit: 'millisecond' })}${result.offset}`,
    truncated: source.decimals.length > update.precision,
  };
}

/** The source timestamp of an update that has been validated. Throws `UnexpectedFault` for one that has not. */
export function sourceOf({ timestamp }: Pick<DateUpdate, 'timestamp'>): ReadTimestamp {
  const source = readTimestamp(timestamp);
  if (source !== undefined) return source;
  throw catalogued('UnexpectedFault', 'A timestamp came through validation that cannot be read.');
}

function onTheClock(at: Temporal.Instant, minutes: number, zone: string): Temporal.Instant {
  const before = at.toZonedDateTimeISO(zone);
  const hands = before.toPlainDateTime().add({ minutes });
  const { year, month, day, hour, minute, second, millisecond } = hands;
  return Temporal.ZonedDateTime.from(
    { year, month, day, hour, minute, second, millisecond, offset: before.offset, timeZone: zone },
    { offset: 'prefer', disambiguation: 'compatible' },
  ).toInstant();
}
