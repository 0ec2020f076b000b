import { catalogued } from '../model/errors.ts';

const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
const UTC = /^(?:Z|[+-]00:?00)$/;

/**
 * Whether the text is a timestamp in UTC. Throws `TimestampNotUtc` for a timestamp that has no zone or another one: the days of all
 * of the answer's records are in doubt then.
 * @param field where it stands, for the message
 */
export function isUtcTimestamp(text: string, field: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (match === null) return false;
  const [, zone] = match;
  if (UTC.test(zone ?? '')) return true;
  throw catalogued(
    'TimestampNotUtc',
    `A record bears a timestamp ${zone === undefined ? 'without a zone' : 'of another zone than UTC'} at ${field}.`,
    { field },
  );
}
