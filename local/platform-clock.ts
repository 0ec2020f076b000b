import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createClock, type VirtualClock } from './engine/virtual-clock.ts';

const Kept = z.object({
  /** How far the clock was ahead of the system's, milliseconds. */
  ahead: z.number(),
  /** The instant itself, epoch milliseconds; folders of earlier releases have none. */
  now: z.number().optional(),
});
type Kept = z.infer<typeof Kept>;

/**
 * The clock of a platform's folder. How far it has run ahead of the system's is kept in the folder, so that time never goes
 * back from one process to the next: leases, tokens and deadlines depend on it. A clock that does not flow stands still
 * between two processes as well.
 */
export function openClock(
  folder: string,
  options: { skipWaits?: boolean; startAt?: number; flow?: boolean },
): VirtualClock {
  const file = join(folder, 'clock.json');
  const flow = options.flow !== false;
  const first = existsSync(file)
    ? resumedAt(Kept.parse(JSON.parse(readFileSync(file, 'utf8'))), flow)
    : (options.startAt ?? Date.now());
  const keep = (now: number) => {
    const kept: Kept = { ahead: now - Date.now(), now };
    writeFileSync(`${file}.new`, JSON.stringify(kept));
    renameSync(`${file}.new`, file);
  };
  keep(first);
  return createClock({
    skipWaits: options.skipWaits === true,
    startAt: first,
    flow,
    onAdvance: ({ now }) => keep(now),
  });
}

function resumedAt({ ahead, now }: Kept, flow: boolean): number {
  const flowing = Date.now() + ahead;
  return flow ? flowing : (now ?? flowing);
}
