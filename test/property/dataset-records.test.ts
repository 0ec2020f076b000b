import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainDecimal } from '../../lambdas/dataset/decimal-text.ts';
import { RecordReader } from '../../lambdas/dataset/record-reader.ts';
import { Mapping } from '../../lambdas/model/mapping.ts';
import { keysOf, pathOf } from '../../lambdas/model/source-path.ts';
import { NESTED, nestedRecord, transformed } from '../support/record-transform.ts';
import { lakeRows, outputBytes, quarantine } from '../support/window-transform.ts';

const HOSTILE_KEYS = [
  '__proto__',
  'constructor',
  'a.b',
  'a"b',
  "a'b",
  '\\',
  '',
  '\u0000',
  '\ud800',
  '日',
  'x'.repeat(300),
];
const HOSTILE_TOKENS = [
  '9007199254740993',
  '12345678901234567890.10',
  '1E400',
  '-0.0',
  '0.1000000000000000055511151231257827',
  '"\\ud800"',
  '"\\u0000\\u001b\\r\\n\\""',
  '"a, \\"b\\""',
  '"N/A"',
  'null',
  '{}',
  '[[{"a":[null]}]]',
  'true',
  `"${'y'.repeat(3_000)}"`,
];
const key = fc.oneof(fc.constantFrom(...HOSTILE_KEYS), fc.string({ maxLength: 5 }));
const token = fc.oneof(
  fc.constantFrom(...HOSTILE_TOKENS),
  fc.array(fc.constantFrom(...HOSTILE_TOKENS), { maxLength: 3 }).map((texts) => `[${texts.join(',')}]`),
  fc.string({ maxLength: 10 }).map((text) => JSON.stringify(text)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
/** The text of a record, and its leaves: keys from the outside in, and the text of the value. */
interface Tree {
  text: string;
  leaves: readonly (readonly [keys: readonly string[], text: string])[];
}

/*
 * Texts and leaves are made side by side, without JSON.parse: V8's (Node 24.21) has been seen to give a key that is written with an escape the
 * name of another one.
 */
const { tree: object } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc
    .uniqueArray(fc.tuple(key, fc.oneof({ maxDepth: 4 }, token, tie('tree'))), {
      maxLength: 5,
      selector: ([name]) => name,
    })
    .map(
      (members): Tree => ({
        text: `{${members.map(([name, value]) => `${JSON.stringify(name)}:${typeof value === 'string' ? value : value.text}`).join(',')}}`,
        leaves: members.flatMap(([name, value]): [readonly string[], string][] => {
          if (typeof value === 'string') return [[[name], value]];
          if (value.leaves.length === 0) return [[[name], '{}']];
          return value.leaves.map(([keys, text]) => [[name, ...keys], text]);
        }),
      }),
    ),
}));
const textOf = object.map(({ text }) => text);

/** A mapping that knows no field that hostile records are made of. */
const UNKNOWN = Mapping.parse({
  name: 'unknown',
  version: 1,
  windowColumn: 'at',
  nulls: [],
  columns: [{ source: 'the.time', column: 'at', type: 'timestamp' }],
});

/** What is to be in `extra_columns`: what is there, by path, to the letter. */
function extraOf(leaves: Tree['leaves']): string | null {
  const members = leaves
    .map(([keys, text]) => ({ path: pathOf(keys), text }))
    .filter(({ text }) => !['null', '""', '"N/A"'].includes(text))
    .toSorted((left, right) => (left.path < right.path ? -1 : 1))
    .map(({ path, text }) => `${JSON.stringify(path)}:${text}`);
  return members.length === 0 ? null : `{${members.join(',')}}`;
}

describe('REP-09 records of any content', () => {
  it('REP-04 flatten to paths and texts of which the record can be made again', () => {
    const property = fc.property(object, ({ text, leaves }) => {
      const read = new RecordReader(UNKNOWN).read(text);

      if (typeof read === 'string') throw new Error(read);
      const found = [...read.unknown].map(([path, value]) => [keysOf(path), value]);
      expect(found).toEqual(leaves);
    });

    fc.assert(property, { numRuns: 500 });
  });

  it('REP-04 are read alike whether their shape was seen before or not', () => {
    const records = fc.array(
      fc.oneof(
        textOf,
        fc.constantFrom(
          nestedRecord('1'),
          nestedRecord('2', { tags: null }),
          nestedRecord('3', { agent: 'x' }),
        ),
      ),
      { minLength: 2, maxLength: 6 },
    );
    const property = fc.property(
      records,
      fc.array(token, { minLength: 3, maxLength: 3 }),
      (given, [one = '1', two = '2', three = '3']) => {
        const alike = [one, two, three, one].map(
          (text) => `{"agent":{"id":${text},"name":"n"},"new":${text}}`,
        );
        const reader = new RecordReader(NESTED);
        for (const record of [...given, ...alike, ...given, ...alike]) {
          const [again, first] = [reader.read(record), new RecordReader(NESTED).read(record)];

          expect(typeof again === 'string' ? again : [again.texts, again.unknown]).toEqual(
            typeof first === 'string' ? first : [first.texts, first.unknown],
          );
        }
      },
    );

    fc.assert(property, { numRuns: 15 });
  });

  it('REP-09 are no records where they are not JSON, in any shape that was seen before', () => {
    const reader = new RecordReader(NESTED);
    reader.read(nestedRecord('1'));
    const broken = fc.tuple(
      fc.nat({ max: 250 }),
      fc.constantFrom('', '"', '\\', '{', ',', '0', '\u0001', '1e', '.'),
    );
    const property = fc.property(broken, ([at, text]) => {
      const whole = nestedRecord('1');
      const record = `${whole.slice(0, at)}${text}${whole.slice(at + 1)}`;
      const isJson = (() => {
        try {
          return typeof JSON.parse(record) === 'object';
        } catch {
          return false;
        }
      })();

      expect(typeof reader.read(record) !== 'string' || reader.read(record) === 'Ambiguous').toBe(isJson);
    });

    fc.assert(property, { numRuns: 1_000 });
  });

  it('REP-09 land exactly or become rejects with a reason, and every record is accounted for', async () => {
    const known = '"agent":{"id":"?"},"interval":{"startTime":"2024-05-15T01:00:00.000Z"}';
    const hostile = object.map(
      (tree): Tree => ({
        text: `{${[known, tree.text.slice(1, -1)].filter((part) => part !== '').join(',')}}`,
        leaves: tree.leaves,
      }),
    );
    const other = fc.oneof(textOf, token, fc.constantFrom('{"a":1', 'nothing'));
    const records = fc.array(
      fc.oneof(
        hostile,
        other.map((text): Tree => ({ text, leaves: [] })),
      ),
      { maxLength: 40 },
    );
    const property = fc.asyncProperty(records, async (given) => {
      // Each record has a key of its own.
      const texts = given.map(({ text }, index) => text.replace('"id":"?"', `"id":"${index}"`));
      const done = await transformed([texts.slice(0, 20), texts.slice(20)], {
        outputs: ['parquet', 'jsonl'],
      });

      const { counts } = done.result;
      const rejects = quarantine(done.store, 'rejects');
      expect([counts.parsed, rejects.length]).toEqual([texts.length, counts.rejects]);
      expect(rejects.every(({ reason }) => typeof reason === 'string')).toBe(true);
      for (const row of await lakeRows(done, 'SELECT agent_id, extra_columns FROM lake'))
        expect(row.extra_columns).toBe(extraOf(given[Number(row.agent_id)]?.leaves ?? []));
      const lines = gunzipSync(outputBytes(done, 'jsonl')).toString('utf8').split('\n');
      expect(lines.filter((line) => line !== '' && typeof JSON.parse(line) === 'object')).toHaveLength(
        counts.rowsOut,
      );
    });

    await fc.assert(property, { numRuns: 12 });
  });

  it('REP-09 of 10,000 keys and of 100 levels land exactly', async () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `"key.${index}":${index}.50`).join(',');
    const deep = `${'{"d":'.repeat(100)}9007199254740993${'}'.repeat(100)}`;
    const records = [
      nestedRecord('1').replace(/}$/, `,${keys}}`),
      nestedRecord('2').replace(/}$/, `,"deep":${deep}}`),
    ];

    const done = await transformed([records]);
    const [first, second] = await lakeRows(done, 'SELECT extra_columns FROM lake ORDER BY agent_id');

    expect(String(first?.extra_columns)).toContain(String.raw`"key\\.9999":9999.50`);
    expect(Object.keys(JSON.parse(String(first?.extra_columns)))).toHaveLength(10_000);
    expect(second?.extra_columns).toBe(`{"deep${'.d'.repeat(100)}":9007199254740993}`);
    expect(done.result.drift.unknownColumns).toHaveLength(50);
  });

  it('REP-09 of more levels than can be walked are rejects', async () => {
    const records = [5_000, 100_000].map((levels) => `${'{"d":'.repeat(levels)}1${'}'.repeat(levels)}`);

    const { store } = await transformed([records]);

    expect(quarantine(store, 'rejects').map(({ reason }) => reason)).toEqual(['TooDeep', 'TooDeep']);
  });
});

describe('REP-09 numbers', () => {
  it('REP-09 are written out without losing or making up a digit', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 25 });
    const property = fc.property(
      fc.boolean(),
      digits,
      fc.option(digits),
      fc.option(fc.integer({ min: -30, max: 30 })),
      (negative, whole, fraction, exponent) => {
        const text = `${negative ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`;
        const plain = plainDecimal(text) ?? '';

        const scaled = (value: string) => {
          const [, sign = '', integer = '', decimals = '', power = '0'] =
            /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(value) ?? [];
          const places = 100 + Number(power) - decimals.length;
          return BigInt(`${sign}${integer}${decimals}${'0'.repeat(places)}`);
        };
        expect(plain).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/);
        expect(scaled(plain)).toBe(scaled(text));
      },
    );

    fc.assert(property, { numRuns: 500 });
  });

  it('REP-09 reach the lake as they are, or not at all', async () => {
    const number = fc.oneof(
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.constantFrom(
        '1e5',
        '1.5E-3',
        '-0',
        '0.1000000000000000055511151231257827',
        '9223372036854775807',
        '9223372036854775808',
        '1E400',
      ),
    );
    const property = fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 15 }), async (numbers) => {
      const records = numbers.flatMap((text, index) =>
        ['"calls":{"answered":', '"waitTime":{"average":', '"cost":'].map((before, column) =>
          nestedRecord(`${index}-${column}`).replace(
            /"metric":\{.*?\},"active"/,
            `"metric":{${before}${text}${before.includes('{') ? '}' : ''}},"active"`,
          ),
        ),
      );
      const done = await transformed([records]);

      const rows = await lakeRows(
        done,
        'SELECT agent_id, coalesce(answered::VARCHAR, wait_average::VARCHAR, cost::VARCHAR) AS number FROM lake',
      );
      for (const { agent_id: id, number: landed } of rows) {
        const text = numbers[Number(String(id).split('-')[0])] ?? '';
        expect(plainDecimal(String(landed))).toBe(plainDecimal(text));
      }
      expect(rows.length + done.result.counts.rejects).toBe(records.length);
    });

    await fc.assert(property, { numRuns: 15 });
  });
});
