import { addedColumnNames, type Column, columnsOfDay, misfit } from './columns.ts';
import { type DayPlan, LineWalk, type PartRange, typedColumns } from './day-plan.ts';
import { csvField, jsonText } from './pools.ts';

/** Bytes after which a chunk is handed out. */
const chunkBytes = 256 * 1024;
/** Characters of a line at most, for which room is kept: columns are far shorter than this share of it. */
const lineRoom = 64 * 1024;

/** What a part holds, told after its last chunk. */
export interface PartTotals {
  readonly rows: number;
}

/** The bytes of a part, chunk by chunk, each its own buffer of about 256 KiB; returns the number of rows. */
export function* partContent(plan: DayPlan, part: PartRange): Generator<Buffer, PartTotals> {
  const columns = partColumns(plan, part);
  const { format, layout } = plan.export;
  const write = format === 'csv' ? csvLine : jsonLine;
  const rejectable = typedColumns(plan.export);
  const walk = new LineWalk(plan, part);
  const between = format === 'json' ? ',\n' : layout.crlf ? '\r\n' : '\n';
  let chunk = Buffer.allocUnsafe(chunkBytes + lineRoom);
  let filled = chunk.write(opening(plan, columns));
  let rows = 0;
  while (walk.next()) {
    const line = write(columns, walk, rejectable);
    filled += chunk.write(rows === 0 && format === 'json' ? line : between + line, filled);
    rows += 1;
    if (filled < chunkBytes) continue;
    yield chunk.subarray(0, filled);
    chunk = Buffer.allocUnsafe(chunkBytes + lineRoom);
    filled = 0;
  }
  filled += chunk.write(format === 'json' ? ']' : layout.finalNewline ? between : '', filled);
  if (filled > 0) yield chunk.subarray(0, filled);
  return { rows };
}

/** The columns of a part, in the order in which it has them. */
export function partColumns(plan: DayPlan, part: PartRange): Column[] {
  const { day, settings, layout, columns } = plan.export;
  const column = columnsOfDay(day);
  const unit = part.last ? layout.lastPartUnit : 'seconds';
  const names = [...columns, ...addedColumnNames(settings.unknownColumns)].filter(
    (name) => !part.last || name !== layout.missingColumn,
  );
  const shift = layout.rotateColumns ? (part.number - 1) % Math.max(1, names.length) : 0;
  return [...names.slice(shift), ...names.slice(0, shift)].map((name) => column(name, layout.wildText, unit));
}

function opening(plan: DayPlan, columns: readonly Column[]): string {
  if (plan.export.format === 'json') return '[';
  return `${plan.export.layout.bom ? '\uFEFF' : ''}${columns.map((column) => csvField(column.name)).join(',')}`;
}

function csvLine(columns: readonly Column[], walk: LineWalk, rejectable: readonly string[]): string {
  if (walk.kind === 'reject' || walk.kind === 'wrongWidth') return oddCsvLine(columns, walk, rejectable);
  const { call } = walk;
  let line = '';
  for (let position = 0; position < columns.length; position += 1) {
    const column = columns[position];
    if (position > 0) line += ',';
    if (column !== undefined) line += column.csv(call);
  }
  return line;
}

function oddCsvLine(columns: readonly Column[], walk: LineWalk, rejectable: readonly string[]): string {
  const spoilt = walk.kind === 'reject' ? rejectable[walk.special % rejectable.length] : undefined;
  const fields = columns.map((column) =>
    column.name === spoilt ? misfit(column.kind) : column.csv(walk.call),
  );
  const shorter = walk.special % 2 === 1 && fields.length > 1;
  if (walk.kind === 'wrongWidth' && shorter) fields.pop();
  if (walk.kind === 'wrongWidth' && !shorter) fields.push('surplus');
  return fields.join(',');
}

function jsonLine(columns: readonly Column[], walk: LineWalk, rejectable: readonly string[]): string {
  const odd = walk.kind === 'reject' || walk.kind === 'wrongWidth';
  const spoilt = odd ? rejectable[walk.special % rejectable.length] : undefined;
  let line = '{';
  for (const column of columns) {
    const value = column.name === spoilt ? jsonText(misfit(column.kind)) : column.json(walk.call);
    line += `${line.length > 1 ? ',' : ''}"${column.name}":${value}`;
  }
  return `${line}}`;
}
