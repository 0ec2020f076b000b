import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../local/command/program.ts';
import { recordedOutputs } from '../unit/command/recorded-output.ts';

const data = join(mkdtempSync(join(tmpdir(), 'cxone-export-drift-')), 'data');

async function said(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const outputs = recordedOutputs();
  const code = await main([...words, '--data', data], outputs);
  return { code, stdout: outputs.stdout, stderr: outputs.stderr };
}

beforeAll(() => said('demo'));
afterAll(() => rmSync(join(data, '..'), { recursive: true, force: true }));

describe('CDR-10 columns that no mapping knows', () => {
  it('are listed as open after the night that met them, and acknowledged one by one', async () => {
    const before = await said('drift', 'ls');
    const [column] = /(?<=demo {2,}cdr {2,})\S+/.exec(before.stdout) ?? [''];

    const acknowledged = await said('drift', 'ack', 'cdr', column);

    const after = await said('drift', 'ls');
    expect(before.stdout.match(/open$/gm)).toHaveLength(2);
    expect(acknowledged.code).toBe(0);
    expect(after.stdout.match(/open$/gm)).toHaveLength(1);
  });

  it('cannot be acknowledged before they were met', async () => {
    const { code, stderr } = await said('drift', 'ack', 'cdr', 'NeverSeen');

    expect(code).toBe(2);
    expect(stderr).toContain('never raised');
  });
});

describe('OPS-06 SQL that DuckDB refuses', () => {
  it.each([
    ['selec 1', /syntax error at or near "selec"/],
    ['select calls from cdr', /"calls" not found/],
    ["select cast('seven' as integer)", /'seven' to INT32/],
  ])('is refused in its own words: %s', async (sql, words) => {
    const { code, stderr } = await said('query', sql);

    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(stderr).toContain('Next: The views are cdr, loads.');
  });
});

describe('OPS-06 what there is not', () => {
  it.each([
    ['query', ['query', 'select 1']],
    ['files', ['files']],
    ['generations', ['generations', 'cdr', '--window', '2024-05-15']],
    ['drift ls', ['drift', 'ls']],
  ])('a tenant: %s refuses it, and names those that there are', async (_, words) => {
    const { code, stderr } = await said(...words, '--tenant', 'nobody');

    expect(code).toBe(2);
    expect(stderr).toContain('There is no tenant nobody in the folder: it has demo.');
  });

  it('a dataset: generations refuses it, and names those that there are', async () => {
    const { code, stderr } = await said('generations', 'crd', '--window', '2024-05-15');

    expect(code).toBe(2);
    expect(stderr).toContain('There is no dataset crd in the folder: it has cdr.');
  });
});

describe('OPS-06 a folder that a command has opened with another configuration', () => {
  beforeAll(() => said('status', '--config', 'config/example.json'));

  it('ALL-12 has its audit chains verified all the same', async () => {
    const { code, stdout } = await said('audit', 'verify');

    expect(code).toBe(0);
    expect(stdout).toContain('demo cdr-export: 1 record, intact');
  });

  it('still tells of columns and generations of the tenant that was run before', async () => {
    const drift = await said('drift', 'ls');
    const [, column = ''] = /demo {2,}cdr {2,}(\S+)/.exec(drift.stdout) ?? [];
    const [, day = ''] = /dt=(\S+?)\//.exec((await said('files')).stdout) ?? [];
    const generations = await said('generations', 'cdr', '--window', day);
    const { stdout } = await said('generations', 'cdr', '--window', day, '--json');

    expect(column).not.toBe('');
    expect(generations.stdout).toMatch(/^demo +[0-9a-f]{32} +current/m);
    expect(JSON.parse(stdout)).toMatchObject({
      dataset: 'cdr',
      window: day,
      generations: [{ tenant: 'demo', current: true }],
    });
  });

  it('lists the operation with its tenant', async () => {
    const { stdout } = await said('runs');

    expect(stdout).toMatch(/^\S+ {2}acme +cxone-export-acme-operations .* SUCCEEDED$/m);
  });
});
