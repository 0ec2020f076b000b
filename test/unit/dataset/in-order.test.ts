import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../../lambdas/dataset/blocks.ts';
import { inOrder } from '../../../lambdas/dataset/in-order.ts';

/** Work that ends when the test says so. */
function gates(count: number) {
  const all = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await all[item]?.promise;
    ended.push(item);
    return item * 10;
  };
  return { all, begun, ended, work };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('CDR-08 work side by side, taken in order', () => {
  it('gives results in the items’ order, whichever is made first', async () => {
    const { all, work } = gates(3);
    for (const gate of all.toReversed()) gate.resolve();

    const results = await Array.fromAsync(inOrder([0, 1, 2], 3, work));

    expect(results).toEqual([0, 10, 20]);
  });

  it('has no more under way, or waiting to be taken, than it was told', async () => {
    const { all, begun, work } = gates(4);
    const taking = inOrder([0, 1, 2, 3], 2, work);
    const first = taking.next();
    for (const gate of all) gate.resolve();
    await turns();
    const before = [...begun];

    await first;
    await taking.next();

    expect(before).toEqual([0, 1]);
    expect(begun).toEqual([0, 1, 2]);
    await taking.return(undefined);
  });

  it('throws an error when its item’s turn has come, and ends only when nothing is under way', async () => {
    const { all, ended, work } = gates(3);
    const failing = (item: number) => (item === 1 ? Promise.reject(new Error('one')) : work(item));
    const taking = Array.fromAsync(inOrder([0, 1, 2], 3, failing)).catch((error: Error) => error.message);
    all[0]?.resolve();
    await turns();
    const early = [...ended];
    all[2]?.resolve();

    const outcome = await taking;

    expect([early, ended, outcome]).toEqual([[0], [0, 2], 'one']);
  });
});

describe('CDR-08 blocks of a stream', () => {
  it('are its bytes, each block full but the last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.integer({ min: 1, max: 16 }),
        async (chunks, size) => {
          const buffers = chunks.map((chunk) => Buffer.from(chunk));
          const source = async function* () {
            yield* buffers;
          };

          const blocks = await Array.fromAsync(blocksOf(source(), size));

          expect(Buffer.concat(blocks).equals(Buffer.concat(buffers))).toBe(true);
          expect(blocks.slice(0, -1).every((block) => block.length === size)).toBe(true);
          expect(blocks.every((block) => block.length > 0 && block.length <= size)).toBe(true);
        },
      ),
    );
  });
});
