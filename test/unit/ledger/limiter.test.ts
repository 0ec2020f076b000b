import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLimiter, limiterKey, spacing, tokenLimiterKey } from '../../../lambdas/ledger/limiter.ts';
import { CataloguedError, factIn } from '../../../lambdas/model/errors.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
const MINUTE = { requests: 60, seconds: 60 };
const INTERVAL = spacing(MINUTE).interval;

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

function prepare(table: Table = ledger.table, key = { pk: randomUUID(), sk: 'slot' }, rate = MINUTE) {
  const clock = fakeClock(NOW);
  return { clock, key, limiter: createLimiter({ key, rate }, { table, clock }) };
}

describe('slots', () => {
  it('ALL-08 are there at once for the first call, and an interval apart for the next', async () => {
    const { clock, limiter } = prepare();

    for (let call = 0; call < 4; call += 1) await limiter.take();

    expect([clock.now() - NOW, clock.sleeps]).toEqual([3 * INTERVAL, [INTERVAL, INTERVAL, INTERVAL]]);
  });

  it('ALL-08 are not saved up', async () => {
    const { clock, limiter } = prepare();
    await limiter.take();
    clock.set(NOW + 3_600_000);

    for (let call = 0; call < 3; call += 1) await limiter.take();

    expect(clock.now() - NOW).toBe(3_600_000 + 2 * INTERVAL);
  });

  it('ALL-08 that lie more than 5 s ahead are left to a state machine, with the instant', async () => {
    const { key, limiter } = prepare();
    await ledger.table.update(key, {
      update: 'SET #n = :n',
      names: { '#n': 'next' },
      values: { ':n': NOW + 5_001 },
    });

    const error = await thrownBy(limiter.take());

    expect([error.name, factIn(error.message, 'retryAt')]).toEqual(['Throttled', '2026-03-01T10:00:05.001Z']);
  });

  it('ALL-08 are not used up by callers that are sent away', async () => {
    const { clock, key, limiter } = prepare();
    await ledger.table.update(key, {
      update: 'SET #n = :n',
      names: { '#n': 'next' },
      values: { ':n': NOW + 6_000 },
    });
    for (let caller = 0; caller < 10; caller += 1) await thrownBy(limiter.take());
    clock.set(NOW + 6_000);

    await limiter.take();

    expect(clock.sleeps).toEqual([]);
  });

  it('ALL-08 that cannot be used in time are given up', async () => {
    const clock = fakeClock(NOW);
    let slow = true;
    const table: Table = {
      ...ledger.table,
      async update(key, write) {
        const written = await ledger.table.update(key, write);
        if (slow) clock.set(clock.now() + spacing(MINUTE).grace + 1);
        slow = false;
        return written;
      },
    };
    const { limiter } = {
      limiter: createLimiter({ key: { pk: randomUUID(), sk: 'slot' }, rate: MINUTE }, { table, clock }),
    };

    await limiter.take();

    expect(clock.now()).toBeGreaterThanOrEqual(NOW + INTERVAL);
  });

  it('ALL-08 are refused after a bounded number of tries where the ledger is always too slow', async () => {
    const clock = fakeClock(NOW);
    const table: Table = {
      ...ledger.table,
      async update(key, write) {
        const written = await ledger.table.update(key, write);
        clock.set(clock.now() + spacing(MINUTE).grace + 1);
        return written;
      },
    };
    const limiter = createLimiter({ key: { pk: randomUUID(), sk: 'slot' }, rate: MINUTE }, { table, clock });

    const error = await thrownBy(limiter.take());

    const retryAt = Date.parse(factIn(error.message, 'retryAt') ?? '');
    expect([error.name, retryAt > clock.now()]).toEqual(['Throttled', true]);
  });

  it('ALL-08 cost one more, and make none, when the ledger’s reply is lost and the write repeated', async () => {
    const clock = fakeClock(NOW);
    const table: Table = {
      ...ledger.table,
      async update(key, write) {
        await ledger.table.update(key, write);
        return ledger.table.update(key, write);
      },
    };
    const limiter = createLimiter({ key: { pk: randomUUID(), sk: 'slot' }, rate: MINUTE }, { table, clock });
    const used: number[] = [];

    for (let call = 0; call < 3; call += 1) {
      await limiter.take();
      used.push(clock.now());
    }

    const gaps = used.slice(1).map((instant, index) => instant - (used[index] ?? 0));
    expect(gaps.every((gap) => gap >= INTERVAL)).toBe(true);
  });

  it('ALL-08 ALL-15 are each tenant’s, family’s and endpoint’s own', () => {
    const [acme, globex] = [TenantId.parse('acme'), TenantId.parse('globex')];

    const keys = [
      limiterKey(acme, 'dataDownload'),
      limiterKey(acme, 'analytics'),
      limiterKey(globex, 'dataDownload'),
      tokenLimiterKey(acme, 'dataDownload'),
    ].map(({ pk, sk }) => `${pk}/${sk}`);

    expect(keys).toEqual([
      'acme#limiter#dataDownload/slot',
      'acme#limiter#analytics/slot',
      'globex#limiter#dataDownload/slot',
      'acme#token#dataDownload/slot',
    ]);
  });

  it('ALL-08 are not guessed where the item is not ours', async () => {
    const { key, limiter } = prepare();
    await ledger.table.update(key, {
      update: 'SET #n = :n',
      names: { '#n': 'next' },
      values: { ':n': 'soon' },
    });

    const error = await thrownBy(limiter.take());

    expect(error.name).toBe('LedgerUnreadable');
  });

  it.each([
    [
      { requests: 60, seconds: 60 },
      { interval: 1_053, grace: 1_578, skew: 1_578 },
    ],
    [
      { requests: 100, seconds: 60 },
      { interval: 632, grace: 1_578, skew: 1_578 },
    ],
    [
      { requests: 10, seconds: 1 },
      { interval: 106, grace: 26, skew: 26 },
    ],
  ])('ALL-08 for %j lie as far apart as documented', (rate, expected) => {
    const apart = spacing(rate);

    expect(apart).toEqual(expected);
  });
});

describe('a pause', () => {
  it('ALL-08 holds everybody until its end', async () => {
    const { clock, limiter } = prepare();
    await limiter.pause(NOW + 90_000);

    const error = await thrownBy(limiter.take());
    clock.set(NOW + 90_000);
    await limiter.take();

    expect([error.name, factIn(error.message, 'retryAt'), clock.now()]).toEqual([
      'Throttled',
      '2026-03-01T10:01:30.000Z',
      NOW + 90_000,
    ]);
  });

  it('ALL-08 is never shortened', async () => {
    const { limiter } = prepare();
    await limiter.pause(NOW + 90_000);
    await limiter.pause(NOW + 10_000);

    const error = await thrownBy(limiter.take());

    expect(factIn(error.message, 'retryAt')).toBe('2026-03-01T10:01:30.000Z');
  });

  it.each([2_500, 60_000])('ALL-08 of %i ms takes the slot from who sleeps for it', async (pause) => {
    const key = { pk: randomUUID(), sk: 'slot' };
    const other = prepare(ledger.table, key).limiter;
    for (let call = 0; call < 2; call += 1) await other.take();
    const clock = fakeClock(NOW);
    const asleep: number[] = [];
    const sleeper = createLimiter(
      { key, rate: MINUTE },
      {
        table: ledger.table,
        clock: {
          ...clock,
          now: clock.now,
          async sleep(milliseconds) {
            asleep.push(milliseconds);
            if (asleep.length === 1) await other.pause(NOW + pause);
            await clock.sleep(milliseconds);
          },
        },
      },
    );

    const outcome = await sleeper.take().then(
      () => clock.now() >= NOW + pause,
      (error: unknown) => error instanceof CataloguedError && error.name,
    );

    expect(outcome).toBe(pause > 5_000 ? 'Throttled' : true);
  });

  it('ALL-08 of more than 24 hours fails every caller by name', async () => {
    const { limiter } = prepare();
    await limiter.pause(NOW + 24 * 3_600_000 + 1);

    const error = await thrownBy(limiter.take());

    expect(error.name).toBe('ThrottledTooLong');
  });

  it('ALL-08 of years, from a server with a wrong calendar, is asked about again after a week', async () => {
    const { clock, limiter } = prepare();
    await limiter.pause(Date.UTC(9999, 0, 1));
    clock.set(NOW + 7 * 24 * 3_600_000);

    await limiter.take();

    expect(clock.sleeps).toEqual([]);
  });
});
