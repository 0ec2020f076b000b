import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainDecimal } from '../../lambdas/dataset/decimal-text.ts';
import { ValueScanner } from '../../lambdas/dataset/json-bytes.ts';
import { LineFile } from '../../lambdas/dataset/line-file.ts';
import { RecordRows } from '../../lambdas/dataset/record-rows.ts';
import { fieldsOf } from '../../lambdas/dataset/records.ts';
import type { QuarantinedRow } from '../../lambdas/dataset/row-walk.ts';
import { CataloguedError } from '../../lambdas/model/errors.ts';
import { lakeMapping, Mapping, NewFields } from '../../lambdas/model/mapping.ts';

const MAPPING = Mapping.parse({
  name: 'any',
  version: 1,
  windowColumn: 'start_time',
  nulls: ['', 'N/A', '\ud800', '日'],
  columns: [
    { source: 'at', column: 'start_time', type: 'timestamp' },
    { source: 'id', column: 'id', type: 'text', required: true },
    { source: 'of.text', column: 'name', type: 'text', nulls: ['-', 'a"b'] },
    { source: 'of.secret', column: 'secret', type: 'text', privacy: 'hash' },
    { source: 'of.card', column: 'card', type: 'text', privacy: 'mask' },
    { source: 'of.gone', column: 'gone', type: 'text', privacy: 'drop' },
    { source: 'until', column: 'end_time', type: 'timestamp' },
    { source: 'count', column: 'count', type: 'integer', required: true, aliases: ['of.count'] },
    { source: 'cost', column: 'cost', type: 'decimal' },
    { source: 'share', column: 'share', type: 'double' },
    { source: 'talk', column: 'talk_seconds', type: 'duration', unit: 'seconds' },
    { source: 'open', column: 'open', type: 'boolean' },
  ],
});

const day = fc.constantFrom('2024-05-15', '2024-02-29', '2023-02-29', '2024-13-01', '0001-01-01');
const clock = fc.constantFrom(
  'T08:00:00.000Z',
  'T23:59:59.999Z',
  'T24:00:00.000Z',
  'T08:60:00.000Z',
  'T08:00:00Z',
  'T0a:00:00.000Z',
);
const value = fc.oneof(
  fc.tuple(day, clock).map((parts) => JSON.stringify(parts.join(''))),
  fc.constantFrom(
    'null',
    'true',
    'false',
    '[]',
    '{}',
    '{"a":1}',
    '[{"a":1}]',
    '-0',
    '-0.0',
    '1.',
    '1e5',
    '1E+21',
  ),
  fc.constantFrom('""', '"N/A"', '"-"', '"a\\"b"', '"日"', '"\\u65e5"', '"\\ud800"', '"N\\/A"', '"\ufffd"'),
  fc.constantFrom(
    '["a","b"]',
    '["a b"]',
    '["a\\"b"]',
    '[1,null,"日"]',
    '[ 1 ]',
    '"\u007f,\u00a0"',
    '"\\u001b\\n"',
  ),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(fc.nat(), fc.string({ unit: fc.constantFrom(...'0159'), minLength: 1, maxLength: 12 }))
    .map((two) => two.join('.')),
  fc.string({ maxLength: 60 }).map((text) => JSON.stringify(text)),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
);

const instant = fc.tuple(day, clock).map((parts) => JSON.stringify(parts.join('')));
const text = fc.constantFrom(
  '""',
  '"N/A"',
  '"-"',
  '"日"',
  '"\\u65e5"',
  '"\\ud800"',
  '"\ufffd"',
  '["a","b"]',
  '["a b"]',
  '["a\\"b"]',
  '7',
  'true',
);
const short = fc
  .tuple(fc.integer({ max: 99_999, min: -99_999 }), fc.constantFrom('', '.5', '.25'))
  .map((two) => two.join(''));
/** A value that mostly fits: a record that has one that does not is not written quickly. */
const mostly = (values: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 30, arbitrary: values },
    { weight: 3, arbitrary: fc.constant('null') },
    { weight: 1, arbitrary: value },
  );
const usualInstant = fc.constantFrom(
  '"2024-05-15T08:00:00.000Z"',
  '"2024-05-15T09:30:00Z"',
  '"2024-02-29T23:59:59.999Z"',
);

/** Records of some shapes. */
const record = fc
  .record({
    at: fc.oneof({ weight: 20, arbitrary: usualInstant }, { weight: 1, arbitrary: instant }),
    id: mostly(fc.nat().map((number) => `"i-${number}"`)),
    name: mostly(text),
    secret: mostly(text),
    card: mostly(text),
    gone: value,
    until: mostly(usualInstant),
    count: mostly(fc.integer().map(String)),
    cost: mostly(short),
    share: mostly(fc.oneof(short, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))),
    talk: mostly(short),
    open: mostly(fc.constantFrom('true', 'false', '"yes"', '"N/A"')),
    other: value,
    shape: fc.constantFrom(0, 0, 1, 2, 3),
  })
  .map(({ at, id, name, secret, card, gone, until, count, cost, share, talk, open, other, shape }) => {
    const of = `{"text":${name},"secret":${secret},"card":${card},"gone":${gone}}`;
    const rest = `"of":${of},"until":${until},"count":${count},"cost":${cost},"share":${share},"talk":${talk}`;
    if (shape === 0) return `{"at":${at},"id":${id},${rest},"open":${open}}`;
    if (shape === 1) return `{"at":${at},"id":${id},${rest},"new":${other},"more":{"deep":${name}}}`;
    if (shape === 2) return `{"id":${id}, "at":${at},${rest}}`;
    return `{"at":${other},"id":${id},"of":${name},"count":${count}}`;
  });

/** A row whose numbers and timestamps are spelled alike, however they were. */
function spelled(row: string): (string | undefined)[] {
  const { columns } = lakeMapping(MAPPING);
  return fieldsOf(row.replace(/\n$/, '')).map((field, index) => {
    const type = columns[index - 2]?.type;
    if (type === 'timestamp') return field.replace(/T(.*)Z$/, ' $1000');
    return type === undefined || type === 'text' || type === 'boolean' || field === ''
      ? field
      : plainDecimal(field);
  });
}

interface Taken {
  rows: string[];
  rejects: QuarantinedRow[];
}

async function quickly(rows: RecordRows, records: readonly string[]): Promise<Taken> {
  const file = new LineFile(join(tmpdir(), `quick-rows-${process.pid}.csv`));
  const bytes = Buffer.from(records.map((text) => `${text}\n`).join(''));
  const rejects: QuarantinedRow[] = [];
  let from = 0;
  records.forEach((text, index) => {
    const to = from + Buffer.byteLength(text);
    const reject = rows.write(bytes, { from, to }, { part: 7, line: index + 1 }, file);
    if (reject !== undefined) rejects.push(reject);
    from = to + 1;
  });
  await file.close();
  const written = readFileSync(file.path, 'utf8');
  rmSync(file.path);
  expect([file.lines, file.bytes]).toEqual([records.length - rejects.length, Buffer.byteLength(written)]);
  return { rows: written.split('\n').slice(0, -1), rejects };
}

function slowly(rows: RecordRows, records: readonly string[]): Taken {
  const taken: Taken = { rows: [], rejects: [] };
  records.forEach((text, index) => {
    const row = rows.take(text, { part: 7, line: index + 1 });
    if (typeof row === 'string') taken.rows.push(row);
    else taken.rejects.push(row);
  });
  return taken;
}

/** What was taken, or the name of the error that stopped it. */
async function outcomeOf(take: () => Promise<Taken>): Promise<Taken & { failure?: string }> {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof CataloguedError)) throw error;
    return { rows: [], rejects: [], failure: error.name };
  }
}

const wellFormed = (texts: readonly string[]) => texts.every((text) => text.isWellFormed());

describe('REP-09 rows that are written from bytes', () => {
  it('REP-09 have the values, problems and counts of those that are read one by one, whatever the JSON', async () => {
    const records = fc.array(record, { minLength: 10, maxLength: 40 }).filter(wellFormed);
    const property = fc.asyncProperty(
      records,
      fc.constantFrom(...NewFields.options),
      async (texts, newFields) => {
        const rules = { mapping: { ...MAPPING, newFields }, key: ['id'], privacyKey: Buffer.from('key') };
        const [quick, slow] = [new RecordRows(rules), new RecordRows(rules)];
        const expected = await outcomeOf(async () => slowly(slow, texts));

        const found = await outcomeOf(() => quickly(quick, texts));

        expect(found.failure).toBe(expected.failure);
        if (found.failure !== undefined) return;
        expect(found.rejects).toEqual(expected.rejects);
        expect(found.rows.map(spelled)).toEqual(expected.rows.map(spelled));
        expect(quick.findings).toEqual(slow.findings);
        expect(quick.rejected.value()).toBe(slow.rejected.value());
      },
    );

    await fc.assert(property, { numRuns: 200 });
  });

  it('REP-09 take for JSON what JSON.parse does, and nothing else', () => {
    const cut = fc.tuple(
      value,
      fc.nat({ max: 30 }),
      fc.constantFrom('', '"', '\\', '0', '-', '.', 'e', ',', ']', '\u0001', '\\u12g4'),
    );
    const scanner = new ValueScanner();
    const property = fc.property(cut, ([text, at, change]) => {
      for (const changed of [text, `${text.slice(0, at)}${change}${text.slice(at + 1)}`]) {
        const bytes = Buffer.from(changed);
        const isScalar = (() => {
          try {
            const parsed: unknown = JSON.parse(changed);
            return changed.trim() === changed && (typeof parsed !== 'object' || parsed === null);
          } catch {
            return false;
          }
        })();

        expect([changed, scanner.scalarEnd(bytes, 0) === bytes.length]).toEqual([changed, isScalar]);
      }
    });

    fc.assert(property, { numRuns: 2_000 });
  });
});
