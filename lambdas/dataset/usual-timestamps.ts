import { BYTE, isDigit, isSame } from './json-bytes.ts';

/** The timestamps that nearly all records have, `"2024-05-15T08:00:00.000Z"`, read from their bytes. */
export class UsualTimestamps {
  /** The day of the last one, and when it began. */
  readonly #day = new Uint8Array(DAY_BYTES);
  #begins = 0;

  /** The instant, in epoch milliseconds, of a JSON string; undefined where it is of another form, or of a day that the calendar does not have. */
  instant(bytes: Buffer, from: number, to: number): number | undefined {
    if (to - from !== TIMESTAMP_BYTES || bytes[from] !== BYTE.quote) return undefined;
    const isOurs = bytes[from + 24] === LETTER_Z && bytes[from + 20] === BYTE.point && isTime(bytes, from);
    if (!isOurs || !(isSame(bytes, from + 1, this.#day) || this.#isDay(bytes, from + 1))) return undefined;
    const minutes = twoDigits(bytes, from + 12) * 60 + twoDigits(bytes, from + 15);
    const milliseconds = twoDigits(bytes, from + 21) * 10 + (bytes[from + 23] ?? 0) - BYTE.zero;
    return this.#begins + (minutes * 60 + twoDigits(bytes, from + 18)) * 1_000 + milliseconds;
  }

  #isDay(bytes: Buffer, from: number): boolean {
    const given = bytes.toString('latin1', from, from + DAY_BYTES);
    const begins = /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(`${given}T00:00:00.000Z`) : Number.NaN;
    if (Number.isNaN(begins) || !new Date(begins).toISOString().startsWith(given)) return false;
    this.#day.set(bytes.subarray(from, from + DAY_BYTES));
    this.#begins = begins;
    return true;
  }
}

const DAY_BYTES = 10;
const TIMESTAMP_BYTES = 26;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

/** Whether `T23:59:59.999` stands from the twelfth character on. */
function isTime(bytes: Uint8Array, from: number): boolean {
  const isPunctuated =
    bytes[from + 11] === LETTER_T && bytes[from + 14] === BYTE.colon && bytes[from + 17] === BYTE.colon;
  return (
    isPunctuated &&
    twoDigits(bytes, from + 12) < 24 &&
    twoDigits(bytes, from + 15) < 60 &&
    twoDigits(bytes, from + 18) < 60 &&
    twoDigits(bytes, from + 21) < 100 &&
    isDigit(bytes[from + 23] ?? 0)
  );
}

/** The number that two digits are, 100 where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
  return isDigit(tens) && isDigit(ones) ? (tens - BYTE.zero) * 10 + ones - BYTE.zero : 100;
}
