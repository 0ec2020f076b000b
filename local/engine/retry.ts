import type { Catcher, Retrier } from './definition.ts';
import { StateFault } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { conclude, type Outcome, type Visit } from './visit.ts';

/** Errors that end the execution wherever they arise: neither States.ALL nor their own name catches States.Runtime. */
const FATAL = 'States.Runtime';

/** Errors that the wildcards leave alone; States.DataLimitExceeded can be named. */
const BEYOND_WILDCARDS = new Set([FATAL, 'States.DataLimitExceeded']);

/**
 * Whether a list of error names matches an error, by AWS's rules: States.ALL matches all but States.DataLimitExceeded
 * and States.Runtime, States.TaskFailed all of those but States.Timeout, any other name itself.
 */
export function matches(errorEquals: readonly string[], error: string | undefined): boolean {
  if (error === FATAL) return false;
  if (error !== undefined && errorEquals.includes(error)) return true;
  if (error !== undefined && BEYOND_WILDCARDS.has(error)) return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && error !== 'States.Timeout';
}

/**
 * Seconds before the n-th further attempt (from 1): IntervalSeconds × BackoffRate^(n − 1), at most MaxDelaySeconds;
 * with JitterStrategy FULL anything from 0 up to that.
 */
export function delayBefore(retrier: Retrier, attempt: number, random: () => number): number {
  const planned = retrier.IntervalSeconds * retrier.BackoffRate ** (attempt - 1);
  const delay = Math.min(planned, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? random() * delay : delay;
}

/** The retries of one stay in a state: each retrier counts its own. */
export interface Retries {
  /** Seconds until the next attempt after this error; undefined where there is none. */
  after(error: string | undefined): number | undefined;
}

/** Starts counting; the first retrier that matches an error decides. */
export function countRetries(retriers: readonly Retrier[], random: () => number): Retries {
  const used = retriers.map(() => 0);
  return {
    after(error) {
      const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, error));
      const retrier = retriers[index];
      if (retrier === undefined) return undefined;
      const attempt = (used[index] ?? 0) + 1;
      if (attempt > retrier.MaxAttempts) return undefined;
      used[index] = attempt;
      return delayBefore(retrier, attempt, random);
    },
  };
}

/** The Error Output that a catcher sees. */
export function errorOutputOf(fault: StateFault): JsonObject {
  const output: Record<string, Json> = {};
  if (fault.error !== undefined) output.Error = fault.error;
  if (fault.causeText !== undefined) output.Cause = fault.causeText;
  return output;
}

/**
 * Runs attempts of a state until one succeeds, by the state's Retry, then its Catch. Throws the `StateFault` that
 * nothing handles.
 *
 * @param onFailure runs when no attempt follows a failure, before the catchers.
 */
export async function withHandlers(
  visit: Visit,
  state: { Retry: Retrier[]; Catch: Catcher[] },
  attempt: () => Promise<Outcome>,
  onFailure: () => void = () => {},
): Promise<Outcome> {
  const { clock, random } = visit.run.services;
  const retries = countRetries(state.Retry, random);
  for (;;) {
    try {
      return await attempt();
    } catch (fault) {
      if (!(fault instanceof StateFault)) throw fault;
      const seconds = retries.after(fault.error);
      if (seconds === undefined) {
        onFailure();
        return await caught(visit, state.Catch, fault);
      }
      await clock.sleep(seconds * 1000, visit.scope.signal);
      visit.retryCount += 1;
    }
  }
}

async function caught(visit: Visit, catchers: readonly Catcher[], fault: StateFault): Promise<Outcome> {
  const index = catchers.findIndex((catcher) => matches(catcher.ErrorEquals, fault.error));
  const catcher = catchers[index];
  if (catcher === undefined) throw fault;
  const errorOutput = errorOutputOf(fault);
  return await conclude(visit, catcher, `Catch[${index}]/`, errorOutput, catcher.Next, { errorOutput });
}
