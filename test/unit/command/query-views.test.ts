import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../lambdas/dataset/database.ts';
import { quoteName, quoteText } from '../../../lambdas/dataset/sql.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { DatasetId, GenerationId, TenantId } from '../../../lambdas/model/ids.ts';
import type { CommittedWindow } from '../../../local/command/committed-windows.ts';
import { viewsOf } from '../../../local/command/query.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cxone-views-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const GENERATION = GenerationId.parse('0123456789abcdef0123456789abcdef');

function windowOf(tenant: string, day: string): CommittedWindow {
  const prefix = `lake/${tenant}/cdr/dt=${day}/gen=${GENERATION}`;
  return {
    tenant: TenantId.parse(tenant),
    dataset: DatasetId.parse('cdr'),
    day: Day.parse(day),
    generation: GENERATION,
    committedAt: '2024-05-17T03:31:00.000Z',
    rows: { parsed: 1, rowsOut: 1, duplicates: 0, superseded: 0, rejects: 0, outsideWindow: 0 },
    files: [{ key: `${prefix}/cdr.parquet`, format: 'parquet', bytes: 1, sha256: '', rows: 1 }],
    manifestKey: `${prefix}/_manifest.json`,
    currentKey: `current/${tenant}/cdr/dt=${day}.json`,
  };
}

/** Writes one row a window, runs the SQL over the views and gives its rows. */
async function answerTo(sql: string, written: readonly [tenant: string, day: string, row: string][]) {
  await using database = await openDatabase(folder, 512);
  const windows = written.map(([tenant, day]) => windowOf(tenant, day));
  for (const [index, [, , row]] of written.entries()) {
    const file = join(folder, windows[index]?.files[0]?.key ?? '');
    mkdirSync(dirname(file), { recursive: true });
    await database.run(`COPY (SELECT ${row}) TO ${quoteText(file).slice(1, -1)} (FORMAT parquet)`);
  }
  for (const [name, select] of viewsOf(windows, folder))
    await database.run(`CREATE VIEW ${quoteName(name)} AS ${select}`);
  return await database.rows(sql);
}

describe('the views of a query', () => {
  it('give the days of a tenant as one table, also where a later mapping has more columns', async () => {
    const rows = await answerTo('SELECT * FROM cdr ORDER BY dt', [
      ['acme', '2024-05-15', "'1' AS call_id"],
      ['acme', '2024-05-16', "'2' AS call_id, 7 AS score"],
    ]);

    expect(rows).toEqual([
      { call_id: '1', score: null, dt: '2024-05-15' },
      { call_id: '2', score: 7, dt: '2024-05-16' },
    ]);
  });

  it('ALL-15 tell two tenants apart', async () => {
    const written: [string, string, string][] = [
      ['acme', '2024-05-15', "'1' AS call_id"],
      ['bolt-2', '2024-05-15', "'1' AS call_id"],
    ];

    const all = await answerTo('SELECT tenant, call_id FROM cdr ORDER BY tenant', written);
    const own = await answerTo('SELECT count(*)::int AS calls FROM bolt_2_cdr', written);

    expect(all).toEqual([
      { tenant: 'acme', call_id: '1' },
      { tenant: 'bolt-2', call_id: '1' },
    ]);
    expect(own).toEqual([{ calls: 1 }]);
  });
});
