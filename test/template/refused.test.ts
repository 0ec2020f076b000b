import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildApp } from '../../lib/app.ts';
import { copyDuckDb } from '../../lib/functions/duckdb-binding.ts';
import { configurationFile, scratchFolder, tenant } from './synthesised.ts';

const APP = fileURLToPath(new URL('../../bin/app.ts', import.meta.url));

const wrong = {
  lake: { architecture: 'mips' },
  tenants: [{ ...tenant('acme'), password: 'do-not-show-me' }, tenant('acme', { baseUrl: 'ftp://files' })],
};

describe('a wrong configuration', () => {
  it('OPS-01 ends synth with status 1 and every problem on a line of its own, before anything is made', () => {
    const outdir = scratchFolder();
    const context = JSON.stringify({ config: configurationFile(wrong) });

    const { status, stdout, stderr } = spawnSync(process.execPath, [APP], {
      encoding: 'utf8',
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: context },
    });

    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.split('\n').filter((line) => line.startsWith('  '))).toEqual([
      expect.stringMatching(/^ {2}lake\.architecture: .* must be "x86_64" or "arm64"$/),
      expect.stringMatching(/^ {2}tenants\[0\]\.password: .* not known here/),
      expect.stringMatching(/^ {2}tenants\[1\]\.baseUrl: .* must be an https address/),
      expect.stringMatching(/^ {2}tenants\[1\]\.id: .* must be used by one tenant only$/),
    ]);
    expect(stderr).not.toContain('do-not-show-me');
    expect(readdirSync(outdir)).toEqual([]);
  });

  it('OPS-01 is refused by whoever builds the app from a file', () => {
    const file = configurationFile(wrong);

    expect(() => buildApp(file)).toThrow(/is refused: 4 problems\./);
  });
});

describe('synth without DuckDB’s binding', () => {
  it('OPS-01 is told how to fetch it', () => {
    const empty = scratchFolder();

    const copy = () => copyDuckDb('arm64', empty, scratchFolder());

    expect(copy).toThrow(
      "DuckDB's binding for linux-arm64 is not in node_modules: fetch it once with npm run binding -- linux-arm64",
    );
  });
});
