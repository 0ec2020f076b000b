import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import yauzl from 'yauzl';
import { catalogued } from '../../model/errors.ts';
import { NumberFormats } from './number-formats.ts';
import { SharedStrings } from './shared-strings.ts';
import { type CellRules, MOST_ROWS, rowsOf, type SheetRow, type SheetRows } from './worksheet.ts';
import { readXml } from './xml-events.ts';

/** Entries that a workbook's archive may have. */
const MOST_ENTRIES = 10_000;

/** Rows of a table that follow each other, in one batch; at the beginning of a sheet with its header. */
export interface WorkbookRows {
  header?: SheetRow;
  rows: SheetRow[];
}

/**
 * The table of a workbook (xlsx) on the local disk: the rows of its first sheet that has any, and of the later ones whose header names the same
 * columns, in whatever order; programs go on there when a sheet is full. Other sheets are none of it. Holds a chunk of a sheet, and the texts that
 * cells share. Throws `PartMalformed` for what is no workbook, is encrypted, or has no sheet, and, in the end, where the last sheet of the table
 * has as many rows as a sheet can have: what came after them was left out.
 */
export async function* workbookRows(file: string): AsyncGenerator<WorkbookRows> {
  const archive = await openArchive(file);
  try {
    const { sheets, calendar, strings, styles } = await describe(archive);
    const rules: CellRules = {
      calendar,
      strings: strings === undefined ? new SharedStrings() : await SharedStrings.read(strings),
      formats: styles === undefined ? new NumberFormats() : await NumberFormats.read(styles),
    };
    const table: Table = { last: 0 };
    for (const sheet of sheets) yield* continued(table, rowsOf(await archive.open(sheet), rules));
    if (table.last >= MOST_ROWS)
      throw catalogued(
        'PartMalformed',
        `The workbook has ${MOST_ROWS} rows on a sheet, which can hold no more, and none that goes on: ask for json or csv, or for fewer days.`,
      );
  } finally {
    archive.close();
  }
}

/** What is known of a workbook's table. */
interface Table {
  /** The columns that its header names, in one text; undefined before there is one. */
  names?: string;
  /** The place of the last row on its last sheet so far. */
  last: number;
}

/** The rows of a sheet, if it is the table's first one or has its header. */
async function* continued(table: Table, sheet: AsyncIterable<SheetRows>): AsyncGenerator<WorkbookRows> {
  let begun = false;
  for await (const { rows, last } of sheet) {
    if (begun) yield { rows };
    else {
      const [header = [], ...rest] = rows;
      const names = namesIn(header);
      if (table.names !== undefined && names !== table.names) return;
      table.names = names;
      begun = true;
      yield { header, rows: rest };
    }
    table.last = last;
  }
}

function namesIn(header: SheetRow): string {
  return JSON.stringify(header.filter((name) => name !== undefined).sort());
}

interface Archive {
  has(name: string): boolean;
  open(name: string): Promise<Readable>;
  close(): void;
}

async function openArchive(file: string): Promise<Archive> {
  const zip = await yauzl.openPromise(file, { lazyEntries: true, autoClose: false }).catch(notAWorkbook);
  const entries = new Map<string, yauzl.Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      entries.set(entry.fileName, entry);
      if (entries.size > MOST_ENTRIES) throw new Error('There are too many entries.');
    }
  } catch (error) {
    zip.close();
    return notAWorkbook(error);
  }
  return {
    has: (name) => entries.has(name),
    async open(name) {
      const entry = entries.get(name);
      if (entry === undefined) return notAWorkbook(new Error(`There is no ${name}.`));
      return await zip.openReadStreamPromise(entry).catch(notAWorkbook);
    },
    close: () => zip.close(),
  };
}

function notAWorkbook(cause: unknown): never {
  throw catalogued('PartMalformed', 'The file is not a workbook that can be read.', {}, cause);
}

/** What a workbook consists of, by its own list of contents. */
async function describe(archive: Archive) {
  const book = 'xl/workbook.xml';
  const targets = new Map<string, { type: string; path: string }>();
  await each(
    await archive.open('xl/_rels/workbook.xml.rels'),
    'Relationship',
    ({ Id = '', Type = '', Target = '' }) => {
      const path = Target.startsWith('/') ? Target.slice(1) : posix.join('xl', Target);
      targets.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), path });
    },
  );
  const sheets: string[] = [];
  let calendar: 1900 | 1904 = 1900;
  await each(await archive.open(book), 'sheet', (attributes) => {
    const id = Object.entries(attributes).find(([name]) => /(?:^|:)id$/.test(name))?.[1] ?? '';
    const target = targets.get(id);
    if (target?.type === 'worksheet') sheets.push(target.path);
  });
  await each(await archive.open(book), 'workbookPr', ({ date1904 }) => {
    if (date1904 === '1' || date1904 === 'true') calendar = 1904;
  });
  if (sheets.length === 0) notAWorkbook(new Error('There is no sheet.'));
  const partOf = async (type: string) => {
    const path = [...targets.values()].find((target) => target.type === type)?.path;
    return path === undefined || !archive.has(path) ? undefined : await archive.open(path);
  };
  return { sheets, calendar, strings: await partOf('sharedStrings'), styles: await partOf('styles') };
}

/** The attributes of every element of a name. */
async function each(
  source: Readable,
  name: string,
  take: (attributes: Readonly<Record<string, string>>) => void,
): Promise<void> {
  const reader = {
    begin: (found: string, attributes: Readonly<Record<string, string>>) => {
      if (found === name) take(attributes);
    },
    text() {},
    end() {},
  };
  for await (const _ of readXml(source, reader));
}
