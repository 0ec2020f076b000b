import { Readable } from 'node:stream';
import type { Json } from '@duckdb/node-api';
import { catalogued } from '../model/errors.ts';
import type { Mapping } from '../model/mapping.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { RejectReason } from '../model/run-record.ts';
import type { Database } from './database.ts';
import { type Draft, positionsOf, problemOf } from './drafts.ts';
import { gzipMembers } from './gzip.ts';
import { LineFinder } from './line-finder.ts';
import { csvRecordEnd, lineEnd, recordsOf } from './records.ts';
import { RejectTally } from './reject-tally.ts';
import type { RowShield } from './row-shield.ts';
import { type QuarantinedRow, quarantinedRow, RowWalk, type WantedRow } from './row-walk.ts';
import { quoteText } from './sql.ts';

/** Where rows go, what may be written of them, and how many there must be. */
export interface QuarantineTarget {
  key: string;
  objects: ObjectStore;
  shield: RowShield;
  expected: number;
}

/** Writes all rejects, by part and line, as gzipped JSON lines, and gives their reasons. */
export async function quarantineRejects(
  database: Database,
  drafts: readonly Draft[],
  mapping: Mapping,
  target: QuarantineTarget,
): Promise<RejectReason[]> {
  const tally = new RejectTally();
  await writeRows(target, tally, async function* () {
    for (const draft of drafts) {
      const wanted = database.stream(
        `SELECT file_row_number + 1 AS row, _problem AS problem
         FROM read_parquet(${quoteText(draft.file)}, file_row_number = true) WHERE _problem IS NOT NULL`,
      );
      yield* quarantined(draft, true, wanted, ({ row, problem }) => {
        const { reason, column } = problemOf(Number(problem), mapping);
        const position = column && draft.plan.positions[mapping.columns.indexOf(column)];
        return { row: Number(row), reason, column: draft.part.columns?.[position ?? -1] ?? column?.source };
      });
    }
  });
  return tally.reasons();
}

/**
 * Writes all superseded rows, by part and line, as gzipped JSON lines.
 */
export async function quarantineSuperseded(
  database: Database,
  drafts: readonly Draft[],
  target: QuarantineTarget,
): Promise<void> {
  await writeRows(target, new RejectTally(), async function* () {
    for (const draft of drafts) {
      const { from, to } = positionsOf(draft.part.number);
      const wanted = database.stream(
        `SELECT position - ${from} AS row FROM dropped
         WHERE fate = 'superseded' AND position >= ${from} AND position < ${to} ORDER BY row`,
      );
      yield* quarantined(draft, false, wanted, ({ row }) => ({ row: Number(row), reason: 'Superseded' }));
    }
  });
}

async function writeRows(
  { key, objects, shield, expected }: QuarantineTarget,
  tally: RejectTally,
  rows: () => AsyncGenerator<QuarantinedRow[]>,
): Promise<void> {
  let written = 0;
  async function* lines() {
    for await (const batch of rows()) {
      written += batch.length;
      for (const row of batch) tally.count(row);
      yield Buffer.from(batch.map((row) => `${JSON.stringify(shield.shown(row))}\n`).join(''));
    }
    if (written !== expected)
      throw catalogued('SumsDisagree', 'Rows for quarantine were not all found in their parts.', {
        expected,
        written,
      });
  }
  await objects.writeStream(key, Readable.from(gzipMembers(lines())), 'application/gzip');
}

/**
 * Finds rows of a draft in the part's file, and the flawed records where they are wanted too. The file is
 * only read where there is something to find; its records must then be as many as the reader's: throws
 * `PartMalformed` otherwise. Neither the wanted rows nor what is found of them is ever held as a whole: a
 * part may consist of nothing else.
 */
async function* quarantined(
  draft: Draft,
  withFlawed: boolean,
  found: AsyncIterable<Record<string, Json>[]>,
  wantedRow: (row: Record<string, Json>) => WantedRow,
): AsyncGenerator<QuarantinedRow[]> {
  if (isLineByLine(draft)) yield* quarantinedLines(draft, found, wantedRow);
  else yield* quarantinedRecords(draft, withFlawed, found, wantedRow);
}

/** Whether each line of the part's file is a row, so that a row's number tells its line. */
function isLineByLine({ flawed, rows, part }: Draft): boolean {
  // A blank line is no row and a record of several lines is one: either leaves fewer rows than lines, and nothing makes up for it.
  return flawed === 0 && rows === part.lines;
}

async function* quarantinedLines(
  { part }: Draft,
  found: AsyncIterable<Record<string, Json>[]>,
  wantedRow: (row: Record<string, Json>) => WantedRow,
): AsyncGenerator<QuarantinedRow[]> {
  await using lines = await LineFinder.open(part.file);
  const headerLines = part.format === 'csv' ? 1 : 0;
  for await (const batch of found) {
    const rows: QuarantinedRow[] = [];
    for (const wanted of batch.map(wantedRow)) {
      const line = await lines.find(wanted.row + headerLines);
      if (line === undefined)
        throw catalogued('PartMalformed', `Part ${part.number}: row ${wanted.row} is not found in it.`);
      rows.push(quarantinedRow(part, line, wanted));
    }
    yield rows;
  }
}

async function* quarantinedRecords(
  draft: Draft,
  withFlawed: boolean,
  found: AsyncIterable<Record<string, Json>[]>,
  wantedRow: (row: Record<string, Json>) => WantedRow,
): AsyncGenerator<QuarantinedRow[]> {
  const batches = found[Symbol.asyncIterator]();
  const walk = new RowWalk(draft, withFlawed);
  let { value, done } = await batches.next();
  if (done && !(withFlawed && draft.flawed > 0)) return;
  const { part } = draft;
  for await (const records of recordsOf(part.file, part.format === 'csv' ? csvRecordEnd : lineEnd)) {
    while (!done && walk.wantsBefore(records.length)) {
      walk.want((value ?? []).map(wantedRow));
      ({ value, done } = await batches.next());
    }
    const batch = records.flatMap((record) => walk.next(record));
    if (batch.length > 0) yield batch;
  }
  walk.end();
}
