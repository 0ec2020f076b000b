import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { transformWindow } from '../../../lambdas/dataset/transform.ts';
import { lakeColumns } from '../../../lambdas/model/lake-columns.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import { lakeRows, outputBytes, stoppedClock, TEXTS, transform } from '../../support/window-transform.ts';

const ALL_TYPES = Mapping.parse({
  name: 'all',
  version: 1,
  windowColumn: 'at',
  columns: [
    { source: 'Id', column: 'id', type: 'text', required: true },
    { source: 'At', column: 'at', type: 'timestamp' },
    { source: 'Took', column: 'took', type: 'duration', unit: 'milliseconds' },
    { source: 'Count', column: 'count', type: 'integer' },
    { source: 'Price', column: 'price', type: 'decimal' },
    { source: 'Open', column: 'open', type: 'boolean' },
  ],
});
const PART = [
  'Id,At,Took,Count,Price,Open,Extra',
  '"a ""b"", c",2024-05-15T12:00:00.5Z,1500,7,1.25,yes,"line\nbreak"',
  '007,2024-05-15T12:00:00.000001Z,,,,,',
].join('\n');

describe('CDR-13 outputs', () => {
  it('CDR-13 merges the parts to one CSV with one header, ISO timestamps and text as it was', async () => {
    const transformed = await transform([PART, 'Extra,At,Id\nx,2024-05-15T13:00:00Z,3'], {
      mapping: ALL_TYPES,
      key: ['id'],
      outputs: ['parquet', 'csv'],
    });
    const { generation } = transformed.result;

    const text = gunzipSync(outputBytes(transformed, 'csv')).toString('utf8');

    expect(text).toBe(
      [
        'id,at,took,count,price,open,load_window,load_generation,extra_columns',
        `"a ""b"", c",2024-05-15T12:00:00.500Z,1.500000,7,1.250000000,true,2024-05-15,${generation},"{""Extra"":""line\\nbreak""}"`,
        `007,2024-05-15T12:00:00.000001Z,,,,,2024-05-15,${generation},`,
        `3,2024-05-15T13:00:00.000Z,,,,,2024-05-15,${generation},"{""Extra"":""x""}"`,
        '',
      ].join('\n'),
    );
  });

  it('CDR-13 writes JSON lines with numbers to the digit and unknown columns as an object', async () => {
    const transformed = await transform([PART], { mapping: ALL_TYPES, key: ['id'], outputs: ['jsonl'] });
    const { generation } = transformed.result;

    const lines = gunzipSync(outputBytes(transformed, 'jsonl')).toString('utf8').trimEnd().split('\n');

    const added = `"load_window":"2024-05-15","load_generation":"${generation}"`;
    expect(lines).toEqual([
      `{"id":"a \\"b\\", c","at":"2024-05-15T12:00:00.500Z","took":1.500000,"count":7,"price":1.250000000,"open":true,${added},"extra_columns":{"Extra":"line\\nbreak"}}`,
      `{"id":"007","at":"2024-05-15T12:00:00.000001Z","took":null,"count":null,"price":null,"open":null,${added},"extra_columns":null}`,
    ]);
  });

  it('CDR-13 writes only the outputs that are asked for, exports under the export prefix, and the manifest always', async () => {
    const { store, result } = await transform([PART], { mapping: ALL_TYPES, key: ['id'], outputs: ['csv'] });

    expect(store.writes).toEqual([
      `export/acme/cdr/dt=2024-05-15/gen=${result.generation}/cdr-2024-05-15.csv.gz`,
      `lake/acme/cdr/dt=2024-05-15/gen=${result.generation}/_manifest.json`,
    ]);
    expect(result.bytesOut).toBe(store.objects.get(store.writes[0] ?? '')?.length);
  });

  it('OPS-05 tells the catalog the names, order and types that the Parquet has', async () => {
    const transformed = await transform([PART], { mapping: ALL_TYPES, key: ['id'] });
    const hive = {
      VARCHAR: 'string',
      TIMESTAMP: 'timestamp',
      BIGINT: 'bigint',
      BOOLEAN: 'boolean',
      DATE: 'date',
    };

    const described = await lakeRows(transformed, 'SELECT column_name, column_type FROM (DESCRIBE lake)');

    expect(
      described.map(({ column_name, column_type }) => ({
        name: column_name,
        type: Reflect.get(hive, String(column_type)) ?? String(column_type).toLowerCase(),
      })),
    ).toEqual(lakeColumns(ALL_TYPES));
  });

  it('CDR-09 keeps the rows in the order of the parts’ numbers and lines, however the parts are listed', async () => {
    const row = (id: number) => `${id},2024-05-15T12:00:00Z,n`;
    const texts = [0, 1, 2].map((part) =>
      ['Id,At,Note', ...Array.from({ length: 3_000 }, (_, index) => row(part * 3_000 + index))].join('\n'),
    );
    const forward = await transform(texts, { mapping: TEXTS, key: ['id'] });

    forward.store.objects.delete(forward.result.manifestKey);
    const reversed = await transformWindow(
      { ...forward.request, parts: forward.request.parts.toReversed() },
      { objects: forward.store, clock: stoppedClock },
    );

    expect(reversed).toEqual(forward.result);
    expect(
      await lakeRows(
        forward,
        'SELECT count(*) AS misplaced FROM (SELECT CAST(id AS INT) AS id, row_number() OVER () - 1 AS place FROM lake) WHERE id <> place',
      ),
    ).toEqual([{ misplaced: '0' }]);
  });
});
