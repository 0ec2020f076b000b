import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mapping } from '../../lambdas/model/mapping.ts';
import { lakeRows, quarantine, transform } from '../support/window-transform.ts';

/** A text as a call center's fields hold it, and as an attacker would. No lone surrogates: they are not UTF-8. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    '',
    ' ',
    ',',
    '"',
    '""',
    '\n',
    '\r\n',
    '\r',
    'a"b',
    '"quoted"',
    "o'clock",
    '+4930',
    '007',
    '#x',
    '\\',
    'NULL',
  ),
);
const extraNames = fc.uniqueArray(
  fc
    .oneof(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.constantFrom('"', "'", 'a,b', 'a\nb', 'a"b', '__proto__', ';--'),
    )
    .filter((name) => !['Id', 'At', 'Note'].includes(name) && !name.startsWith('\ufeff')),
  { maxLength: 3 },
);

const MAPPING = Mapping.parse({
  name: 'texts',
  version: 1,
  windowColumn: 'at',
  columns: [
    { source: 'Id', column: 'id', type: 'text', required: true },
    { source: 'At', column: 'at', type: 'timestamp', required: true },
    { source: 'Note', column: 'note', type: 'text' },
  ],
});

interface SourceRow {
  note: string;
  extra: string[];
}

/** How one part is written: which rows, in what column order, with what line ends and marks. */
interface Layout {
  rows: number;
  order: number[];
  crlf: boolean;
  byteOrderMark: boolean;
  finalNewline: boolean;
  quoted: boolean;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  rows: fc.nat({ max: 4 }),
  order: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  crlf: fc.boolean(),
  byteOrderMark: fc.boolean(),
  finalNewline: fc.boolean(),
  quoted: fc.boolean(),
});

const exported = fc
  .tuple(extraNames, fc.array(layout, { minLength: 1, maxLength: 4 }))
  .chain(([names, layouts]) => {
    const total = layouts.reduce((sum, { rows }) => sum + rows, 0);
    const row = fc.record({
      note: text,
      extra: fc.array(text, { minLength: names.length, maxLength: names.length }),
    });
    return fc.record({
      names: fc.constant(names),
      layouts: fc.constant(layouts),
      rows: fc.array(row, { minLength: total, maxLength: total }),
    });
  });

function written(names: readonly string[], layouts: readonly Layout[], rows: readonly SourceRow[]): string[] {
  const header = ['Id', 'At', 'Note', ...names];
  let next = 0;
  return layouts.map(({ rows: count, order, crlf, byteOrderMark, finalNewline, quoted }) => {
    const permutation = header
      .map((_, index) => index)
      .toSorted((left, right) => (order[left] ?? 0) - (order[right] ?? 0));
    const records = rows
      .slice(next, next + count)
      .map(({ note, extra }, index) => [`id-${next + index}`, '2024-05-15T00:00:00.000Z', note, ...extra]);
    next += count;
    const csv = stringify(
      [header, ...records].map((record) => permutation.map((index) => record[index])),
      { record_delimiter: crlf ? '\r\n' : '\n', quoted, quoted_match: /[\r\n]/ },
    );
    return (byteOrderMark ? '\ufeff' : '') + (finalNewline ? csv : csv.replace(/\r?\n$/, ''));
  });
}

/** What the lake must hold: empty values are null, and unknown columns that have a value stand in a JSON object, sorted by name. */
function expectedRows(names: readonly string[], rows: readonly SourceRow[]) {
  return rows.map(({ note, extra }, index) => {
    const members = names
      .map((name, position) => [name, extra[position] ?? ''] as const)
      .filter(([, value]) => value !== '');
    const sorted = members.toSorted(([left], [right]) => (left < right ? -1 : 1));
    const json = sorted.map(([name, value]) => [name, value]);
    return { id: `id-${index}`, note: note === '' ? null : note, extra: json.length === 0 ? null : json };
  });
}

describe('CDR-09 parts are one dataset', () => {
  it('CDR-09 gives the rows that were exported, whatever the columns’ order, quoting, line ends, marks and the cut into parts', async () => {
    const property = fc.asyncProperty(exported, async ({ names, layouts, rows }) => {
      const parts = written(names, layouts, rows);

      const transformed = await transform(parts, { mapping: MAPPING, key: ['id'], recordCount: rows.length });
      const found = await lakeRows(transformed, 'SELECT id, note, extra_columns FROM lake');

      const read = found.map(({ id, note, extra_columns }) => ({
        id,
        note,
        extra: typeof extra_columns === 'string' ? [...membersOf(extra_columns)] : null,
      }));
      expect(read).toEqual(expectedRows(names, rows));
      expect(transformed.result.drift.unknownColumns).toEqual([...names].toSorted());
    });

    await fc.assert(property, { numRuns: 40 });
  });

  it('CDR-10 finds each reject on its own line and loses no row beside it', async () => {
    const record = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('good'), note: text }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('short', 'long', 'untyped'), note: text }) },
    );
    const property = fc.asyncProperty(
      fc.array(record, { maxLength: 12 }),
      fc.boolean(),
      fc.boolean(),
      async (records, crlf, mark) => {
        const lineEnd = crlf ? '\r\n' : '\n';
        let csv = `${mark ? '\ufeff' : ''}Id,At,Note${lineEnd}`;
        const bad: { line: number; reason: string }[] = [];
        for (const [index, { kind, note }] of records.entries()) {
          const line = csv.split('\n').length;
          const instant = kind === 'untyped' ? 'yesterday' : '2024-05-15T00:00:00Z';
          const fields = [
            `id-${index}`,
            instant,
            ...(kind === 'short' ? [] : [note]),
            ...(kind === 'long' ? [note] : []),
          ];
          csv += stringify([fields], { record_delimiter: lineEnd, quoted_match: /[\r\n]/ });
          if (kind !== 'good') bad.push({ line, reason: kind === 'untyped' ? 'TypeMismatch' : 'WrongWidth' });
        }

        const { store, result } = await transform([csv], {
          mapping: MAPPING,
          key: ['id'],
          recordCount: records.length,
        });

        expect(quarantine(store, 'rejects').map(({ line, reason }) => ({ line, reason }))).toEqual(bad);
        expect(result.counts).toMatchObject({
          parsed: records.length,
          rejects: bad.length,
          rowsOut: records.length - bad.length,
        });
      },
    );

    await fc.assert(property, { numRuns: 40 });
  });
});

/** Members of a flat JSON object of texts, in their order: an object would reorder names that look like numbers. */
function* membersOf(json: string): Generator<[string, string]> {
  for (const [member] of json.matchAll(/"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"/g)) {
    const pair: [string, string] = JSON.parse(`[${member.replace(/^("(?:[^"\\]|\\.)*"):/, '$1,')}]`);
    yield pair;
  }
}
