import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spool } from '../../../lambdas/archive/spool.ts';

async function readAll(spool: Spool): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of spool.read()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe('ARC-05 what waits on the local disk', () => {
  it('ARC-05 comes back as it was appended, as often as it is read', async () => {
    const appended = fc.array(
      fc.nat({ max: 300_000 }).map((length) => randomBytes(length)),
      { maxLength: 4 },
    );

    await fc.assert(
      fc.asyncProperty(appended, async (given) => {
        await using spool = await Spool.open(tmpdir());
        for (const bytes of given) {
          const memory = Buffer.from(bytes);
          await spool.append(memory);
          memory.fill(0);
        }

        expect((await readAll(spool)).equals(Buffer.concat(given))).toBe(true);
        expect((await readAll(spool)).equals(Buffer.concat(given))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('ARC-05 has no name that would outlive a killed process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spool-'));
    await using spool = await Spool.open(join(folder, 'seal'));

    await spool.append(Buffer.from('a record'));

    expect(await readdir(folder, { recursive: true })).toEqual(['seal']);
    expect((await readAll(spool)).toString()).toBe('a record');
    await rm(folder, { recursive: true });
  });

  it('ARC-05 refuses what comes after its end', async () => {
    const spool = await Spool.open(tmpdir());
    await spool[Symbol.asyncDispose]();

    await expect(spool.append(Buffer.from('late'))).rejects.toThrow(/closed/);
  });
});
