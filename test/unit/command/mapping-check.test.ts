import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from '../../../local/command/program.ts';
import { NESTED, nestedRecord } from '../../support/record-transform.ts';
import { recordedOutputs } from './recorded-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'mapping-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function check(...words: string[]) {
  const outputs = recordedOutputs();
  const code = await main(['mapping', 'check', ...words], outputs);
  return { code, stdout: outputs.stdout, stderr: outputs.stderr };
}

const mapping = file('nested.v1.json', JSON.stringify(NESTED));
const page = (records: readonly string[]) => `{"data":[${records.join(',')}],"nextPageToken":null}`;
const renamed = nestedRecord('2', { metric: { calls: { taken: 3 }, cost: '1.5' }, note: 'x' });

describe('mapping check', () => {
  it.each(['cdr.v1', 'interactions.v1'])('REP-05 finds no problem in %s', async (name) => {
    const { code, stdout } = await check(
      fileURLToPath(new URL(`../../../config/mappings/${name}.json`, import.meta.url)),
    );

    expect([code, stdout]).toEqual([0, expect.stringContaining('no problems')]);
  });

  it('REP-05 prints every problem of a mapping at once', async () => {
    const columns = [
      { source: 'a', column: 'A', type: 'text' },
      { source: 'b', column: 'b', type: 'number' },
    ];
    const { code, stderr } = await check(file('bad.json', JSON.stringify({ ...NESTED, columns })));

    expect(code).toBe(2);
    for (const path of ['columns[0].column', 'columns[1].type']) expect(stderr).toContain(path);
  });

  it.each([
    ['a page', page([nestedRecord('1'), renamed])],
    ['pages', `[${page([nestedRecord('1')])},${page([renamed])}]`],
    ['records', `[${nestedRecord('1')},${renamed}]`],
  ])('REP-05 tells what a sample of %s would become: new, missing and other fields', async (_, sample) => {
    const { code, stdout } = await check(mapping, '--sample', file('sample.json', sample));

    expect(code).toBe(0);
    expect(stdout).toContain('2 records: 2 with every required field, 0 rejects.');
    expect(stdout).toMatch(/answered +integer +metric\.calls\.answered +1 +0/);
    expect(stdout).toMatch(/cost +decimal +metric\.cost +2 +0 +other kind of value/);
    expect(stdout).toContain('New: metric.calls.taken, in 1 record (newFields is extra)');
    expect(stdout).toContain('New: note, in 1 record');
  });

  it('REP-05 ends with 1 where a record would be a reject, and says why without its values', async () => {
    const sample = file('rejects.json', page([nestedRecord('1', { active: 'secret' }), '7']));

    const { code, stdout } = await check(mapping, '--sample', sample);

    expect(code).toBe(1);
    expect(stdout).toContain('Reject: record 1, TypeMismatch of active');
    expect(stdout).toContain('Reject: record 2, NotAnObject');
    expect(stdout).not.toContain('secret');
  });

  it.each([
    ['no file', join(folder, 'none.json'), 'cannot be read'],
    ['no JSON', file('text.json', 'nothing'), 'is not JSON'],
    ['no page', file('rows.json', '{"rows":[]}'), 'data: found nothing'],
  ])('REP-05 refuses a sample that is %s', async (_, sample, problem) => {
    const { code, stderr } = await check(mapping, '--sample', sample);

    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});
