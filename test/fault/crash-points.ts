import { createHash } from 'node:crypto';
import type { Phase } from './living-stores.ts';

/** One request to a service or to CXone in a clean run: the n-th that is called so. */
export interface Effect {
  request: string;
  occurrence: number;
}

/** Where a night is killed: around an outside effect, or on entering a state for the first time. */
export type Point = (Effect & { phase: Phase }) | { state: string };

/** How a night is killed and taken up again. */
export interface Crash {
  point: Point;
  action: 'start' | 'redrive';
}

/** What a clean run shows of where a run can be killed. */
export interface Trace {
  effects: readonly Effect[];
  states: readonly string[];
}

/**
 * Which crashes are gone through: `CXONE_EXPORT_CRASH=all` all of them, else every effect once, the phase and the way back
 * drawn by the number that `CXONE_EXPORT_CRASH` gives (1 where it gives none).
 */
export const CHOICE = process.env.CXONE_EXPORT_CRASH ?? '1';

/** Whether every crash is gone through. */
export const ALL = CHOICE === 'all';

/**
 * The crashes to go through.
 *
 * @param sample so many effects are drawn where not all crashes are gone through. Default: every effect.
 */
export function crashesOf({ effects, states }: Trace, sample = effects.length): Crash[] {
  const actions = ['start', 'redrive'] as const;
  const phases = ['before', 'after'] as const;
  if (!ALL)
    return drawnEffects(effects, sample).map((effect) => {
      const name = nameOf(effect);
      return {
        point: { ...effect, phase: drawn(phases, `phase ${name}`) },
        action: drawn(actions, `action ${name}`),
      };
    });
  const points: Point[] = [
    ...effects.flatMap((effect) => phases.map((phase) => ({ ...effect, phase }))),
    ...states.map((state) => ({ state })),
  ];
  return points.flatMap((point) => actions.map((action) => ({ point, action })));
}

/** So many runs at most are killed together, in one process: its start costs more than a run in it. */
const TOGETHER = 6;

/** The crashes that are gone through together. On entering a state a process kills itself at once, so that such a run is alone. */
export function groupsOf(crashes: readonly Crash[], size = TOGETHER): Crash[][] {
  const groups: Crash[][] = [];
  for (const crash of crashes) {
    const last = groups.at(-1);
    const alone = (one: Crash | undefined) => one === undefined || 'state' in one.point;
    if (last === undefined || last.length === size || alone(crash) || alone(last[0])) groups.push([crash]);
    else last.push(crash);
  }
  return groups;
}

function drawnEffects(effects: readonly Effect[], sample: number): Effect[] {
  const byLot = effects.toSorted(
    (left, right) => lot(`effect ${nameOf(left)}`) - lot(`effect ${nameOf(right)}`),
  );
  const chosen = new Set(byLot.slice(0, sample));
  return effects.filter((effect) => chosen.has(effect));
}

function nameOf({ request, occurrence }: Effect): string {
  return `${request} ${occurrence}`;
}

/** The point in words. */
export function wordsFor(point: Point): string {
  if ('state' in point) return `in state ${point.state}`;
  const { phase, request, occurrence } = point;
  return `${phase} ${request}${occurrence === 1 ? '' : `, number ${occurrence}`}`;
}

/** Counts requests by name; names that differ from run to run are taken out, so that a request of one run is found in another. */
export function requestCounter(): (request: string) => Effect {
  const seen = new Map<string, number>();
  return (text) => {
    const request = steady(text);
    const occurrence = (seen.get(request) ?? 0) + 1;
    seen.set(request, occurrence);
    return { request, occurrence };
  };
}

function steady(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/[0-9a-f]{32,}/g, '<hash>');
}

function drawn<Option>(options: readonly [Option, Option], name: string): Option {
  const [first, second] = options;
  return lot(name) % 2 === 0 ? first : second;
}

/** A number that is the same for the same name and choice: what failed once can be looked at again. */
function lot(name: string): number {
  return createHash('sha256').update(`${CHOICE} ${name}`).digest().readUInt32BE();
}
