import { catalogued } from '../model/errors.ts';
import { blursKey } from '../model/mapping.ts';
import type { RowCounts } from '../model/payloads.ts';
import type { OutputFormat } from '../model/pipelines.ts';
import type { TypedRows } from './drafts.ts';
import type { LocalOutput } from './outputs.ts';
import type { TransformRequest } from './request.ts';

/**
 * Disk that a window takes, as a multiple of its parts: the parts, drafts (0.3 measured, 1 where nothing
 * compresses), Parquet (0.2) and spill; a text output is on the disk uncompressed for a while, JSON lines
 * being twice the CSV.
 */
const DISK_FACTORS: Readonly<Record<OutputFormat, number>> = { parquet: 2.5, csv: 4, jsonl: 5 };
const MEGABYTE = 1_000_000;

/**
 * The same for records that are stored with gzip, which makes a tenth of them: their rows' text, a draft at a time, drafts, then sorted slices beside
 * the drafts, then Parquet beside the slices (1.3 measured for two million interactions); the text outputs are as long as the records were.
 */
export const RECORD_DISK_FACTORS: Readonly<Record<OutputFormat, number>> = { parquet: 6, csv: 16, jsonl: 30 };

/** What the disk that a transform needs depends on. */
export interface DiskNeed {
  parts: readonly { bytes: number }[];
  outputs: readonly OutputFormat[];
  diskLimitMegabytes: number;
}

/** Throws `WindowTooLarge` where the parts, outputs and spill may exceed the disk. */
export function requireDisk(
  { parts, outputs, diskLimitMegabytes }: DiskNeed,
  factors: Readonly<Record<OutputFormat, number>> = DISK_FACTORS,
): void {
  const bytes = sum(parts.map((part) => part.bytes));
  const needed = Math.ceil((bytes * Math.max(...outputs.map((format) => factors[format]))) / MEGABYTE);
  if (needed > diskLimitMegabytes)
    throw catalogued(
      'WindowTooLarge',
      `${Math.ceil(bytes / MEGABYTE)} MB of parts take up to ${needed} MB of disk, the transform function has ${diskLimitMegabytes}: raise transformDisk.`,
      { setting: 'transformDisk', needed, has: diskLimitMegabytes },
    );
}

/** Throws `SettingsRefused` where a column of the key is masked or dropped: different records would have one key, and all but one be left out. */
export function requireTellingKey({ key, mapping }: Pick<TransformRequest, 'key' | 'mapping'>): void {
  const blurred = mapping.columns.filter((column) => key.includes(column.column) && blursKey(column));
  if (blurred.length === 0) return;
  const named = blurred.map(({ column, privacy }) => `${column} is ${privacy}`).join(', ');
  throw catalogued(
    'SettingsRefused',
    `Columns of the key tell records apart and must be kept or hashed: by the mapping ${mapping.name} ${named}.`,
  );
}

/** Records that the parts hold, flawed ones among them. */
export function recordsIn(drafts: readonly TypedRows[]): number {
  return sum(drafts.map(({ rows, flawed }) => rows + flawed));
}

/**
 * Throws `RecordCountMismatch` where a part, or the window, has more or fewer records than CXone announced.
 */
export function requireRecordCounts({ recordCount }: TransformRequest, drafts: readonly TypedRows[]): void {
  for (const draft of drafts) {
    const { number, announced } = draft.part;
    const received = recordsIn([draft]);
    if (announced !== undefined && announced !== received)
      throw catalogued(
        'RecordCountMismatch',
        `Part ${number} has ${received} records, ${announced} were announced.`,
        { announced, received, part: number },
      );
  }
  requireTotal(recordCount, recordsIn(drafts));
}

/**
 * The same of parts that were read before: CXone may announce another number of rows for the same bytes. Of a part alone
 * nothing is known any more, so the announced counts of all parts are taken together.
 */
export function requireKnownCounts(
  { recordCount, parts }: Pick<TransformRequest, 'recordCount' | 'parts'>,
  { parsed }: Pick<RowCounts, 'parsed'>,
): void {
  requireTotal(recordCount, parsed);
  const announced = parts.flatMap((part) => part.recordCount ?? []);
  const isWhole = announced.length === parts.length;
  if (isWhole || sum(announced) > parsed) requireTotal(sum(announced), parsed);
}

function requireTotal(announced: number | undefined, received: number): void {
  if (announced === undefined || announced === received) return;
  throw catalogued(
    'RecordCountMismatch',
    `The parts have ${received} records, ${announced} were announced.`,
    { announced, received },
  );
}

/** Throws `RejectsAboveThreshold` or `RowsOutsideWindow`. The lake has nothing of the generation yet. */
export function requireThresholds(
  { thresholds, day }: Pick<TransformRequest, 'thresholds' | 'day'>,
  { parsed, rejects, outsideWindow }: Pick<RowCounts, 'parsed' | 'rejects' | 'outsideWindow'>,
  quarantineKey: string | undefined,
): void {
  if (rejects > parsed * thresholds.rejects)
    throw catalogued(
      'RejectsAboveThreshold',
      `${rejects} of ${parsed} rows could not be typed, the threshold is ${thresholds.rejects}; they lie in ${quarantineKey}.`,
      { rejects, rows: parsed, quarantine: quarantineKey },
    );
  if (outsideWindow > (parsed - rejects) * thresholds.outsideWindow)
    throw catalogued(
      'RowsOutsideWindow',
      `${outsideWindow} of ${parsed - rejects} rows start outside ${day}, the threshold is ${thresholds.outsideWindow}.`,
      { outside: outsideWindow, rows: parsed - rejects },
    );
}

/** Throws `SumsDisagree` where rows were lost or made, in the whole or in one of the written files. */
export function requireSums(counts: RowCounts, outputs: readonly LocalOutput[]): void {
  const { parsed, rowsOut, duplicates, superseded, rejects } = counts;
  if (parsed !== rowsOut + duplicates + superseded + rejects)
    throw catalogued('SumsDisagree', 'Rows read are not as many as rows written and left out.', {
      ...counts,
    });
  for (const { format, rows } of outputs)
    if (rows !== rowsOut)
      throw catalogued('SumsDisagree', `The ${format} file does not have the rows that it should.`, {
        rows,
        rowsOut,
      });
}

/** The sum of numbers, 0 for none. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
