import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import { TenantStatus } from '../../lambdas/model/status.ts';
import { main } from '../../local/command/program.ts';
import { recordedOutputs } from '../unit/command/recorded-output.ts';
import { command, openSite, start } from './command-process.ts';

const SMALL = ['rows:300', 'parts:2', 'duplicates:4', 'drift:1'];

/** Every file under a folder with its size and the instant of its last change. */
function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, facts: statSync(join(folder, name)) }))
    .filter(({ facts }) => facts.isFile())
    .map(({ name, facts }) => `${name} ${facts.size}`)
    .toSorted();
}

function nameOf(stdout: string): string {
  return /^Run: (\S+)$/m.exec(stdout)?.[1] ?? 'no name was printed';
}

describe('demo', () => {
  it("OPS-06 exports last night's day, then finds it committed and changes nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cxone-demo-'));
    const data = join(folder, 'data');

    const first = await command('demo', '--data', data);
    const filesFirst = filesUnder(join(data, 'lake-files'));
    const second = await command('demo', '--data', data);
    const filesSecond = filesUnder(join(data, 'lake-files'));
    const rows = await command(
      'query',
      '--data',
      data,
      '--json',
      "select count(*)::int as calls, count(distinct call_id)::int as ids, count(*) filter (customer_number ~ '^[0-9a-f]{64}$')::int as hashed, count(customer_number)::int as customers from cdr",
    );

    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/committed\s+50,050\s+50,000\s+10\s+25\s+15\s+1/);
    expect(first.stdout).toMatch(/waiting skipped.*here\./);
    expect(first.stdout).toMatch(/Cost on AWS: about \$0\.\d+/);
    expect(first.stdout).toMatch(/npm run --silent cxone -- query/);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('already committed');
    expect(filesSecond).toEqual(filesFirst);
    const [counts] = JSON.parse(rows.stdout);
    expect(counts).toMatchObject({ calls: 50_000, ids: 50_000 });
    expect([counts.hashed > 40_000, counts.hashed], 'customers are hashed').toEqual([true, counts.customers]);
    rmSync(folder, { recursive: true });
  });
});

describe('run', () => {
  it('ALL-11 prints exactly one JSON document, the record, and all else beside it; the run can be listed and shown, its files copied out', async () => {
    await using site = await openSite(SMALL);

    const ran = await command('run', 'cdr-export', ...site.options, '--skip-waits', '--json');
    const record = RunRecord.parse(JSON.parse(ran.stdout));
    const runs = await command('runs', '--data', site.data);
    const shown = await command('show', record.name.slice(0, 13), '--data', site.data);
    const to = join(site.folder, 'out');
    const files = await command('files', '--data', site.data, '--to', to);
    const doctor = await command('doctor', ...site.options);

    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('Cost on AWS');
    expect(record).toMatchObject({
      tenant: 'acme',
      outcome: 'SUCCEEDED',
      totals: { rowsIn: 304, rowsOut: 300, duplicates: 4 },
    });
    expect(runs.stdout).toMatch(new RegExp(`${record.name}\\s+acme\\s+cdr-export.*SUCCEEDED`));
    expect(shown.stdout).toMatch(/TaskStateEntered\s+Plan/);
    expect(shown.stdout).toMatch(/TaskStateEntered\s+Transform/);
    expect(files.code).toBe(0);
    // Waits were skipped: the folder's clock is ahead of the machine's, and a simulator has ours.
    expect(doctor).toMatchObject({ code: 0, stderr: '' });
    expect(doctor.stdout).toContain('acme: nothing is wrong with the set-up.');
    const keys = files.stdout.match(/lake\/acme\/cdr\/\S+\.parquet/g) ?? [];
    expect(keys).toHaveLength(1);
    for (const key of keys) expect(readFileSync(join(to, key)).subarray(0, 4).toString()).toBe('PAR1');
    expect(existsSync(join(to, 'current', 'acme', 'cdr'))).toBe(true);
    expect(site.simulator.violations).toEqual([]);
  });

  it('ALL-10 ends with 1, the error, its sentence and the next step; redrive goes on when the cause is gone', async () => {
    await using site = await openSite([...SMALL, 'scope-missing']);

    const failed = await command('run', 'cdr-export', ...site.options, '--skip-waits');
    const name = nameOf(failed.stdout);
    const shown = await command('show', name, '--data', site.data);
    site.simulator.use(SMALL);
    const redriven = await command('redrive', name, ...site.options, '--skip-waits', '--json');

    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^WindowsFailed: /m);
    expect(failed.stderr).toMatch(/\d{4}-\d\d-\d\d {2}ScopeMissing: .*data:download/);
    expect(failed.stderr).toMatch(
      new RegExp(`^Next: Grant the scope .* npx cxone-export redrive ${name} --config `, 'm'),
    );
    expect(shown.stdout).toMatch(/ScopeMissing: /);
    expect(redriven.code).toBe(0);
    expect(RunRecord.parse(JSON.parse(redriven.stdout))).toMatchObject({
      name,
      redrives: 1,
      totals: { rowsOut: 300 },
    });
  });

  it('ALL-03 stops cleanly at Ctrl-C; the same command goes on with the same job', async () => {
    let stop = () => {};
    await using site = await openSite(SMALL, (kind) => {
      if (kind === 'submit') stop();
    });
    const running = start('run', 'cdr-export', ...site.options);
    stop = () => running.child.kill('SIGINT');

    const stopped = await running.ended;
    stop = () => {};
    const again = await command('run', 'cdr-export', ...site.options, '--skip-waits', '--json');
    const runs = await command('runs', '--data', site.data);

    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(/^RunInterrupted: /m);
    expect(stopped.stderr).toMatch(/^Next: Run the same command again, or redrive/m);
    expect(again.code).toBe(0);
    expect(RunRecord.parse(JSON.parse(again.stdout)).totals.rowsOut).toBe(300);
    expect(site.simulator.jobs).toHaveLength(1);
    expect(runs.stdout).toMatch(/ABORTED\s+RunInterrupted/);
  });

  it('OPS-08 the first status after a run whose process was killed tells of that run', async () => {
    let kill = () => {};
    await using site = await openSite(SMALL, (kind) => {
      if (kind === 'submit') kill();
    });
    const running = start('run', 'cdr-export', ...site.options);
    kill = () => running.child.kill('SIGKILL');
    await running.ended;
    // Of the options, `--secrets` is none of the status.
    const place = [...site.options.slice(0, 2), ...site.options.slice(4)];

    const outputs = recordedOutputs();
    await main(['status', ...place, '--json'], outputs);

    const { pipelines } = TenantStatus.parse(JSON.parse(outputs.stdout));
    expect(pipelines[0]?.lastRun).toMatchObject({ outcome: 'ABORTED', error: 'Engine.ProcessEnded' });
  });
});
