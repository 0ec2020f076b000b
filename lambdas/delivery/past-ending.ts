import type { ToldEnding } from '../model/payloads.ts';
import type { ExecutionFacts } from '../model/ports.ts';

/**
 * Whether an event tells of an ending that is past: the run has been redriven since, and is at work again or has ended otherwise. That
 * ending has an event or a record of its own. An execution that merely reads as another status is no proof: Step Functions describes
 * executions as they were a moment ago, so a failure is dropped for what only a redrive can have brought about.
 */
export function isPastEnding(
  { outcome, told }: Pick<ToldEnding, 'outcome' | 'told'>,
  execution: ExecutionFacts | undefined,
): boolean {
  if (execution === undefined || execution.status === outcome) return false;
  // Nothing that has succeeded fails afterwards.
  if (execution.status === 'SUCCEEDED') return true;
  return told.redrives !== undefined && execution.redrives > told.redrives;
}
