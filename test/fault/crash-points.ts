import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { isoInstant, startOf } from '../../lambdas/model/days.ts';
import type { Nights } from './killed-night.ts';

/** Whether every point is tried in every way (`npm run test:crash`), or each once in a way that its name decides. */
export const EVERY_WAY = process.env.CXONE_EXPORT_CRASH === 'all';

/** How a night is stopped and taken up again. */
export interface Crash {
  point: string;
  action: 'start' | 'redrive';
}

/** The crashes that a test file goes through: of each point one, or all. */
export function crashesAt(points: readonly string[]): Crash[] {
  if (EVERY_WAY)
    return points.flatMap((point) => [
      { point, action: 'start' } as const,
      { point, action: 'redrive' } as const,
    ]);
  return points.map((point) => ({ point, action: drawn(point, 1) === 0 ? 'start' : 'redrive' }));
}

/** Of the two phases of each effect one, or both. */
export function phasesOf(points: readonly string[]): string[] {
  const phased = points.filter((point) => /^(before|after) /.test(point));
  return phased.filter(
    (point) => EVERY_WAY || point.startsWith(drawn(effectOf(point), 0) === 0 ? 'before ' : 'after '),
  );
}

function effectOf(point: string): string {
  return point.slice(point.indexOf(' ') + 1);
}

/** A coin that falls the same way for the same point: what failed once can be looked at again. */
function drawn(text: string, byte: number): number {
  return (createHash('sha256').update(text).digest()[byte] ?? 0) % 2;
}

/**
 * Kills a night at the point, takes it up again, and expects what a night without any trouble leaves: one job, one
 * generation, the right rows, the right marks, the catalog on the ledger's generation.
 */
export async function expectRecovery(nights: Nights, night: number, { point, action }: Crash): Promise<void> {
  const jobsBefore = nights.simulator.jobs.length;
  const killed = await nights.run(night, 'start', point);
  expect(killed, 'the process was killed at the point').toBeUndefined();

  const again = await nights.run(night, action);

  const found = await nights.find(night);
  const { rows, distinct, duplicates, superseded } = await nights.simulator.expectedDay(found.day);
  expect(again?.status).toBe('SUCCEEDED');
  expect(nights.simulator.jobs.length - jobsBefore).toBe(1);
  expect(nights.simulator.violations).toEqual([]);
  expect(found.window.attempt).toBe(1);
  expect(found.generations).toEqual([found.window.generation]);
  expect(found.window.facts?.rows).toEqual({
    parsed: rows,
    rowsOut: distinct,
    duplicates,
    superseded,
    rejects: 0,
    outsideWindow: 0,
  });
  expect(found.marks.loadedThrough).toBe(isoInstant(startOf(found.day) + 86_400_000));
  expect(found.marks.maxEvent).toBe(found.window.facts?.maxEvent);
  expect(found.catalogAgrees).toBe(true);
  expect(found.current).toMatchObject({ generation: found.window.generation });
}
