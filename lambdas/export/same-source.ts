import type { WindowState } from '../ledger/window-state.ts';
import { catalogued } from '../model/errors.ts';
import type { WindowTask } from '../model/payloads.ts';

/**
 * Throws `SumsDisagree` where a replay has another number of rows before it than the current generation was made of: parts are
 * missing, or they are those of another attempt.
 * @param parsed rows of the stored parts, whatever became of them
 */
export function requireSameSource(task: WindowTask, { day, facts }: WindowState, parsed: number): void {
  if (task !== 'replay' || facts === undefined || facts.rows.parsed === parsed) return;
  throw catalogued(
    'SumsDisagree',
    `The stored parts of ${day} are not those that the current generation was made of.`,
    { stored: parsed, transformed: facts.rows.parsed },
  );
}
