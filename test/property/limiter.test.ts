import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLimiter, limiterKey, spacing } from '../../lambdas/ledger/limiter.ts';
import { factIn, isError } from '../../lambdas/model/errors.ts';
import { TenantId } from '../../lambdas/model/ids.ts';
import type { Clock, Table } from '../../lambdas/model/ports.ts';
import { memoryTable } from '../support/memory-table.ts';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts';

const START = Date.parse('2026-03-01T10:00:00.000Z');

const KEY = limiterKey(TenantId.parse('acme'), 'dataDownload');

const RATES = [
  { requests: 4, seconds: 1 },
  { requests: 10, seconds: 1 },
  { requests: 3, seconds: 10 },
  { requests: 60, seconds: 60 },
];

const scenario = fc.record({
  rate: fc.constantFrom(...RATES),
  /** Of each machine: how wrong its clock is, as a share of what is borne; when it starts; how many calls it makes. */
  machines: fc.array(
    fc.record({
      ahead: fc.double({ min: 0, max: 1, noNaN: true }),
      startAt: fc.nat(2_000),
      calls: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 2, maxLength: 7 },
  ),
  /** How long the ledger takes, each way; some ways are very long. */
  latencies: fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.nat(6_000) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  ),
  pauses: fc.array(fc.record({ at: fc.nat(6_000), lasts: fc.nat(12_000) }), { maxLength: 2 }),
});

/** A machine with a ledger that is always too slow never gets a slot. */
const MOST_REFUSALS = 25;

/** Makes calls as a state machine does: a throttled one is repeated at the instant that it was told, by the machine's own clock. */
async function callRepeatedly(
  world: VirtualWorld,
  table: Table,
  clock: Clock,
  machine: { startAt: number; calls: number },
  settings: { key: { pk: string; sk: string }; rate: { requests: number; seconds: number } },
  sent: number[],
): Promise<void> {
  const limiter = createLimiter(settings, { table, clock });
  await world.delay(machine.startAt);
  let refusals = 0;
  for (let made = 0; made < machine.calls && refusals < MOST_REFUSALS; ) {
    try {
      await limiter.take();
      sent.push(world.now());
      made += 1;
    } catch (error) {
      if (!isError(error, 'Throttled')) throw error;
      refusals += 1;
      await world.delay(Date.parse(factIn(error.message, 'retryAt') ?? '') - clock.now());
    }
  }
}

describe('the limiter shared by all machines', () => {
  it('ALL-08 never lets more calls than documented into any interval, under any interleaving and the clock skew it states', async () => {
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ rate, machines, latencies, pauses }) => {
        const world = virtualWorld(START);
        const { skew, grace } = spacing(rate);
        let way = 0;
        const table = world.table(memoryTable(), () => latencies[way++ % latencies.length] ?? 0);
        const used: number[] = [];
        const paused: { from: number; until: number }[] = [];
        const pausing = pauses.map(async ({ at, lasts }) => {
          await world.delay(at);
          const until = world.now() + lasts;
          await createLimiter({ key: KEY, rate }, { table, clock: world.clock() }).pause(until);
          paused.push({ from: world.now(), until });
        });

        await world.run([
          ...machines.map((machine) =>
            callRepeatedly(
              world,
              table,
              world.clock(machine.ahead * skew),
              machine,
              { key: KEY, rate },
              used,
            ),
          ),
          ...pausing,
        ]);

        const sent = used.toSorted((a, b) => a - b);
        const spans = sent.slice(rate.requests).map((instant, index) => instant - (sent[index] ?? 0));
        const inPause = sent.filter((instant) =>
          // A slot that was begun to be used before the pause may be used within its grace.
          paused.some(({ from, until }) => instant > from + grace && instant < until - skew),
        );
        expect(spans.filter((span) => span <= rate.seconds * 1_000)).toEqual([]);
        expect(inPause).toEqual([]);
        calls += spans.length;
      }),
      { numRuns: 400 },
    );
    expect(calls).toBeGreaterThan(50);
  });

  it('ALL-08 wastes no slot on forty callers at once', async () => {
    const rate = { requests: 10, seconds: 1 };
    const world = virtualWorld(START);
    const table = world.table(memoryTable(), () => 3);
    const used: number[] = [];

    await world.run(
      Array.from({ length: 40 }, () =>
        callRepeatedly(world, table, world.clock(), { startAt: 0, calls: 1 }, { key: KEY, rate }, used),
      ),
    );

    const { interval } = spacing(rate);
    expect([used.length, Math.max(...used) - START < 41 * interval]).toEqual([40, true]);
  });
});
