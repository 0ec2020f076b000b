import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/engine/json.ts';
import { FunctionError, invokes, openBench, runToEnd } from './harness.ts';

const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');

const show = { Type: 'Pass', End: true };

/** A machine whose distributed Map gathers items; its output is the inputs of its children. */
const machine = (
  ItemBatcher: object,
  rest: object = { Items: '{% $states.input %}' },
  One: object = show,
) => ({
  StartAt: 'Archive',
  States: {
    Archive: {
      Type: 'Map',
      Label: 'archive',
      ItemBatcher,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'One',
        States: { One },
      },
      End: true,
      ...rest,
    },
  },
});

const reader = (InputType: string, rest: object = {}) => ({
  Resource: 'arn:aws:states:::s3:getObject',
  Arguments: { Bucket: 'lake', Key: 'list' },
  ReaderConfig: { InputType, ...rest },
});

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('ALL-16 OPS-06 ItemBatcher', () => {
  it('fills batches up to the number of items, the last one with what is left', async () => {
    const ended = await runToEnd(openBench(machine({ MaxItemsPerBatch: 100 })), numbers(1_130));

    const batches = outputOf(ended) as { Items: number[] }[];
    expect(batches.map(({ Items }) => Items.length)).toEqual([...Array(11).fill(100), 30]);
    expect(batches.flatMap(({ Items }) => Items)).toEqual(numbers(1_130));
  });

  it('gives every child the evaluated BatchInput beside its items', async () => {
    const batcher = { MaxItemsPerBatch: 2, BatchInput: { of: '{% $count($states.input) %}' } };

    const ended = await runToEnd(openBench(machine(batcher)), [1, 2, 3]);

    expect(outputOf(ended)).toEqual([
      { BatchInput: { of: 3 }, Items: [1, 2] },
      { BatchInput: { of: 3 }, Items: [3] },
    ]);
  });

  it.each([
    ['{"Items":["aaaa","bbbb"]} has 25 bytes', 25, [2, 1]],
    ['and does not fit in 24', 24, [1, 1, 1]],
  ])('measures the whole input: %s', async (_, MaxInputBytesPerBatch, sizes) => {
    const ended = await runToEnd(openBench(machine({ MaxInputBytesPerBatch })), ['aaaa', 'bbbb', 'cccc']);

    expect((outputOf(ended) as { Items: string[] }[]).map(({ Items }) => Items.length)).toEqual(sizes);
  });

  it('keeps to both limits, in as few batches as they allow, and loses, doubles and moves nothing', async () => {
    const limits = fc.record({
      items: fc.array(fc.string({ maxLength: 40 }), { maxLength: 40 }),
      MaxItemsPerBatch: fc.integer({ min: 1, max: 12 }),
      MaxInputBytesPerBatch: fc.integer({ min: 300, max: 500 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, async ({ items, ...batcher }) => {
        const ended = await runToEnd(openBench(machine({ ...batcher, BatchInput: 'x' })), items);

        const batches = outputOf(ended) as { Items: string[] }[];
        const fits = (Items: string[]) =>
          Items.length <= batcher.MaxItemsPerBatch &&
          Buffer.byteLength(JSON.stringify({ BatchInput: 'x', Items })) <= batcher.MaxInputBytesPerBatch;
        expect(batches.flatMap(({ Items }) => Items)).toEqual(items);
        expect(batches.every(({ Items }) => fits(Items))).toBe(true);
        const roomLeft = batches.filter(({ Items }, index) => {
          const next = batches[index + 1]?.Items[0];
          return next !== undefined && fits([...Items, next]);
        });
        expect(roomLeft).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('fails where an item alone is above the limit, before any child begins', async () => {
    const bench = openBench(machine({ MaxInputBytesPerBatch: 20 }));

    const ended = await runToEnd(bench, ['a', 'bbbbbbbbbbbbbbbbbbbb']);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    const [mapRun] = bench.engine.mapRuns(ended.executionArn);
    expect(bench.engine.children(mapRun?.mapRunArn ?? '')).toEqual([]);
  });

  it('gathers what ItemSelector made of the lines of a JSON Lines object, read up to MaxItems', async () => {
    const lines = ['{"id":"a"}', '{"id":"b"}', '{"id":"c"}', '{"id":"d"}'].join('\n');
    const rest = {
      ItemReader: reader('JSONL', { MaxItems: 3 }),
      ItemSelector: { name: '{% $states.context.Map.Item.Value.id %}' },
    };
    const bench = openBench(machine({ MaxItemsPerBatch: 2 }, rest), {
      store: new Map([['lake/list', lines]]),
    });

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toEqual([{ Items: [{ name: 'a' }, { name: 'b' }] }, { Items: [{ name: 'c' }] }]);
  });

  it('ALL-10 fails as States.ItemReaderFailed where a line is no JSON', async () => {
    const store = new Map([['lake/list', '{"id":"a"}\n{"id":\n']]);
    const bench = openBench(machine({ MaxItemsPerBatch: 2 }, { ItemReader: reader('JSONL') }), { store });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
  });

  it.each([
    [1, 'FAILED'],
    [2, 'SUCCEEDED'],
  ])(
    'counts every item of a failed batch: %i tolerated of two, %s',
    async (ToleratedFailureCount, status) => {
      const rest = { Items: '{% $states.input %}', ToleratedFailureCount };
      const bench = openBench(machine({ MaxItemsPerBatch: 2 }, rest, invokes('work', { End: true })), {
        functions: {
          work: (payload) => {
            if (JSON.stringify(payload).includes('3')) throw new FunctionError('Bad', 'three');
            return payload;
          },
        },
      });

      const ended = await runToEnd(bench, [1, 2, 3, 4]);

      expect(ended.status).toBe(status);
    },
  );

  it('goes on with the same batches after a redrive, and only with those that failed', async () => {
    let bad = true;
    const worked: Json[] = [];
    const bench = openBench(machine({ MaxItemsPerBatch: 2 }, undefined, invokes('work', { End: true })), {
      functions: {
        work: (payload) => {
          if (bad && JSON.stringify(payload).includes('3')) throw new FunctionError('Bad', 'three');
          worked.push(payload);
          return payload;
        },
      },
    });
    const failed = await runToEnd(bench, [1, 2, 3, 4]);
    bad = false;

    await bench.engine.redrive(failed.executionArn);
    const ended = await bench.engine.wait(failed.executionArn);

    expect(ended.status).toBe('SUCCEEDED');
    expect(outputOf(ended)).toEqual([{ Items: [1, 2] }, { Items: [3, 4] }]);
    expect(worked).toEqual([{ Items: [1, 2] }, { Items: [3, 4] }]);
  });
});
