import { usualDay } from '../data/settings.ts';
import { always, numbered, type Scenario, worded } from './scenario.ts';

const emptyDay = { ...usualDay, rows: 0, parts: 1 };

/** What a day holds and how its parts are written. */
export const dataScenarios: Readonly<Record<string, Scenario>> = {
  rows: numbered('calls', 50_000, 'A day of so many calls.', (rows) => ({ day: { rows } })),
  parts: numbered(
    'parts',
    5,
    'An export in so many parts.',
    (parts) => ({ day: { parts: Math.max(1, parts) } }),
    10_000,
  ),
  duplicates: numbered('lines', 25, 'Lines that repeat another one, field by field.', (duplicates) => ({
    day: { duplicates },
  })),
  superseded: numbered(
    'lines',
    15,
    'Older lines of a CallId that comes again with other content.',
    (lines) => ({
      day: { superseded: lines },
    }),
  ),
  rejects: numbered('lines', 10, 'Lines with a value that cannot be of its type.', (rejects) => ({
    day: { rejects },
  })),
  'wrong-width': numbered('lines', 5, 'Lines with a field too few or too many.', (wrongWidth) => ({
    day: { wrongWidth },
  })),
  outside: numbered('lines', 20, 'Calls that start on the day before.', (outside) => ({ day: { outside } })),
  drift: numbered(
    'columns',
    2,
    'Columns appended that nobody asked for.',
    (columns) => ({ day: { unknownColumns: columns } }),
    100,
  ),
  bom: always('Parts begin with a UTF-8 byte-order mark.', { layout: { bom: true } }),
  crlf: always('Lines end with CRLF.', { layout: { crlf: true } }),
  'no-final-newline': always('The last line of a part has no end.', { layout: { finalNewline: false } }),
  'column-order': always('Each part has its columns in another order.', { layout: { rotateColumns: true } }),
  'quoted-fields': always('Commas, quotes and newlines in every Disposition.', {
    layout: { wildText: true },
  }),
  'missing-column': worded('column', 'EndTime', 'The last part lacks a column.', (missingColumn) => ({
    layout: { missingColumn },
  })),
  'type-change': always('Duration comes in decimal milliseconds in the last part.', {
    layout: { lastPartUnit: 'milliseconds' },
  }),
  'duration-unclear': always('Duration comes in decimal minutes in the last part, which nobody declared.', {
    layout: { lastPartUnit: 'minutes' },
  }),
  'header-only-part': always('One more part, the second, has a header and no rows.', {
    layout: { headerOnlyPart: true },
  }),
  'empty-day': always('A day without calls: one file with a header only.', { day: emptyDay }),
  'empty-day-no-files': always('A day without calls: no files and recordCount 0.', {
    day: emptyDay,
    manifest: { noFiles: true },
  }),
};
