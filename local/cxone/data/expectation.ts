import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { addedColumnNames } from './columns.ts';
import { type DayPlan, type LineKind, LineWalk, planDay } from './day-plan.ts';
import { partColumns } from './part-content.ts';
import type { Export } from './settings.ts';

/** A record by column: the value as text, durations in whole seconds, an empty text where there is none. */
export type ExpectedRow = Readonly<Record<string, string>>;

/**
 * What a loader has to find in a day's export, counted over all parts: rows = distinct + duplicates + superseded +
 * rejects.
 */
export interface ExpectedDay {
  /** All lines handed out, headers not counted; what a true `recordCount` says. */
  readonly rows: number;
  /** Rows that are left to load: one for each call in order, those outside the day among them. */
  readonly distinct: number;
  readonly duplicates: number;
  readonly superseded: number;
  /** Rows that cannot be typed, those of the wrong width among them. */
  readonly rejects: number;
  readonly wrongWidth: number;
  /** Rows that start on the day before. */
  readonly outside: number;
  /** The columns asked for. */
  readonly columns: readonly string[];
  /** The columns that nobody asked for. */
  readonly unknownColumns: readonly string[];
  /** The rows left to load, by CallId. */
  readonly distinctRows: () => AsyncIterable<ExpectedRow>;
  /** {@link digestRows} of them, over the columns asked for. */
  readonly digest: () => Promise<string>;
}

/** Counts a day's export, line by line. */
export async function expectDay(wanted: Export): Promise<ExpectedDay> {
  const plan = planDay(wanted);
  const counted = await countLines(plan);
  const distinct = counted.call + counted.outside;
  const rejects = counted.reject + counted.wrongWidth;
  return {
    rows: distinct + counted.duplicate + counted.superseded + rejects,
    distinct,
    duplicates: counted.duplicate,
    superseded: counted.superseded,
    rejects,
    wrongWidth: counted.wrongWidth,
    outside: counted.outside,
    columns: wanted.columns,
    unknownColumns: addedColumnNames(wanted.settings.unknownColumns),
    distinctRows: () => distinctRows(plan),
    digest: () => digestRows(distinctRows(plan), wanted.columns),
  };
}

/**
 * SHA-256, in lower-case hex, over records in the order given: each the JSON array of its values in the columns'
 * order, as text, an absent value as an empty one, and a newline.
 */
export async function digestRows(
  rows: AsyncIterable<ExpectedRow> | Iterable<ExpectedRow>,
  columns: readonly string[],
): Promise<string> {
  const digest = createHash('sha256');
  for await (const row of rows) {
    digest.update(`${JSON.stringify(columns.map((column) => row[column] ?? ''))}\n`);
  }
  return digest.digest('hex');
}

async function countLines(plan: DayPlan): Promise<Record<LineKind, number>> {
  const counted = { call: 0, duplicate: 0, superseded: 0, reject: 0, wrongWidth: 0, outside: 0 };
  for (const part of plan.parts) {
    const walk = new LineWalk(plan, part);
    while (walk.next()) counted[walk.kind] += 1;
    await setImmediate();
  }
  return counted;
}

async function* distinctRows(plan: DayPlan): AsyncGenerator<ExpectedRow> {
  yield* rowsOfKind(plan, 'call');
  yield* rowsOfKind(plan, 'outside');
}

function* rowsOfKind(plan: DayPlan, kind: LineKind): Generator<ExpectedRow> {
  for (const part of plan.parts) {
    const columns = partColumns(plan, part);
    const walk = new LineWalk(plan, part);
    while (walk.next()) {
      if (walk.kind !== kind) continue;
      yield Object.fromEntries(columns.map((column) => [column.name, column.text(walk.call)]));
    }
  }
}
