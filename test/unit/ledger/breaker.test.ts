import { describe, expect, it } from 'vitest';
import {
  breakerKey,
  createBreaker,
  FAILURES_TO_OPEN,
  OPEN_MILLISECONDS,
} from '../../../lambdas/ledger/breaker.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryTable } from '../../support/memory-table.ts';

const KEY = breakerKey(TenantId.parse('acme'), 'dataActions');

function prepare() {
  const clock = fakeClock('2024-05-16T03:30:00.000Z');
  const table = memoryTable();
  const breaker = createBreaker(KEY, { table, clock });
  const fail = async (times: number) => {
    for (let time = 0; time < times; time++) await breaker.failed();
  };
  const pass = (milliseconds: number) => clock.set(clock.now() + milliseconds);
  return { breaker, fail, pass };
}

describe('ACT-06 a circuit breaker', () => {
  it('lets everybody through until five have failed in a row', async () => {
    const { breaker, fail } = prepare();
    await fail(FAILURES_TO_OPEN - 1);

    const [before, state] = [await breaker.admits('a'), await breaker.state()];
    await fail(1);

    expect([before, state]).toEqual(['admitted', { state: 'closed', failuresInARow: 4 }]);
    expect(await breaker.admits('a')).toBe('open');
    expect(await breaker.state()).toEqual({
      state: 'open',
      failuresInARow: 5,
      openUntil: '2024-05-16T03:31:00.000Z',
    });
  });

  it('counts in a row: a success begins anew', async () => {
    const { breaker, fail } = prepare();
    await fail(4);
    await breaker.succeeded();
    await fail(4);

    expect(await breaker.admits('a')).toBe('admitted');
  });

  it('is open for 60 seconds, then lets one probe through and nobody beside it', async () => {
    const { breaker, fail, pass } = prepare();
    await fail(5);
    pass(OPEN_MILLISECONDS - 1);
    const early = await breaker.admits('a');
    pass(1);

    const asked = [await breaker.admits('a'), await breaker.admits('b'), await breaker.admits('a')];

    expect([early, ...asked]).toEqual(['open', 'admitted', 'probing', 'admitted']);
    expect((await breaker.state()).state).toBe('halfOpen');
  });

  it('lets one of many through that ask at once', async () => {
    const { breaker, fail, pass } = prepare();
    await fail(5);
    pass(OPEN_MILLISECONDS);

    const asked = await Promise.all(Array.from({ length: 10 }, (_, caller) => breaker.admits(`${caller}`)));

    expect(asked.filter((admission) => admission === 'admitted')).toHaveLength(1);
    expect(asked.filter((admission) => admission === 'probing')).toHaveLength(9);
  });

  it('closes when the probe succeeds, and opens for another minute when it fails', async () => {
    const { breaker, fail, pass } = prepare();
    await fail(5);
    pass(OPEN_MILLISECONDS);
    await breaker.admits('a');
    await breaker.failed();
    const failed = [await breaker.admits('a'), await breaker.admits('b')];
    pass(OPEN_MILLISECONDS);
    await breaker.admits('b');
    await breaker.succeeded();

    const closed = [await breaker.admits('a'), await breaker.admits('c')];

    expect([failed, closed]).toEqual([
      ['open', 'open'],
      ['admitted', 'admitted'],
    ]);
    expect(await breaker.state()).toEqual({ state: 'closed', failuresInARow: 0 });
  });

  it('gives a probe up that is not heard of again', async () => {
    const { breaker, fail, pass } = prepare();
    await fail(5);
    pass(OPEN_MILLISECONDS);
    await breaker.admits('dies');
    pass(15 * 60_000);
    const early = await breaker.admits('b');
    pass(60_000);

    expect([early, await breaker.admits('b')]).toEqual(['probing', 'admitted']);
  });
});
