import * as sheetjs from '@e965/xlsx';
import writeExcelFile from 'write-excel-file/node';

/** A value as a program puts it into a cell. */
export type Cell = string | number | boolean | Date | null;

/** A workbook as SheetJS writes it: sheets by name, each a table of cells. */
export function sheetjsWorkbook(
  sheets: Readonly<Record<string, readonly (readonly Cell[])[]>>,
  options: { sharedStrings: boolean; date1904?: boolean },
): Buffer {
  const book = sheetjs.utils.book_new();
  for (const [name, rows] of Object.entries(sheets)) {
    const table = rows.map((row) => [...row]);
    const written = { UTC: true, dateNF: 'yyyy-mm-dd hh:mm:ss', date1904: options.date1904 === true };
    const sheet = sheetjs.utils.aoa_to_sheet(table, written);
    sheetjs.utils.book_append_sheet(book, sheet, name);
  }
  if (options.date1904) book.Workbook = { WBProps: { date1904: true } };
  return sheetjs.write(book, { type: 'buffer', bookType: 'xlsx', bookSST: options.sharedStrings });
}

/** The workbook with one of its XML files changed. */
export function changedWorkbook(workbook: Buffer, path: string, change: (xml: string) => string): Buffer {
  return changedFiles(workbook, { [path]: change });
}

function changedFiles(workbook: Buffer, changes: Readonly<Record<string, (xml: string) => string>>): Buffer {
  const archive = sheetjs.CFB.read(workbook, { type: 'buffer' });
  for (const [path, change] of Object.entries(changes)) {
    const entry = sheetjs.CFB.find(archive, `/${path}`);
    if (entry === null) throw new Error(`There is no ${path}.`);
    const changed = Buffer.from(change(Buffer.from(entry.content).toString('utf8')));
    sheetjs.CFB.utils.cfb_add(archive, `/${path}`, changed);
  }
  return sheetjs.CFB.write(archive, { type: 'buffer', fileType: 'zip', compression: true });
}

/** The texts of cells in the sheet itself, in runs, instead of results of formulas. */
export function withInlineStrings(workbook: Buffer): Buffer {
  return changedWorkbook(workbook, 'xl/worksheets/sheet1.xml', (xml) =>
    xml.replaceAll(
      / t="str"( xml:space="preserve")?><v(?: xml:space="preserve")?>([\s\S]*?)<\/v>/g,
      (_, _preserve, text: string) =>
        ` t="inlineStr"><is><r><t xml:space="preserve">${text.slice(0, 1)}</t></r><r><t xml:space="preserve">${text.slice(1)}</t></r><rPh><t>hint</t></rPh></is>`,
    ),
  );
}

/** A workbook as write-excel-file writes it. */
export async function otherWorkbook(rows: readonly (readonly Cell[])[]): Promise<Buffer> {
  const data = rows.map((row) =>
    row.map((value) =>
      value instanceof Date ? { type: Date, value, format: 'yyyy-mm-dd hh:mm:ss.000' } : value,
    ),
  );
  return await writeExcelFile(data, {}).toBuffer();
}

/** A workbook of so many rows, an even number, on two sheets, each row with texts of its own among those that cells share. */
export function largeWorkbook(header: readonly string[], rows: number): Buffer {
  const table = [header, header.map(() => 'x')];
  const half = rows / 2;
  const text = (value: string) => `<si><t>${value}</t></si>`;
  const texts = Array.from({ length: rows }, (_, row) => text(`Text of row ${row}, which no other row has`));
  const line = (row: number) => {
    const cells = header.map((_, column) =>
      column === 0 ? `<c t="s"><v>${header.length + row}</v></c>` : `<c><v>${row}.25</v></c>`,
    );
    return `<row r="${(row % half) + 2}">${cells.join('')}</row>`;
  };
  const from = (first: number) => (xml: string) => {
    const lines = Array.from({ length: half }, (_, row) => line(first + row));
    return xml.replace(/<row r="2">[\s\S]*<\/row>/, lines.join(''));
  };
  return changedFiles(sheetjsWorkbook({ a: table, b: table }, { sharedStrings: true }), {
    'xl/sharedStrings.xml': (xml) =>
      xml.replace(
        /<sst[^>]*>[\s\S]*<\/sst>/,
        `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">${header.map(text).join('')}${texts.join('')}</sst>`,
      ),
    'xl/worksheets/sheet1.xml': from(0),
    'xl/worksheets/sheet2.xml': from(half),
  });
}
