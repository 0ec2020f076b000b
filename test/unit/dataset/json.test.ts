import { describe, expect, it } from 'vitest';
import { transformWindow } from '../../../lambdas/dataset/transform.ts';
import { factIn, isError } from '../../../lambdas/model/errors.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import {
  lakeRows,
  quarantine,
  requestFor,
  stoppedClock,
  TEXTS,
  transform,
} from '../../support/window-transform.ts';

const AT = '2024-05-15T12:00:00.000Z';
const json = { mapping: TEXTS, key: ['id'], format: 'json' } as const;
const NUMBERS = Mapping.parse({
  ...TEXTS,
  columns: [
    ...TEXTS.columns,
    { source: 'N', column: 'n', type: 'decimal' },
    { source: 'Open', column: 'open', type: 'boolean' },
  ],
});

describe('CDR-14 JSON exports', () => {
  it('CDR-14 gives the same rows as the same export in CSV', async () => {
    const records = [
      { Id: '1', At: AT, Note: 'a, "b"\nc', Extra: 'é' },
      { Id: '2', At: AT, Note: '', Extra: '' },
      { Id: '1', At: AT, Note: 'a, "b"\nc', Extra: 'é' },
      { Id: '3', At: 'never', Note: 'x', Extra: '' },
    ];
    const csv = [
      'Id,At,Note,Extra',
      ...records.map(({ Id, At, Note, Extra }) => `${Id},${At},"${Note.replaceAll('"', '""')}",${Extra}`),
    ].join('\n');
    const sql = 'SELECT * EXCLUDE (load_generation) FROM lake';

    const fromJson = await transform([JSON.stringify(records, null, 2)], json);
    const fromCsv = await transform([csv], { ...json, format: 'csv' });

    expect(await lakeRows(fromJson, sql)).toEqual(await lakeRows(fromCsv, sql));
    expect(fromJson.result.counts).toEqual(fromCsv.result.counts);
    expect(quarantine(fromJson.store, 'rejects')).toEqual([
      {
        part: 1,
        line: 20,
        reason: 'TypeMismatch',
        column: 'At',
        row: { Id: '3', At: 'never', Note: 'x', Extra: '' },
      },
    ]);
  });

  it('CDR-14 keeps every digit of a number, null as null, and nested values as JSON text', async () => {
    const part = `[{"Id":1,"At":"${AT}","N":12345678901234567890.123456789,"Open":true,"Note":null},
      {"Id":"2","At":"${AT}","N":1.50,"Open":"no","Tags":["a",{"b":1}],"Note":"é\\u00e9"}]`;

    const transformed = await transform([`\ufeff${part}`], { ...json, mapping: NUMBERS });

    expect(await lakeRows(transformed, 'SELECT id, n, open, note, extra_columns FROM lake')).toEqual([
      { id: '1', n: '12345678901234567890.123456789', open: true, note: null, extra_columns: null },
      {
        id: '2',
        n: '1.500000000',
        open: false,
        note: 'éé',
        extra_columns: '{"Tags":"[\\"a\\",{\\"b\\":1}]"}',
      },
    ]);
  });

  it('CDR-14 takes names that would be dangerous elsewhere', async () => {
    const part = `[{"Id":"1","At":"${AT}","__proto__":"p","a\\"b'c":"q","":"r"}]`;

    const transformed = await transform([part], json);

    expect(await lakeRows(transformed, 'SELECT extra_columns FROM lake')).toEqual([
      { extra_columns: `{"":"r","__proto__":"p","a\\"b'c":"q"}` },
    ]);
  });

  it('CDR-14 takes an empty array for a part without rows', async () => {
    const { result } = await transform(['[]', ` [ {"Id":"1","At":"${AT}"} ] `], json);

    expect(result.counts).toMatchObject({ parsed: 1, rowsOut: 1 });
    expect(result.drift.missingOptional).toEqual(['note']);
  });

  it('CDR-10 rejects a record that lacks a required value that others have', async () => {
    const { store } = await transform([`[{"Id":"1","At":"${AT}"},\n{"At":"${AT}"}]`], json);

    expect(quarantine(store, 'rejects')).toEqual([
      { part: 1, line: 2, reason: 'RequiredValueMissing', column: 'Id', row: { At: AT } },
    ]);
  });

  it.each([
    ['nothing', '', '1'],
    ['an object', '{"data":[]}', '1'],
    ['an array of something else', '[{"Id":"1"},\n7]', '2'],
    ['a record that is not JSON', '[{"Id":"1"},\n\n{"Id":x}]', '3'],
    ['an array that is cut off', '[{"Id":"1"},\n{"Id":', '2'],
    ['an array without its end', '[{"Id":"1"}', '1'],
    ['a comma too many', '[{"Id":"1"},]', '1'],
    ['text after the array', '[]\n[]', '2'],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('[{"Id":"'), Buffer.from([0xff]), Buffer.from('"}]')]),
      '1',
    ],
  ])('CDR-14 calls %s malformed, naming part and line', async (_, part, line) => {
    const store = memoryObjectStore(3);
    const request = await requestFor(store, [part], json);

    const error = await transformWindow(request, { objects: store, clock: stoppedClock }).catch(
      (caught: unknown) => caught,
    );

    expect(isError(error, 'PartMalformed')).toBe(true);
    expect([factIn(String(error), 'part'), factIn(String(error), 'line')]).toEqual(['1', line]);
    expect(store.writes).toEqual([]);
  });
});
