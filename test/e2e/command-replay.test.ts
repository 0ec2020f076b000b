import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import { main } from '../../local/command/program.ts';
import { recordedOutputs } from '../unit/command/recorded-output.ts';
import { openSite } from './command-process.ts';

/** The command line in this process: a replay starts no other. */
async function command(...words: string[]) {
  const outputs = recordedOutputs();
  const code = await main(words, outputs);
  return { code, stdout: outputs.stdout, stderr: outputs.stderr };
}

describe('replay', () => {
  it('REP-05 commits a day through another mapping while CXone cannot be reached', async () => {
    await using site = await openSite(['rows:50', 'parts:2']);
    const first = await command('run', 'cdr-export', ...site.options, '--skip-waits', '--json');
    const day = RunRecord.parse(JSON.parse(first.stdout)).windows[0]?.day ?? '';
    await site.simulator.stop();
    const mapping = JSON.parse(readFileSync(join(site.folder, 'mappings', 'cdr.v1.json'), 'utf8'));
    const columns = mapping.columns.map((column: { column: string }) =>
      column.column === 'customer_number' ? { ...column, privacy: 'mask' } : column,
    );
    writeFileSync(
      join(site.folder, 'mappings', 'cdr.v2.json'),
      JSON.stringify({ ...mapping, version: 2, columns }),
    );
    const [, config = '', , , , data = ''] = site.options;
    const replay = (...words: string[]) =>
      command('replay', 'cdr', '--window', day, '--config', config, '--data', data, ...words);
    const numbers = async () => {
      const sql =
        "select count(*)::int as calls, count(*) filter (customer_number like '****%')::int as masked from cdr";
      return JSON.parse((await command('query', '--data', data, '--json', sql)).stdout);
    };

    const second = await replay('--mapping', 'cdr.v2', '--json');

    expect([first.code, second.code]).toEqual([0, 0]);
    expect(RunRecord.parse(JSON.parse(second.stdout)).windows).toMatchObject([
      { day, task: 'replay', outcome: 'committed' },
    ]);
    expect(await numbers()).toEqual([{ calls: 50, masked: 50 }]);
    const audited = await command('audit', 'verify', '--data', data);
    expect([audited.code, audited.stdout]).toEqual([0, expect.stringMatching(/cdr-export.*2/)]);
  });

  it('REP-05 refuses a dataset, a mapping or a day that is none, and starts nothing', async () => {
    await using site = await openSite(['rows:50']);
    const [config, data] = [site.options.slice(0, 2), site.options.slice(4)];

    const ended = [
      await command('replay', 'calls', '--window', '2024-05-15', ...config, ...data),
      await command('replay', 'cdr', '--window', '2024-05-15', '--mapping', 'none', ...config, ...data),
      await command('replay', 'cdr', '--window', 'yesterday', ...config, ...data),
    ];

    expect(ended.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(ended.map(({ stderr }) => stderr).join()).toMatch(
      /no dataset calls[\s\S]*mappings\/none[\s\S]*day of the calendar/,
    );
    expect(site.simulator.calls).toEqual([]);
  });
});
