import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEvaluator } from '../../local/engine/evaluate.ts';
import { type Json, throughJson } from '../../local/engine/json.ts';
import { runPool } from '../../local/engine/pool.ts';
import { delayBefore } from '../../local/engine/retry.ts';
import { createClock } from '../../local/engine/virtual-clock.ts';
import { invokes, openBench, runToEnd, START } from '../unit/engine/harness.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => throughJson(value) ?? null);

describe('engine properties', () => {
  it('OPS-06 data passes through states unchanged, whatever strings are in it', async () => {
    const bench = openBench(
      {
        StartAt: 'Work',
        States: {
          Work: invokes('echo', { Assign: { kept: '{% $states.result.Payload %}' }, Next: 'Show' }),
          Show: { Type: 'Pass', Output: { input: '{% $states.input %}', kept: '{% $kept %}' }, End: true },
        },
      },
      { functions: { echo: (payload) => payload } },
    );

    await fc.assert(
      fc.asyncProperty(fc.oneof(json, fc.constant<Json>('{% 1 %}')), async (value) => {
        const ended = await runToEnd(bench, { value });

        expect(JSON.parse(ended.output ?? '')).toEqual({ input: { value }, kept: { value } });
      }),
      { numRuns: 50 },
    );
  });

  it('OPS-06 a template without expressions is its own value', async () => {
    const evaluator = createEvaluator({ now: () => START, random: () => 0 });
    const bindings = { variables: {}, states: { input: null, context: {} } };
    const literal = json.filter((value) => !JSON.stringify(value).includes('{%'));

    await fc.assert(
      fc.asyncProperty(literal, async (value) => {
        const evaluated = await evaluator.evaluate(value, 'Output', bindings);

        expect(evaluated).toEqual(value);
      }),
    );
  });

  it('OPS-06 $partition parts join to what was parted, none longer than asked', async () => {
    const evaluator = createEvaluator({ now: () => START, random: () => 0 });

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer(), { maxLength: 50 }),
        fc.integer({ min: 1, max: 9 }),
        async (items, size) => {
          const bindings = { variables: { items, size }, states: { input: null, context: {} } };

          const parts = await evaluator.evaluate('{% $partition($items, $size) %}', 'Output', bindings);

          expect(Array.isArray(parts) && parts.flat()).toEqual(items);
          expect(
            Array.isArray(parts) && parts.every((part) => Array.isArray(part) && part.length <= size),
          ).toBe(true);
        },
      ),
    );
  });

  it('ALL-09 a delay never exceeds MaxDelaySeconds and, without jitter, never shrinks from attempt to attempt', () => {
    const retrier = fc.record({
      ErrorEquals: fc.array(fc.string(), { minLength: 1 }),
      IntervalSeconds: fc.integer({ min: 1, max: 1_000 }),
      BackoffRate: fc.double({ min: 1, max: 5, noNaN: true }),
      MaxAttempts: fc.nat(),
      MaxDelaySeconds: fc.integer({ min: 1_001, max: 5_000 }),
      JitterStrategy: fc.constantFrom('FULL' as const, 'NONE' as const),
    });

    fc.assert(
      fc.property(retrier, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, draw) => {
        const delays = Array.from({ length: 9 }, (_, index) => delayBefore(one, index + 1, () => draw));

        expect(delays.every((delay) => delay >= 0 && delay <= one.MaxDelaySeconds)).toBe(true);
        if (one.JitterStrategy === 'NONE') expect(delays.toSorted((a, b) => a - b)).toEqual(delays);
      }),
    );
  });

  it('OPS-06 sleepers wake in the order of their instants, at their instants', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 40 }),
        async (sleeps) => {
          const clock = createClock({ skipWaits: true, flow: false, startAt: START });
          const woken: { due: number; at: number }[] = [];

          await Promise.all(
            sleeps.map((due) => clock.sleep(due).then(() => woken.push({ due, at: clock.now() - START }))),
          );

          expect(woken.map(({ at }) => at)).toEqual(sleeps.toSorted((a, b) => a - b));
          expect(woken.every(({ due, at }) => due === at)).toBe(true);
        },
      ),
    );
  });

  it('OPS-06 a pool runs everything once, never more at once than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 10 }),
        async (count, limit) => {
          const done: number[] = [];
          let running = 0;
          let peak = 0;

          await runPool(count, limit, async (index) => {
            running += 1;
            peak = Math.max(peak, running);
            await Promise.resolve();
            running -= 1;
            done.push(index);
          });

          expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
          expect(peak).toBe(Math.min(count, limit));
        },
      ),
    );
  });
});
