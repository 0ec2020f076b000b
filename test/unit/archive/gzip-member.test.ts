import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GzipMember, MEMBER_BYTES } from '../../../lambdas/archive/gzip-member.ts';
import { Spool } from '../../../lambdas/archive/spool.ts';

async function contentOf(spool: Spool): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of spool.read()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function memberOf(blocks: readonly Uint8Array[]): Promise<Buffer> {
  await using spool = await Spool.open(tmpdir());
  const member = new GzipMember(spool);
  for (const block of blocks) {
    const memory = Buffer.from(block);
    // What has been released may be overwritten at once.
    await member.add(memory, () => memory.fill(0));
  }
  await member.end();
  return contentOf(spool);
}

const blocks = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 50_000 }),
    fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 5_000 }))
      .map(([bytes, times]) => Buffer.concat(Array(times).fill(Buffer.from(bytes)))),
  ),
  { maxLength: 9 },
);

describe('ARC-04 a gzip member made of blocks side by side', () => {
  it('ARC-04 gives back any blocks, and is the same bytes every time', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (given) => {
        const member = await memberOf(given);

        expect(gunzipSync(member)).toEqual(Buffer.concat(given));
        expect(await memberOf(given)).toEqual(member);
      }),
      { numRuns: 40 },
    );
  });

  it('ARC-04 is one member: deflate ends where its trailer begins', async () => {
    const lines = Array.from({ length: 5 }, (_, index) => Buffer.from(`line ${index}\n`.repeat(20_000)));

    const member = await memberOf(lines);

    expect(inflateRawSync(member.subarray(10, -8))).toEqual(Buffer.concat(lines));
    expect(member.readUInt32LE(member.length - 4)).toBe(Buffer.concat(lines).length);
  });

  it('ARC-04 uses what the block before ended with', async () => {
    const text = randomBytes(20_000);

    const member = await memberOf([text, text, text]);

    expect(member.length).toBeLessThan(text.length + 2_000);
  });

  it.each([1, 16_383, 100_000, 1_500_000])(
    'ARC-05 is never longer than it was expected to be, with blocks of %i bytes that do not compress',
    async (bytes) => {
      await using spool = await Spool.open(tmpdir());
      const member = new GzipMember(spool);
      const room = MEMBER_BYTES + 5 * bytes + 5_000;
      let taken = 0;

      while (await member.takes(bytes, room)) {
        await member.add(randomBytes(bytes), () => undefined);
        taken += 1;
        if (taken > 50) break;
      }

      await member.end();
      const { length } = await contentOf(spool);
      expect(taken).toBeGreaterThanOrEqual(4);
      expect(length).toBeLessThanOrEqual(room);
    },
  );
});
