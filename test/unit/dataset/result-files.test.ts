import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultRecords } from '../../../lambdas/dataset/result-files/result-records.ts';
import { storedResultRecords } from '../../../lambdas/dataset/result-files/stored-result.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { NESTED, nestedRecord, transformed } from '../../support/record-transform.ts';
import { thrownBy } from '../../support/thrown.ts';
import { lakeRows, sha256 } from '../../support/window-transform.ts';
import {
  type Cell,
  changedWorkbook,
  otherWorkbook,
  sheetjsWorkbook,
  withInlineStrings,
} from '../../support/workbooks.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'result-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function recordsIn(bytes: Buffer | string, format: 'csv' | 'xlsx'): Promise<string[]> {
  files++;
  const file = join(folder, `${files}.${format}`);
  await writeFile(file, bytes);
  const records: string[] = [];
  for await (const batch of resultRecords(file, format, NESTED)) records.push(...batch);
  return records;
}

/** The columns of `NESTED`, as an export's header has them, and one more. */
const HEADER = [...NESTED.columns.map(({ source }) => source), 'new.field'];
const AT = new Date('2024-05-15T08:00:00.123Z');
const NOTE = ' Agent "1",\n<é&日> ';

/** The same export three times: records, and rows of cells with times as texts or as dates. */
const RECORDS = [
  nestedRecord('1', {
    interval: { startTime: AT.toISOString() },
    agent: { id: '007', name: NOTE },
    new: { field: 1.5 },
  }),
  nestedRecord('2', {
    interval: { startTime: AT.toISOString() },
    agent: { id: '2', name: null },
    active: false,
    tags: [],
    new: { field: 'x' },
  }),
  nestedRecord('3', {
    interval: { startTime: AT.toISOString() },
    metric: { cost: 0.1, 'calls.total': 9007199254740991 },
    active: null,
  }),
];
const cells = (at: Cell): Cell[][] => [
  [at, '007', NOTE, 7, 3.3333333333333335, 1.5, 61_500, true, '["a","b"]', 9, 1.5],
  [at, '2', null, 7, 3.3333333333333335, 1.5, 61_500, false, '[]', 9, 'x'],
  [at, '3', 'Agent 3', null, null, 0.1, null, null, '["a","b"]', 9007199254740991, null],
];
const sheet = (at: Cell) => [HEADER, ...cells(at)];
const csv = (lineEnd: string) =>
  sheet(AT.toISOString())
    .map((row) => row.map((cell) => `"${String(cell ?? '').replaceAll('"', '""')}"`).join(',') + lineEnd)
    .join('');

async function rowsOf(records: readonly string[]) {
  const done = await transformed([records]);
  return await lakeRows(done, 'SELECT * EXCLUDE (load_generation) FROM lake');
}

describe('ANA-06 result files', () => {
  it.each<[string, 'csv' | 'xlsx', () => Buffer | string | Promise<Buffer>]>([
    ['CSV', 'csv', () => csv('\n')],
    ['CSV with a byte-order mark and other line ends', 'csv', () => `\uFEFF${csv('\r\n')}`],
    [
      'a workbook of SheetJS with shared texts and dates',
      'xlsx',
      () => sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true }),
    ],
    [
      'one with texts of formulas and times as texts',
      'xlsx',
      () => sheetjsWorkbook({ a: sheet(AT.toISOString()) }, { sharedStrings: false }),
    ],
    [
      'one with texts in its cells',
      'xlsx',
      () => withInlineStrings(sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: false })),
    ],
    [
      'one whose calendar begins in 1904',
      'xlsx',
      () => sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true, date1904: true }),
    ],
    ['one of write-excel-file with dates', 'xlsx', () => otherWorkbook(sheet(AT))],
    ['one of write-excel-file with times as texts', 'xlsx', () => otherWorkbook(sheet(AT.toISOString()))],
    [
      'one with empty sheets before and full ones after',
      'xlsx',
      () => sheetjsWorkbook({ none: [], a: sheet(AT), b: [['Id'], ['1']] }, { sharedStrings: true }),
    ],
    [
      'one that goes on on other sheets, with columns in another order and other tables in between',
      'xlsx',
      () => {
        const [first = [], ...rest] = cells(AT);
        const [second = [], third = []] = rest.map((row) => [null, ...row.toReversed()]);
        const total = [['Records'], [3]];
        const header = [null, ...HEADER.toReversed()];
        return sheetjsWorkbook(
          { a: [HEADER, first], total, b: [header, second], none: [], c: [[], header, third], d: [HEADER] },
          { sharedStrings: true },
        );
      },
    ],
    [
      'one with rows and columns left out',
      'xlsx',
      () =>
        sheetjsWorkbook(
          { a: [[], [], ...sheet(AT).flatMap((row) => [[null, ...row], []])] },
          { sharedStrings: true },
        ),
    ],
  ])('ANA-06 gives the same rows as the same export in JSON from %s', async (_, format, file) => {
    const records = await recordsIn(await file(), format);

    expect(await rowsOf(records)).toEqual(await rowsOf(RECORDS));
  });

  it('ANA-06 nests records by the paths of the header, in whatever order its columns stand', async () => {
    const records = await recordsIn('b.c,a,b.d,"x\\.y"\n1,2,3,4\n', 'csv');

    expect(records).toEqual(['{"b":{"c":1,"d":3},"a":2,"x.y":4}']);
  });

  it('ANA-06 keeps what a row of another width or bad quoting holds, as a reject', async () => {
    const lines = csv('\n').split('\n').slice(0, 2);
    const records = await recordsIn(`${lines[0]}\n1,2\n"a"b\n`, 'csv');

    const { result } = await transformed([records]);

    expect(records).toEqual(['"1,2"', String.raw`"\"a\"b"`]);
    expect(result.counts).toMatchObject({ parsed: 2, rejects: 2 });
  });

  it('ANA-06 keeps control characters, and dates before the leap day that was none', async () => {
    const rows = [
      ['agent.id', 'interval.startTime'],
      ['bell \u0007', new Date('1900-01-05T12:00:00.000Z')],
    ];
    const [record = ''] = await recordsIn(sheetjsWorkbook({ a: rows }, { sharedStrings: true }), 'xlsx');

    expect(JSON.parse(record)).toEqual({
      agent: { id: 'bell \u0007' },
      interval: { startTime: '1900-01-05T12:00:00.000Z' },
    });
  });

  it.each<[string, 'csv' | 'xlsx', () => Buffer | string]>([
    ['an empty CSV file', 'csv', () => ''],
    ['a header without names', 'csv', () => ',\n1,2\n'],
    ['a header with a name twice', 'csv', () => 'a,a\n1,2\n'],
    ['a header with a path through another one', 'csv', () => 'a,a.b\n1,2\n'],
    ['a quote that is never closed', 'csv', () => 'a\n"b\n'],
    ['what is no archive', 'xlsx', () => 'PK nothing'],
    [
      'a workbook cut off',
      'xlsx',
      () => sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true }).subarray(0, 3_000),
    ],
    [
      'a sheet that is no XML',
      'xlsx',
      () =>
        changedWorkbook(
          sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true }),
          'xl/worksheets/sheet1.xml',
          (xml) => xml.slice(0, -40),
        ),
    ],
    [
      'an entity of its own',
      'xlsx',
      () =>
        changedWorkbook(
          sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true }),
          'xl/sharedStrings.xml',
          (xml) => xml.replace('<si><t>007', '<si><t>&bomb;'),
        ),
    ],
    [
      'a row at a place that is none',
      'xlsx',
      () =>
        changedWorkbook(
          sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true }),
          'xl/worksheets/sheet1.xml',
          (xml) => xml.replace('<row r="2"', '<row r="two"'),
        ),
    ],
    [
      'a shared text that is not there',
      'xlsx',
      () =>
        changedWorkbook(
          sheetjsWorkbook({ a: sheet(AT) }, { sharedStrings: true }),
          'xl/worksheets/sheet1.xml',
          (xml) => xml.replace('t="s"><v>0<', 't="s"><v>999<'),
        ),
    ],
  ])('ANA-06 calls %s malformed', async (_, format, file) => {
    const error = await thrownBy(recordsIn(file(), format));

    expect(error.name).toBe('PartMalformed');
  });

  it('ANA-06 takes a workbook without rows for one without records', async () => {
    expect(await recordsIn(sheetjsWorkbook({ a: [], b: [] }, { sharedStrings: true }), 'xlsx')).toEqual([]);
  });

  describe('ANA-06 a sheet that is full', () => {
    const table = sheet(AT);
    const total = [['Records'], [3]];
    /** A workbook of which these sheets, from 1, have their last row in the last place of a sheet. */
    const filled = (
      sheets: Readonly<Record<string, readonly (readonly Cell[])[]>>,
      full: readonly number[],
      last = (row: string) => row.replace(/ r="\d+"/, ' r="1048576"'),
    ) =>
      full.reduce(
        (workbook, sheetNumber) =>
          changedWorkbook(workbook, `xl/worksheets/sheet${sheetNumber}.xml`, (xml) =>
            xml.replaceAll(/ r="[A-Z]+\d+"/g, '').replace(/<row (?!.*<row ).*?>/, last),
          ),
        sheetjsWorkbook(sheets, { sharedStrings: true }),
      );

    it.each<[string, () => Buffer]>([
      ['with none after it', () => filled({ a: table }, [1])],
      ['with another table after it', () => filled({ a: table, total }, [1])],
      ['on which an earlier one goes on', () => filled({ a: table, b: table }, [2])],
      [
        'whose last row does not say its place',
        () => filled({ a: table }, [1], () => '<row r="1048575"></row><row>'),
      ],
    ])('ANA-06 is named %s: what came after it was left out', async (_, file) => {
      const error = await thrownBy(recordsIn(file(), 'xlsx'));

      expect([error.name, error.message]).toEqual([
        'PartMalformed',
        expect.stringContaining('1048576 rows on a sheet'),
      ]);
    });

    it.each<[string, () => Buffer, number]>([
      ['where a later one goes on', () => filled({ a: table, total, b: table }, [1]), 6],
      ['where a later one has just the header', () => filled({ a: table, b: [HEADER] }, [1]), 3],
      ['if it is none of the table', () => filled({ a: table, total }, [2]), 3],
      [
        'but for one row',
        () => filled({ a: table }, [1], (row) => row.replace(/ r="\d+"/, ' r="1048575"')),
        3,
      ],
    ])('ANA-06 is fine %s', async (_, file, records) => {
      expect(await recordsIn(file(), 'xlsx')).toHaveLength(records);
    });
  });

  it('CDR-08 reads a stored file only as it was stored, and leaves no copy behind', async () => {
    const objects = memoryObjectStore(7);
    const bytes = Buffer.from(csv('\n'));
    objects.objects.set('raw/file', bytes);
    const stored = { key: 'raw/file', bytes: bytes.length, sha256: sha256(bytes), format: 'csv' } as const;
    const read = async (sha: string) => {
      const records: string[] = [];
      const source = storedResultRecords({ ...stored, sha256: sha }, NESTED, { objects, folder });
      for await (const batch of source) records.push(...batch);
      return records.length;
    };

    const [count, error] = [await read(stored.sha256), await thrownBy(read('0'.repeat(64)))];

    expect([count, error.name]).toEqual([3, 'PartCorrupted']);
    await expect(writeFile(join(folder, 'result.csv'), '', { flag: 'wx' })).resolves.toBeUndefined();
  });
});

describe('ANA-06 a csv file that ends cleanly, and short', () => {
  const whole = ['interval.startTime,agent.id,agent.name', '2024-05-15T08:00:00.000Z,7,"a, b"', ''].join(
    '\n',
  );

  it('ANA-06 is named wherever it is cut but for the end of a row and within the last field of one', async () => {
    const required = {
      ...NESTED,
      columns: NESTED.columns.map((column) => ({ ...column, required: column.source.startsWith('agent.') })),
    };
    const outcomes: string[] = [];

    for (let bytes = 1; bytes <= whole.length; bytes++) {
      const file = join(folder, `cut-${bytes}.csv`);
      await writeFile(file, whole.slice(0, bytes));
      const read = await Array.fromAsync(resultRecords(file, 'csv', required)).catch(
        (error: unknown) => error,
      );
      outcomes.push(
        Array.isArray(read) ? `${read.flat().length}` : String(Reflect.get(Object(read), 'name')),
      );
    }

    const refused = outcomes.flatMap((outcome, at) => (outcome === 'PartMalformed' ? [at + 1] : []));
    const header = whole.indexOf('\n');
    // A header, with its line end or without, and a row from where its last field begins, whose end nobody knows.
    const fine = [header, header + 1, whole.indexOf('"'), whole.length - 1, whole.length];
    expect(refused).toEqual(
      Array.from({ length: whole.length }, (_, at) => at + 1).filter((bytes) => !fine.includes(bytes)),
    );
  });
});
