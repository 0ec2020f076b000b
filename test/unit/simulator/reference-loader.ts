import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** What a plain loader finds in parts, by rules written here a second time. */
export interface Loaded {
  readonly rows: number;
  readonly distinct: readonly Record<string, string>[];
  readonly duplicates: number;
  readonly superseded: number;
  readonly rejects: number;
  readonly outside: number;
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const jsonPart = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])));

/** Loads CSV parts by column name: rejects out, identical rows once, of a CallId the last. */
export function loadCsv(parts: readonly Buffer[], day: string): Loaded {
  return load(parts.flatMap(csvRecords), day);
}

/** Loads JSON parts by the same rules. */
export function loadJson(parts: readonly Buffer[], day: string): Loaded {
  const records = parts.flatMap((part) => jsonPart.parse(JSON.parse(part.toString('utf8'))));
  return load(
    records.map((record) =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value ?? '')])),
    ),
    day,
  );
}

/** The records of a CSV part; undefined for one of the wrong width. */
function csvRecords(part: Buffer): (Record<string, string> | undefined)[] {
  const lines = z
    .array(z.array(z.string()))
    .parse(parse(part, { bom: true, relax_column_count: true, record_delimiter: ['\r\n', '\n'] }));
  const [header = [], ...rows] = lines;
  return rows.map((row) =>
    row.length === header.length
      ? Object.fromEntries(header.map((name, position) => [name, row[position] ?? '']))
      : undefined,
  );
}

function load(records: readonly (Record<string, string> | undefined)[], day: string): Loaded {
  const good = records.filter((record) => record !== undefined).filter(fits);
  const versions = Map.groupBy(good, (record) => record.CallId ?? '');
  const last = [...versions.values()].flatMap((rows) => rows.slice(-1));
  const contents = [...versions.values()].map((rows) => new Set(rows.map(canonical)).size);
  const different = contents.reduce((sum, count) => sum + count, 0);
  return {
    rows: records.length,
    distinct: last.toSorted((one, other) => ((one.CallId ?? '') < (other.CallId ?? '') ? -1 : 1)),
    duplicates: good.length - different,
    superseded: different - versions.size,
    rejects: records.length - good.length,
    outside: last.filter((record) => !(record.StartTime ?? '').startsWith(day)).length,
  };
}

function fits(record: Record<string, string>): boolean {
  const times = [record.StartTime, record.EndTime].every(
    (value) => value === undefined || timestamp.test(value),
  );
  return times && /^\d+(\.\d+)?$/.test(record.Duration ?? '0');
}

function canonical(record: Record<string, string>): string {
  return JSON.stringify(Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** All records of an iterable. */
export async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
