import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openClock } from '../../local/platform-clock.ts';

const START = Date.parse('2024-05-16T03:30:00.000Z');
const NIGHT = 8 * 3_600_000;
let folder: string;

/** Opens the folder's clock, lets it sleep, and gives its last instant: what a process does until it is killed. */
async function sleepIn(options: { flow: boolean }, milliseconds: number): Promise<number> {
  const clock = openClock(folder, { ...options, skipWaits: true, startAt: START });
  await clock.sleep(milliseconds);
  return clock.now();
}

describe('the clock of a folder that another process takes up', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    folder = mkdtempSync(join(tmpdir(), 'cxone-export-clock-'));
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  it('ALL-03 goes on with the time that has passed meanwhile, waits that were skipped included', async () => {
    await sleepIn({ flow: true }, 60_000);
    vi.advanceTimersByTime(NIGHT);

    const next = openClock(folder, { skipWaits: true, startAt: START });

    expect(next.now()).toBeGreaterThanOrEqual(START + 60_000 + NIGHT);
  });

  it('stands still between two processes where it does not flow, so that both are the same each time', async () => {
    const last = await sleepIn({ flow: false }, 60_000);
    vi.advanceTimersByTime(NIGHT);

    const next = openClock(folder, { skipWaits: true, startAt: START, flow: false });

    expect(last).toBe(START + 60_000);
    expect(next.now()).toBe(last);
  });

  it('goes on also where an earlier release has kept no instant', async () => {
    const last = await sleepIn({ flow: false }, 60_000);
    const file = join(folder, 'clock.json');
    const { ahead } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ahead }));
    vi.advanceTimersByTime(NIGHT);

    expect(openClock(folder, { flow: false }).now()).toBe(last + NIGHT);
  });
});
