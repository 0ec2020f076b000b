import type { Mapping } from '../model/mapping.ts';

/** Names of unknown fields that are kept: hostile records may have any number of them. */
const NAMES_KEPT = 1_000;

/** What was found of a window's records beside their rows, summed exactly. Arrays are by position of the lake's column. */
export class RecordFindings {
  /** All records, whatever became of them. */
  records = 0;
  /** Those that have every required field, be it null. */
  complete = 0;
  /** Records that lack the column's field. */
  readonly absent: number[];
  /** Records that have null in the column, in any spelling. */
  readonly nulls: number[];
  /** Records whose value is of another kind of JSON than the column's type is usually given in, whether it fits or not. */
  readonly otherKind: number[];
  /** How many records have an unknown field, by its path. */
  readonly unknown = new Map<string, number>();
  /** Times that an unknown field was found whose name is not kept any more. */
  unknownBeyond = 0;

  constructor({ columns }: Mapping) {
    this.absent = columns.map(() => 0);
    this.nulls = columns.map(() => 0);
    this.otherKind = columns.map(() => 0);
  }

  countUnknown(path: string): void {
    const known = this.unknown.get(path);
    if (known !== undefined || this.unknown.size < NAMES_KEPT) this.unknown.set(path, (known ?? 0) + 1);
    else this.unknownBeyond++;
  }
}

/** One more at a position. */
export function countAt(counts: number[], position: number): void {
  counts[position] = (counts[position] ?? 0) + 1;
}
