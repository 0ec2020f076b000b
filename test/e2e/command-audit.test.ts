import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditRecordKey as objectKey } from '../../lambdas/lake/keys.ts';
import { conditionalUpdate } from '../../lambdas/ledger/expressions.ts';
import { auditRecordKey } from '../../lambdas/ledger/keys.ts';
import { openLake } from '../../local/command/data-folder.ts';
import { main } from '../../local/command/program.ts';
import { recordedOutputs } from '../unit/command/recorded-output.ts';

const data = join(mkdtempSync(join(tmpdir(), 'cxone-export-audit-')), 'data');

async function verify(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const outputs = recordedOutputs();
  const code = await main(['audit', 'verify', ...words, '--data', data], outputs);
  return { code, stdout: outputs.stdout, stderr: outputs.stderr };
}

describe('ALL-12 audit verify', () => {
  beforeAll(() => main(['demo', '--data', data], recordedOutputs()));
  afterAll(() => rmSync(join(data, '..'), { recursive: true, force: true }));

  it('finds the chain of a night intact, with one record for the committed window', async () => {
    const { code, stdout } = await verify('--pipeline', 'cdr-export');

    expect(stdout).toBe('demo cdr-export: 1 record, intact\n');
    expect(code).toBe(0);
  });

  it('names the record that somebody edited, and ends with 1', async () => {
    const lake = await openLake(data);
    const [[tenant, ledger] = []] = [...lake.ledgers];
    if (tenant === undefined || ledger === undefined) throw new Error('The folder has no tenant.');
    const object = await lake.objects.readText(objectKey(tenant, 'cdr-export', 1));
    const edited = object.split('\n')[0]?.replace('"duplicates":', '"duplicates":1') ?? '';
    await ledger.table.update(
      auditRecordKey(tenant, 'cdr-export', 1),
      conditionalUpdate({ set: { text: edited } }),
    );
    await lake[Symbol.asyncDispose]();

    const { code, stdout } = await verify('--json');

    const [chain] = JSON.parse(stdout).chains;
    expect(code).toBe(1);
    expect(chain.verdict.findings).toContainEqual(
      expect.objectContaining({ record: 1, problem: 'edited', place: 'ledger' }),
    );
  });

  it('refuses a lake on AWS that is named by halves', async () => {
    const { code, stderr } = await verify('--bucket', 'the-lake');

    expect(code).toBe(2);
    expect(stderr).toContain('--ledger-table, --bucket, --audit-key and --tenant together');
  });
});
