import { describe, expect, it } from 'vitest';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import { lakeColumn, lakeRows, quarantine, transform } from '../../support/window-transform.ts';

const AT = '2024-05-15T12:00:00.000Z';

/** Transforms one value a row of a column of the type, and tells which were kept, as text, and which were rejected. */
async function typedValues(type: string, values: readonly string[]) {
  const unit = type === 'duration' ? { unit: 'seconds' } : {};
  const mapping = Mapping.parse({
    name: 'one',
    version: 1,
    windowColumn: 'at',
    nulls: ['', 'N/A'],
    columns: [
      { source: 'Id', column: 'id', type: 'text' },
      { source: 'At', column: 'at', type: 'timestamp' },
      { source: 'Value', column: 'value', type, ...unit },
    ],
  });
  const rows = values.map((value, index) => `${index},${AT},"${value.replaceAll('"', '""')}"`);
  const transformed = await transform([['Id,At,Value', ...rows].join('\n')], { mapping, key: ['id'] });
  const kept = await lakeRows(transformed, 'SELECT id, CAST(value AS VARCHAR) AS value FROM lake');
  const rejected = quarantine(transformed.store, 'rejects').map(({ row, reason, column }) => ({
    value: values[Number(Object(row).Id)],
    reason,
    column,
  }));
  return { kept: kept.map(({ id, value }) => [values[Number(id)], value]), rejected };
}

const misfit = (value: string) => ({ value, reason: 'TypeMismatch', column: 'Value' });

describe('CDR-11 types', () => {
  it('CDR-11 makes UTC of every timestamp with a zone and keeps its fraction', async () => {
    const pairs = [
      ['2024-05-15T01:02:03.456Z', '2024-05-15 01:02:03.456'],
      ['2024-05-15T01:02:03Z', '2024-05-15 01:02:03'],
      ['2024-05-15T01:02Z', '2024-05-15 01:02:00'],
      ['2024-05-15 01:02:03.4Z', '2024-05-15 01:02:03.4'],
      ['2024-05-15T01:02:03.123456Z', '2024-05-15 01:02:03.123456'],
      ['2024-05-15T01:02:03.456+02:00', '2024-05-14 23:02:03.456'],
      ['2024-05-15T01:02:03-0530', '2024-05-15 06:32:03'],
      ['2024-05-15T01:02:03+02', '2024-05-14 23:02:03'],
      ['2024-02-29T00:00:00.000Z', '2024-02-29 00:00:00'],
    ];

    const { kept, rejected } = await typedValues(
      'timestamp',
      pairs.map(([given = '']) => given),
    );

    expect(kept).toEqual(pairs);
    expect(rejected).toEqual([]);
  });

  it('CDR-10 rejects a timestamp without a zone, off the calendar, or of another form', async () => {
    const values = [
      '2024-05-15T01:02:03.456',
      '2024-05-15',
      '2023-02-29T00:00:00.000Z',
      '2024-05-15T25:00:00.000Z',
      '2024-05-15T 1:02:03.456Z',
      '2024-05-15T01:02:03.4567891Z',
      '2024-05-15T01:02:03+99:00',
      '15.05.2024 01:02:03Z',
      'epoch',
      '2024-05-15T01:02:03.456Z ',
    ];

    const { kept, rejected } = await typedValues('timestamp', values);

    expect(kept).toEqual([]);
    expect(rejected).toEqual(values.map(misfit));
  });

  it('CDR-11 keeps text as it is: leading zeros, plus signs and spaces', async () => {
    const values = ['007', '+49 30', ' 1 ', '1e5', 'true', "o'clock", 'a "quoted" word'];

    const { kept, rejected } = await typedValues('text', values);

    expect(kept).toEqual(values.map((value) => [value, value]));
    expect(rejected).toEqual([]);
  });

  it('CDR-10 never loses a digit of an integer: what does not fit is a reject', async () => {
    const good = [
      ['0', '0'],
      ['-7', '-7'],
      ['+007', '7'],
      ['12.00', '12'],
      ['9223372036854775807', '9223372036854775807'],
    ];
    const bad = ['12.5', '9223372036854775808', '1e3', '1,000', '1_000', ' 1', '0x10', '-'];

    const { kept, rejected } = await typedValues('integer', [...good.map(([given = '']) => given), ...bad]);

    expect(kept).toEqual(good);
    expect(rejected).toEqual(bad.map(misfit));
  });

  it('CDR-10 never loses a digit of a decimal: what does not fit is a reject', async () => {
    const good = [
      ['0.1', '0.100000000'],
      ['-12345678901234567890123456789.123456789', '-12345678901234567890123456789.123456789'],
      ['1.5000000000', '1.500000000'],
      ['1.2345678E7', '12345678.000000000'],
      ['.5', '0.500000000'],
    ];
    const bad = ['0.1234567891', '123456789012345678901234567890', '1e-3', '1,5', 'NaN', 'Infinity', ''];

    const { kept, rejected } = await typedValues('decimal', [
      ...good.map(([given = '']) => given),
      ...bad.slice(0, -1),
    ]);

    expect(kept).toEqual(good);
    expect(rejected).toEqual(bad.slice(0, -1).map(misfit));
  });

  it('CDR-11 reads a duration as decimal seconds to the microsecond', async () => {
    const good = [
      ['12', '12.000000'],
      ['12.5', '12.500000'],
      ['0.0000004', '0.000000'],
      ['1.2E1', '12.000000'],
    ];

    const { kept, rejected } = await typedValues('duration', [
      ...good.map(([given = '']) => given),
      '00:00:12',
    ]);

    expect(kept).toEqual(good);
    expect(rejected).toEqual([misfit('00:00:12')]);
  });

  it('CDR-10 takes the usual spellings of a boolean and no others', async () => {
    const good = ['true', 'TRUE', 'Yes', '1', 'false', 'no', '0'];

    const { kept, rejected } = await typedValues('boolean', [...good, 't', 'on', '2']);

    expect(kept.map(([, value]) => value)).toEqual([
      'true',
      'true',
      'true',
      'true',
      'false',
      'false',
      'false',
    ]);
    expect(rejected).toEqual(['t', 'on', '2'].map(misfit));
  });

  it('CDR-11 makes null of the mapping’s spellings of null, quoted or not, and of nothing else', async () => {
    const { kept } = await typedValues('text', ['', 'N/A', 'n/a', 'NULL', 'null']);

    expect(kept).toEqual([
      ['', null],
      ['N/A', null],
      ['n/a', 'n/a'],
      ['NULL', 'NULL'],
      ['null', 'null'],
    ]);
  });

  it('CDR-11 keeps an empty text where the mapping does not call it null', async () => {
    const mapping = Mapping.parse({
      name: 'one',
      version: 1,
      windowColumn: 'at',
      nulls: ['-'],
      columns: [
        { source: 'At', column: 'at', type: 'timestamp' },
        { source: 'Note', column: 'note', type: 'text' },
      ],
    });

    const transformed = await transform([`At,Note\n${AT},\n${AT},-\n${AT},x`], {
      mapping,
      key: ['at', 'note'],
    });

    expect(await lakeColumn(transformed, 'note')).toEqual(['', 'x']);
    expect(quarantine(transformed.store, 'rejects')).toMatchObject([
      { line: 3, reason: 'RequiredValueMissing', column: 'Note' },
    ]);
  });
});
