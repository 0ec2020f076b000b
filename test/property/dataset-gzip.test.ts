import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipMembers } from '../../lambdas/dataset/gzip.ts';

/** Bytes of a length around the size of a member, cheaply. */
const bytes = fc
  .tuple(fc.constantFrom(0, 1, 1_000, 1_048_575, 1_048_576, 1_048_577, 3_500_000), fc.nat({ max: 250 }))
  .map(([length, seed]) =>
    Buffer.from(Array.from({ length: 251 }, (_, index) => (index * 7 + seed) % 256))
      .toString('latin1')
      .repeat(Math.ceil(length / 251))
      .slice(0, length),
  )
  .map((text) => Buffer.from(text, 'latin1'));

async function compressed(source: Buffer, chunkBytes: number): Promise<Buffer> {
  async function* chunks() {
    for (let from = 0; from < source.length; from += chunkBytes)
      yield source.subarray(from, from + chunkBytes);
  }
  const members: Buffer[] = [];
  for await (const member of gzipMembers(chunks())) members.push(member);
  return Buffer.concat(members);
}

describe('CDR-13 gzip members', () => {
  it('CDR-13 gives back the bytes to any reader, and the same file however the bytes arrive', async () => {
    const property = fc.asyncProperty(
      bytes,
      fc.constantFrom(65_536, 1_048_576, 5_000_000),
      async (source, chunkBytes) => {
        const file = await compressed(source, chunkBytes);

        expect(gunzipSync(file).equals(source)).toBe(true);
        expect((await compressed(source, 333_333)).equals(file)).toBe(true);
      },
    );

    await fc.assert(property, { numRuns: 25 });
  });

  it('CDR-13 holds neither time, name nor system in its headers', async () => {
    const file = await compressed(Buffer.from('text'), 100);

    expect([...file.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('CDR-13 fails with its source', async () => {
    async function* broken() {
      yield Buffer.alloc(2_000_000);
      throw new Error('disk read error');
    }

    await expect(Array.fromAsync(gzipMembers(broken()))).rejects.toThrow('disk read error');
  });
});
