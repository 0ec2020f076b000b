import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const LAUNCHER = 'bin/cxone-export.mjs';
const CHECK = [LAUNCHER, 'config', 'check', 'config/example.json'];

/** Makes a process believe that it runs on an older Node. */
const OLDER =
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})";

describe('the launcher', () => {
  it('runs the command line as it is on Node 24', async () => {
    const { stdout } = await run(process.execPath, CHECK);

    expect(stdout).toContain('no problems');
  });

  it('starts the Node that is installed with the project where its own is older, and hands the exit code on', async () => {
    const good = await run(process.execPath, ['--import', OLDER, ...CHECK]);
    const bad = run(process.execPath, ['--import', OLDER, LAUNCHER, 'config', 'check', 'package.json']);

    expect(good.stdout).toContain('no problems');
    await expect(bad).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('is refused:') });
  });
});
