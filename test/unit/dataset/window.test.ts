import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { generationId } from '../../../lambdas/dataset/generation.ts';
import { type TransformRequest, transformWindow } from '../../../lambdas/dataset/transform.ts';
import type { ErrorName } from '../../../lambdas/model/error-catalogue.ts';
import { factIn, isError } from '../../../lambdas/model/errors.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import {
  CDR_HEADER,
  lakeRows,
  outputBytes,
  requestFor,
  sha256,
  stoppedClock,
  transform,
} from '../../support/window-transform.ts';

const call = (id: string, start = '2024-05-15T12:00:00.000Z') =>
  `${id},${start},${start},0,"Doe, J",Q1,Answered,IN,+4930,007`;
const part = (...rows: string[]) => [CDR_HEADER, ...rows, ''].join('\n');

async function refused(
  texts: readonly string[],
  overrides: Partial<TransformRequest> | ((request: TransformRequest) => TransformRequest),
) {
  const store = memoryObjectStore();
  const plain = await requestFor(store, texts, typeof overrides === 'function' ? {} : overrides);
  const request = typeof overrides === 'function' ? overrides(plain) : plain;
  const error = await transformWindow(request, { objects: store, clock: stoppedClock }).catch(
    (caught: unknown) => caught,
  );
  return { error, store, request };
}

function expectError(error: unknown, name: ErrorName, facts: Record<string, string> = {}): void {
  expect(String(error)).toContain(name);
  expect(isError(error, name)).toBe(true);
  for (const [fact, value] of Object.entries(facts)) expect(factIn(String(error), fact)).toBe(value);
}

describe('CDR-01 the window’s day', () => {
  it('CDR-01 counts rows outside the day and keeps them in the window’s own partition', async () => {
    const rows = [
      call('1', '2024-05-14T23:59:59.999Z'),
      call('2', '2024-05-15T00:00:00.000Z'),
      call('3', '2024-05-15T23:59:59.999Z'),
      call('4', '2024-05-16T00:00:00.000Z'),
    ];

    const transformed = await transform([part(...rows)]);

    expect(transformed.result.counts).toMatchObject({ parsed: 4, outsideWindow: 2, rowsOut: 4 });
    expect(
      await lakeRows(
        transformed,
        'SELECT DISTINCT CAST(load_window AS VARCHAR) AS day, load_generation FROM lake',
      ),
    ).toEqual([{ day: '2024-05-15', load_generation: transformed.result.generation }]);
  });

  it('CDR-01 stops the window above the threshold and writes nothing', async () => {
    const rows = [call('1'), call('2'), call('3', '2024-05-16T00:00:00.000Z')];

    const { error, store } = await refused([part(...rows)], {
      thresholds: { rejects: 0, outsideWindow: 0.33 },
    });

    expectError(error, 'RowsOutsideWindow', { outside: '1', rows: '3' });
    expect(store.writes).toEqual([]);
  });

  it('ALL-05 reports the greatest event time, and columns that are always empty', async () => {
    const start = '2024-05-15T12:00:00.123Z';

    const { result } = await transform([
      part(`1,${start},,,,Q,D,IN,1,2`, `2,2024-05-15T11:00:00Z,,,,Q,D,IN,1,2`),
    ]);

    expect(result.maxEvent).toBe('2024-05-15T12:00:00.123Z');
    expect(result.allNullColumns).toEqual(['end_time', 'duration_seconds', 'agent_name']);
  });

  it.each([
    ['no parts', []],
    ['a header without rows', [part()]],
    ['headers without line ends', [CDR_HEADER, `\ufeff${CDR_HEADER}`]],
  ])('CDR-14 commits a day without calls, given as %s: an empty table with all columns', async (_, texts) => {
    const transformed = await transform(texts, { recordCount: 0, outputs: ['parquet', 'csv', 'jsonl'] });

    expect(transformed.result.counts).toEqual({
      parsed: 0,
      rowsOut: 0,
      duplicates: 0,
      superseded: 0,
      rejects: 0,
      outsideWindow: 0,
    });
    expect(transformed.result.maxEvent).toBeUndefined();
    expect(await lakeRows(transformed)).toEqual([]);
    expect(
      await lakeRows(transformed, "SELECT column_name FROM (DESCRIBE lake) WHERE column_type = 'TIMESTAMP'"),
    ).toEqual([{ column_name: 'start_time' }, { column_name: 'end_time' }]);
    expect(transformed.store.writes.at(-1)).toBe(transformed.result.manifestKey);
  });
});

describe('CDR-08 and CDR-13 sums and digests', () => {
  it.each([
    ['other bytes', 'x'.repeat(7)],
    ['fewer bytes', ''],
    ['more bytes', part(call('1'), call('2'))],
  ])('CDR-08 refuses a part that reads back as %s', async (_, stored) => {
    const store = memoryObjectStore();
    const request = await requestFor(store, [part(call('1'))]);
    store.objects.set(request.parts[0]?.key ?? '', Buffer.from(stored));

    const error = await transformWindow(request, { objects: store, clock: stoppedClock }).catch(
      (caught: unknown) => caught,
    );

    expectError(error, 'PartCorrupted', { part: '1' });
    expect(store.writes).toEqual([]);
  });

  it('CDR-08 names a part that is not in the bucket', async () => {
    const { error } = await refused([part(call('1'))], (request) => ({
      ...request,
      parts: request.parts.map((entry) => ({ ...entry, key: 'raw/gone' })),
    }));

    expectError(error, 'ObjectMissing');
    expect(String(error)).toContain('raw/gone');
  });

  it('CDR-13 compares the rows of each part and of the window with what was announced, rejects included', async () => {
    const texts = [part(call('1'), call('1'), 'x,y'), part(call('2'))];
    const announcing = (first: number, second: number) => (request: TransformRequest) => ({
      ...request,
      parts: request.parts.map((entry) => ({ ...entry, recordCount: entry.number === 1 ? first : second })),
    });

    const right = await transform(texts, { recordCount: 4 });
    const byPart = await refused(texts, announcing(3, 2));
    const whole = await refused(texts, { recordCount: 5 });

    expect(right.result.counts).toMatchObject({ parsed: 4, rejects: 1, duplicates: 1, rowsOut: 2 });
    expectError(byPart.error, 'RecordCountMismatch', { part: '2', announced: '2', received: '1' });
    expectError(whole.error, 'RecordCountMismatch', { announced: '5', received: '4' });
    expect([...byPart.store.writes, ...whole.store.writes]).toEqual([]);
  });

  it('CDR-13 has as many rows in every output as the manifest says', async () => {
    const transformed = await transform([part(call('1'), call('2'), call('2'))], {
      outputs: ['jsonl', 'csv', 'parquet'],
    });

    const { window } = JSON.parse(await transformed.store.readText(transformed.result.manifestKey));

    expect(window.files.map(({ format, rows }: { format: string; rows: number }) => [format, rows])).toEqual([
      ['jsonl', 2],
      ['csv', 2],
      ['parquet', 2],
    ]);
  });

  it('CDR-15 refuses a window that its disk may not hold before it reads anything', async () => {
    const { error, store } = await refused([], (request) => ({
      ...request,
      parts: [{ number: 1, key: 'raw/never-read', bytes: 1_700_000_000, sha256: sha256('') }],
      diskLimitMegabytes: 4_096,
    }));

    expectError(error, 'WindowTooLarge', { setting: 'transformDisk', needed: '4250', has: '4096' });
    expect(store.writes).toEqual([]);
  });
});

describe('ALL-03 the same window again', () => {
  it('ALL-03 gives the same id and the same bytes of every object for the same parts', async () => {
    const texts = [
      part(call('1'), call('2'), call('1'), 'x'),
      part(call('3'), call('2', '2024-05-15T13:00:00Z')),
    ];
    const outputs = { outputs: ['parquet', 'csv', 'jsonl'] } as const;

    const first = await transform(texts, outputs);
    const second = await transform(texts, outputs);

    expect(second.result).toEqual(first.result);
    expect(second.store.objects).toEqual(first.store.objects);
    expect(first.result.generation).toBe(generationId(first.request));
  });

  it('ALL-03 returns a complete generation without reading the parts again', async () => {
    const { store, request, result } = await transform([part(call('1'))]);
    for (const { key } of request.parts) store.objects.delete(key);
    const writes = store.writes.length;

    const again = await transformWindow(request, { objects: store, clock: stoppedClock });

    expect(again).toEqual(result);
    expect(store.writes).toHaveLength(writes);
  });

  it('ALL-03 makes a generation again whose file is gone or whose manifest cannot be read', async () => {
    const { store, request, result } = await transform([part(call('1'))]);
    const intact = new Map(store.objects);

    store.objects.delete(result.files[0]?.key ?? '');
    await transformWindow(request, { objects: store, clock: stoppedClock });
    const afterLoss = new Map(store.objects);
    store.objects.set(result.manifestKey, Buffer.from('{"manifest'));
    await transformWindow(request, { objects: store, clock: stoppedClock });

    expect(afterLoss).toEqual(intact);
    expect(store.objects).toEqual(intact);
  });

  it('ALL-03 leaves no manifest when an upload fails, and the next try completes', async () => {
    const store = memoryObjectStore();
    const request = await requestFor(store, [part(call('1'))], { outputs: ['parquet', 'csv'] });
    const failing = {
      ...store,
      writeStream: async (key: string, body: Readable, contentType: string) => {
        if (!key.startsWith('export/')) return store.writeStream(key, body, contentType);
        body.destroy();
        throw new Error('connection reset');
      },
    };

    const error = await transformWindow(request, { objects: failing, clock: stoppedClock }).catch(
      (caught: unknown) => caught,
    );
    const writtenByFailure = [...store.writes];
    const result = await transformWindow(request, { objects: store, clock: stoppedClock });

    expect(String(error)).toContain('connection reset');
    expect(writtenByFailure).toEqual([result.files[0]?.key]);
    expect(store.writes.at(-1)).toBe(result.manifestKey);
  });

  it('ALL-17 empties its work folder before it begins and after it ends', async () => {
    const store = memoryObjectStore();
    const request = await requestFor(store, [part(call('1'))]);
    await writeFile(join(request.workFolder, 'final.parquet'), 'left by an invocation that was killed');
    let found: string[] = [];
    const watching = {
      ...store,
      open: async (key: string) => {
        found = await readdir(request.workFolder);
        return store.open(key);
      },
    };

    await transformWindow(request, { objects: watching, clock: stoppedClock });

    expect(found).not.toContain('final.parquet');
    expect(existsSync(request.workFolder)).toBe(false);
  });

  it('ALL-17 empties its work folder when it fails', async () => {
    const { request } = await refused(['no,header\n1,2'], {});

    expect(existsSync(request.workFolder)).toBe(false);
  });

  it('ALL-17 reports at most 50 unknown columns, shortened, while the manifest has all', async () => {
    const names = Array.from(
      { length: 60 },
      (_, index) => `x${String(index).padStart(2, '0')}${'y'.repeat(200)}`,
    );

    const { result, store } = await transform([`${CDR_HEADER},${names.join(',')}\n`]);
    const { window } = JSON.parse(await store.readText(result.manifestKey));

    expect(result.drift.unknownColumns).toEqual(names.slice(0, 50).map((name) => name.slice(0, 100)));
    expect(window.drift.unknownColumns).toEqual(names);
  });

  it('CDR-13 writes Parquet with zstd that starts and ends as Parquet does', async () => {
    const bytes = outputBytes(await transform([part(call('1'))]), 'parquet');

    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1']);
  });
});
