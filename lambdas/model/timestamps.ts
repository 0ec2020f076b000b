/** A timestamp of an input, read to the nanosecond. */
export interface ReadTimestamp {
  /** Epoch milliseconds of the whole second. */
  second: number;
  /** The digits after the point as they were written: `''` where there is no point. */
  decimals: string;
  /** Whether it says where it is: `Z` or an offset. One that does not is read as UTC. */
  designated: boolean;
}

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/;

/**
 * Reads a timestamp of ISO 8601 in its full extended form: date, `T`, time to the second, one to nine decimals or none, and `Z`
 * or an offset in hours and minutes or nothing. Undefined for any other form, for a day or a time that no calendar or clock
 * has (the 60th second among them), for the year 0000, and for the offset `-00:00`, which ISO 8601 does not know.
 */
export function readTimestamp(text: string): ReadTimestamp | undefined {
  const [, clock, decimals = '', designator] = FORM.exec(text) ?? [];
  if (clock === undefined || designator === '-00:00' || clock.startsWith('0000')) return undefined;
  const local = Date.parse(`${clock}.000Z`);
  if (!Number.isFinite(local) || new Date(local).toISOString().slice(0, 19) !== clock) return undefined;
  return { second: local - offsetMilliseconds(designator), decimals, designated: designator !== undefined };
}

/** The timestamp in epoch milliseconds, cut off after so many decimals, 0 to 3. Cutting moves it back in time, never on. */
export function truncated({ second, decimals }: ReadTimestamp, precision: number): number {
  return second + Number(decimals.slice(0, precision).padEnd(3, '0'));
}

function offsetMilliseconds(designator: string | undefined): number {
  if (designator === undefined || designator === 'Z') return 0;
  const [hours = 0, minutes = 0] = designator.slice(1).split(':').map(Number);
  return (designator.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
