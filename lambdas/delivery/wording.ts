const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const grouped = new Intl.NumberFormat('en-US');

/** A number with its thousands grouped. */
export function amount(number: number): string {
  return grouped.format(number);
}

/** A number of things: `1 window`, `3 windows`. */
export function counted(number: number, thing: string): string {
  return `${amount(number)} ${thing}${number === 1 ? '' : 's'}`;
}

/** Bytes in decimal units, as disks are sold: `8.4 MB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`;
}

/** A duration in its two greatest units: `340 ms`, `2.4 s`, `2 min 26 s`, `3 h 5 min`, `2 d 4 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE) return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)} s`;
  if (milliseconds < HOUR) return twoUnits(milliseconds, MINUTE, 'min', SECOND, 's');
  if (milliseconds < DAY) return twoUnits(milliseconds, HOUR, 'h', MINUTE, 'min');
  return twoUnits(milliseconds, DAY, 'd', HOUR, 'h');
}

function twoUnits(milliseconds: number, great: number, name: string, small: number, smallName: string) {
  const rest = Math.floor((milliseconds % great) / small);
  const greatPart = `${amount(Math.floor(milliseconds / great))} ${name}`;
  return rest === 0 ? greatPart : `${greatPart} ${rest} ${smallName}`;
}

/** An estimate of money in USD, to two significant digits. */
export function dollars(amountInUsd: number): string {
  if (amountInUsd === 0) return '$0';
  const decimals = Math.max(2, 1 - Math.floor(Math.log10(Math.abs(amountInUsd))));
  return `$${amountInUsd.toFixed(Math.min(decimals, 8))}`;
}

/** An instant in UTC, to the second: `2024-05-16 03:30:00Z`. */
export function instantText(epochMilliseconds: number): string {
  return new Date(epochMilliseconds)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** Windows that are named in a sentence; of more the number is told. */
const NAMED_WINDOWS = 10;

/** Windows by name: `cdr 2024-05-15, cdr 2024-05-17`, and how many more there are. */
export function namedWindows(windows: readonly { dataset: string; day: string }[]): string {
  const named = windows.slice(0, NAMED_WINDOWS).map(({ dataset, day }) => `${dataset} ${day}`);
  const more = windows.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${counted(more, 'more window')}`;
}

/** The name of a field as people write it: `retriedAndArchived` is `retried and archived`. */
export function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
