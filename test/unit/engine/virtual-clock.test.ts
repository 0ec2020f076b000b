import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../../local/engine/virtual-clock.ts';
import { START } from './harness.ts';

const jumping = () => createClock({ skipWaits: true, flow: false, startAt: START });

/** Work that is under way until it is let go. */
function realWork() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, finish: resolve };
}

describe('virtual clock', () => {
  it('OPS-06 passes 2,000 waits of a minute at once, and they count as 2,000 minutes', async () => {
    const clock = jumping();

    for (let wait = 0; wait < 2_000; wait += 1) await clock.sleep(60_000);

    expect(clock.now()).toBe(START + 2_000 * 60_000);
    expect(clock.skipped()).toBe(2_000 * 60_000);
  });

  it('OPS-06 wakes sleepers by instant, then by arrival', async () => {
    const clock = jumping();
    const woken: string[] = [];
    const sleeper = (name: string, milliseconds: number) =>
      clock.sleep(milliseconds).then(() => woken.push(name));

    await Promise.all([
      sleeper('late', 300),
      sleeper('first', 100),
      sleeper('second', 100),
      sleeper('third', 100),
    ]);

    expect(woken).toEqual(['first', 'second', 'third', 'late']);
  });

  it('OPS-06 never jumps while real work is in flight', async () => {
    const clock = jumping();
    const work = realWork();
    const seen: string[] = [];
    const sleeping = clock.sleep(1_000).then(() => seen.push('slept'));
    const working = clock.busy(() => work.promise).then(() => seen.push('worked'));

    for (let round = 0; round < 20; round += 1) await turn();
    const during = [...seen];
    work.finish();
    await Promise.all([sleeping, working]);

    expect(during).toEqual([]);
    expect(seen).toEqual(['worked', 'slept']);
  });

  it('OPS-06 jumps while the work itself sleeps through the clock that it was given', async () => {
    const clock = jumping();

    const instant = await clock.busy(async (own) => {
      await own.sleep(30_000);
      return own.now();
    });

    expect(instant).toBe(START + 30_000);
  });

  it('OPS-06 is not confused by sleeps that work leaves behind', async () => {
    const clock = jumping();
    const left: Promise<void>[] = [];

    await clock.busy(async (own) => {
      left.push(own.sleep(50_000));
    });
    await clock.sleep(1_000);
    const afterOne = clock.now();
    await Promise.all(left);
    await clock.sleep(1_000);

    expect(afterOne).toBe(START + 1_000);
    expect(clock.now()).toBe(START + 51_000);
  });

  it('OPS-06 goes on when work with two strands has both asleep', async () => {
    const clock = jumping();

    await clock.busy((own) => Promise.all([own.sleep(1_000), own.sleep(2_000)]));

    expect(clock.now()).toBe(START + 2_000);
  });

  it('OPS-06 counts work that throws as over', async () => {
    const clock = jumping();

    await expect(clock.busy(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await clock.sleep(5_000);

    expect(clock.now()).toBe(START + 5_000);
  });

  it('OPS-06 rejects an aborted sleep with the reason and does not jump for it', async () => {
    const clock = jumping();
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);

    controller.abort(new Error('no longer wanted'));

    await expect(sleeping).rejects.toThrow('no longer wanted');
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow('no longer wanted');
    await turn();
    expect(clock.now()).toBe(START);
  });

  it('OPS-06 tells each jump before its sleepers wake', async () => {
    const told: unknown[] = [];
    const clock = createClock({
      skipWaits: true,
      flow: false,
      startAt: START,
      onAdvance: (jump) => told.push(jump),
    });

    await clock.sleep(2_000).then(() => told.push('awake'));
    await clock.sleep(500);

    expect(told).toEqual([
      { now: START + 2_000, skipped: 2_000 },
      'awake',
      { now: START + 2_500, skipped: 2_500 },
    ]);
  });

  it('OPS-06 with flowing time never goes back and reaches at least the instant that was slept for', async () => {
    const clock = createClock({ skipWaits: true, startAt: START });
    const instants = [clock.now()];

    for (let wait = 0; wait < 50; wait += 1) {
      await clock.sleep(60_000);
      instants.push(clock.now());
    }

    expect(instants.every((instant, index) => instant >= START + index * 60_000)).toBe(true);
    expect(instants.toSorted((one, other) => one - other)).toEqual(instants);
  });

  it('OPS-06 with flowing time a sleeper wakes beside real work when its time has really come', async () => {
    const clock = createClock({ skipWaits: true, startAt: START });
    const work = realWork();
    const seen: string[] = [];

    const working = clock.busy(() => work.promise).then(() => seen.push('worked'));
    await clock.sleep(5).then(() => seen.push('slept'));
    work.finish();
    await working;

    expect(seen).toEqual(['slept', 'worked']);
    expect(clock.skipped()).toBe(0);
  });

  it('OPS-06 without skipping takes the time that the sleep says', async () => {
    const clock = createClock({ startAt: START });

    await clock.sleep(5);

    expect(clock.skipped()).toBe(0);
    expect(clock.now()).toBeGreaterThanOrEqual(START + 5);
  });
});
