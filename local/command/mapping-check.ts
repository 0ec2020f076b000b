import { readFileSync } from 'node:fs';
import { integrityOf } from '../../lambdas/dataset/completeness.ts';
import { readPage } from '../../lambdas/dataset/page.ts';
import { recordDrift } from '../../lambdas/dataset/record-drift.ts';
import { overlappingPaths } from '../../lambdas/dataset/record-paths.ts';
import { RecordRows } from '../../lambdas/dataset/record-rows.ts';
import { isError } from '../../lambdas/model/errors.ts';
import { lakeMapping, Mapping } from '../../lambdas/model/mapping.ts';
import { parseOrRefuse, Refusal } from '../../lambdas/model/refusal.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Output, Outputs } from './output.ts';
import { textTable } from './text-table.ts';
import { counted } from './wording.ts';

/** What `mapping check` is asked for. */
export interface MappingCheck {
  file: string;
  /** A page of records as CXone gave it, `{ "data": [ … ] }`, or a JSON array of such pages or of records. */
  sample?: string;
}

/** Reasons of rejects that are shown one by one. */
const REJECTS_SHOWN = 10;

/**
 * Checks a mapping file, and tells what a sample's records would become by it: new and missing fields, values of another kind than
 * usual, rejects. Throws `CommandRefused` and `Refusal` with every problem. A sample with rejects ends with exit code 1.
 */
export function checkMapping({ file, sample }: MappingCheck, { out }: Outputs): ExitCode {
  const mapping = parseOrRefuse(Mapping, jsonIn(file), `The mapping ${file}`);
  const columns = lakeMapping(mapping).columns.length;
  out.line(
    `${file}: ${mapping.name}, version ${mapping.version}, ${counted(columns, 'column')}; no problems.`,
  );
  if (sample === undefined) return EXIT.done;
  const overlaps = overlappingPaths(mapping);
  if (overlaps.length > 0) throw new Refusal(`The mapping ${file}`, overlaps);
  return showSample(mapping, recordsIn(sample), out);
}

function showSample(mapping: Mapping, records: readonly string[], out: Output): ExitCode {
  // What would be hashed is not shown, so any key does.
  const rows = new RecordRows({ mapping, key: [], privacyKey: Buffer.alloc(1) });
  const rejects = records.flatMap((record, index) => {
    const row = rows.take(record, { part: 1, line: index + 1 });
    return typeof row === 'string' ? [] : [row];
  });
  const { columns } = lakeMapping(mapping);
  const { findings } = rows;
  const drift = recordDrift(findings, mapping);
  const { valid, total } = integrityOf(findings, mapping);
  out.line(
    `${counted(total, 'record')}: ${valid} with every required field, ${counted(rejects.length, 'reject')}.`,
  );
  const isRetyped = (column: string) => (drift.retyped.includes(column) ? 'other kind of value' : '');
  const table = textTable(
    [
      { heading: 'column' },
      { heading: 'type' },
      { heading: 'in the source' },
      { heading: 'there', numbers: true },
      { heading: 'null', numbers: true },
      { heading: '' },
    ],
    columns.map(({ column, type, source }, position) => [
      column,
      type,
      source,
      `${total - (findings.absent[position] ?? 0)}`,
      `${findings.nulls[position] ?? 0}`,
      isRetyped(column),
    ]),
  );
  for (const line of table) out.line(line);
  const policy = mapping.newFields ?? 'extra';
  for (const [path, count] of [...findings.unknown].toSorted())
    out.line(`New: ${path}, in ${counted(count, 'record')} (newFields is ${policy})`);
  for (const { line, reason, column } of rejects.slice(0, REJECTS_SHOWN))
    out.line(`Reject: record ${line}, ${reason}${column === undefined ? '' : ` of ${column}`}`);
  return rejects.length > 0 ? EXIT.failed : EXIT.done;
}

/** The texts of the records in a file of a page, of pages, or of records. */
function recordsIn(file: string): string[] {
  const text = textIn(file);
  const value = jsonIn(file);
  try {
    if (!Array.isArray(value)) return readPage(text).records;
    const { records } = readPage(`{"data":${text}}`);
    const isPages = value.every((entry) => typeof entry === 'object' && entry !== null && 'data' in entry);
    return isPages && records.length > 0 ? records.flatMap((page) => readPage(page).records) : records;
  } catch (error) {
    if (!isError(error, 'PageMalformed')) throw error;
    throw new CommandRefused([`${file}: ${error.message}`]);
  }
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new CommandRefused([`${file} cannot be read.`]);
  }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(textIn(file));
  } catch (error) {
    if (error instanceof CommandRefused) throw error;
    throw new CommandRefused([`${file} is not JSON.`]);
  }
}
