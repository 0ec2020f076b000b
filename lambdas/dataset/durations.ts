import { catalogued } from '../model/errors.ts';
import type { DurationUnit, Mapping } from '../model/mapping.ts';
import type { Database } from './database.ts';
import type { TypedRows } from './drafts.ts';
import { list, quoteName, quoteText, SQL_TYPES } from './sql.ts';

/** What one of a unit is in seconds. */
const IN_SECONDS: Readonly<Record<DurationUnit, string>> = { seconds: '1', milliseconds: '0.001' };
const UNITS: readonly DurationUnit[] = ['seconds', 'milliseconds'];

/** A unit fits a part when it fits this share of its rows, each within so many seconds of end minus start. */
const FITTING_SHARE = 0.99;
const TOLERANCE_SECONDS = 1;

/** The unit of the mapping's duration column in each part, by the part's number. */
export type PartUnits = ReadonlyMap<number, DurationUnit>;

/**
 * Checks every part's durations against end minus start. The declared unit stands where it fits, or where no
 * row has all three values; a part in the other unit is to be converted. Throws one `DurationUnitUnclear` for
 * all parts where neither fits.
 */
export async function durationUnits(
  database: Database,
  drafts: readonly TypedRows[],
  mapping: Mapping,
): Promise<PartUnits> {
  const declared = mapping.columns.find(({ column }) => column === mapping.durationColumn)?.unit;
  const units = new Map<number, DurationUnit>();
  if (declared === undefined || mapping.endColumn === undefined) return units;
  const unclear: string[] = [];
  for (const draft of drafts) {
    const fits = await fitOf(database, draft, mapping);
    const enough = FITTING_SHARE * fits.rows;
    const unit = fits[declared] >= enough ? declared : UNITS.find((candidate) => fits[candidate] >= enough);
    if (unit !== undefined) units.set(draft.part.number, unit);
    else
      unclear.push(
        `part ${draft.part.number}: of ${fits.rows} rows ${fits.seconds} fit seconds, ${fits.milliseconds} milliseconds`,
      );
  }
  if (unclear.length > 0)
    throw catalogued('DurationUnitUnclear', `${unclear.slice(0, 10).join('; ')}.`, { parts: unclear.length });
  return units;
}

/**
 * Rows of a draft that have start, end and duration, and how many of them fit each unit. In doubles: exact
 * far beyond the tolerance.
 */
async function fitOf(
  database: Database,
  draft: TypedRows,
  mapping: Mapping,
): Promise<Record<DurationUnit | 'rows', number>> {
  const duration = quoteName(mapping.durationColumn ?? '');
  const elapsed = `epoch_us(${quoteName(mapping.endColumn ?? '')}) - epoch_us(${quoteName(mapping.windowColumn)})`;
  const fits = UNITS.map(
    (unit) => `count_if(abs(given * ${IN_SECONDS[unit]}e6 - elapsed) <= ${TOLERANCE_SECONDS}e6) AS ${unit}`,
  );
  const [row] = await database.rows(
    `SELECT count(*) AS compared, ${list(fits)}
     FROM (SELECT CAST(${duration} AS DOUBLE) AS given, ${elapsed} AS elapsed
       FROM read_parquet(${quoteText(draft.file)}) WHERE _problem IS NULL)
     WHERE given IS NOT NULL AND elapsed IS NOT NULL`,
  );
  return {
    rows: Number(row?.compared),
    seconds: Number(row?.seconds),
    milliseconds: Number(row?.milliseconds),
  };
}

/**
 * The mapping's columns as final values: durations in seconds. Exact: a decimal is multiplied by a decimal.
 * @param found the unit of the mapping's duration column, where it was found by the values
 */
export function finalColumns(mapping: Mapping, found: DurationUnit | undefined): string[] {
  return mapping.columns.map(({ column, type, unit = 'seconds' }) => {
    const name = quoteName(column);
    const given = column === mapping.durationColumn ? (found ?? unit) : unit;
    if (type !== 'duration' || given === 'seconds') return name;
    return `CAST(${name} * ${IN_SECONDS[given]} AS ${SQL_TYPES.duration}) AS ${name}`;
  });
}
