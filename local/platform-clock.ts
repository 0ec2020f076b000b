import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createClock, type VirtualClock } from './engine/virtual-clock.ts';

const Kept = z.object({ ahead: z.number() });

/**
 * The clock of a platform's folder. How far it has run ahead of the system's is kept in the folder, so that time never goes
 * back from one process to the next: leases, tokens and deadlines depend on it.
 */
export function openClock(
  folder: string,
  options: { skipWaits?: boolean; startAt?: number; flow?: boolean },
): VirtualClock {
  const file = join(folder, 'clock.json');
  const kept = existsSync(file) ? Kept.parse(JSON.parse(readFileSync(file, 'utf8'))).ahead : 0;
  const first = existsSync(file) || options.startAt === undefined ? Date.now() + kept : options.startAt;
  const keep = (now: number) => {
    writeFileSync(`${file}.new`, JSON.stringify({ ahead: now - Date.now() }));
    renameSync(`${file}.new`, file);
  };
  keep(first);
  return createClock({
    skipWaits: options.skipWaits === true,
    startAt: first,
    flow: options.flow !== false,
    onAdvance: ({ now }) => keep(now),
  });
}
