import type { TaskState } from './definition.ts';
import { StateFault } from './errors.ts';
import { asNumber, asObject } from './evaluate.ts';
import type { Json, JsonObject } from './json.ts';
import { MOST_SECONDS, withinLimit } from './limits.ts';
import { REGION } from './names.ts';
import { performTask } from './resources.ts';
import { withHandlers } from './retry.ts';
import { conclude, emit, evaluateField, INPUT, type Outcome, type Visit } from './visit.ts';

/** Type and action of a task's resource, as events name them: `lambda` and `invoke`. */
export function resourceParts(resource: string): { resourceType: string; resource: string } {
  const parts = resource.split(':').slice(5);
  const type = parts[0] === 'aws-sdk' ? parts.slice(0, 2) : parts.slice(0, 1);
  return { resourceType: type.join(':'), resource: parts.slice(type.length).join(':') };
}

/** Runs a Task state: attempts by Retry, each with its own arguments and time-out, then Catch. */
export function runTask(state: TaskState, visit: Visit): Promise<Outcome> {
  return withHandlers(visit, state, async () => {
    const input = await evaluateField(visit, 'Arguments', state.Arguments ?? INPUT, asObject);
    const seconds =
      state.TimeoutSeconds === undefined
        ? undefined
        : await evaluateField(visit, 'TimeoutSeconds', state.TimeoutSeconds, timeoutOf);
    withinLimit("The task's arguments", input);
    const result = await attemptTask(state.Resource, input, seconds, visit);
    return await conclude(visit, state, '', result, state.Next, { result });
  });
}

function timeoutOf(field: string, value: Json): number {
  return asNumber(field, value, 1, MOST_SECONDS);
}

async function attemptTask(
  arn: string,
  input: JsonObject,
  timeoutInSeconds: number | undefined,
  visit: Visit,
): Promise<Json> {
  const parts = resourceParts(arn);
  const timed = timeoutInSeconds === undefined ? {} : { timeoutInSeconds };
  const scheduled = { ...parts, region: REGION, parameters: JSON.stringify(input), ...timed };
  const note = visit.retryCount === 0 ? undefined : { retry: visit.retryCount };
  emit(visit, 'TaskScheduled', { taskScheduledEventDetails: scheduled }, note);
  emit(visit, 'TaskStarted', { taskStartedEventDetails: parts });
  try {
    const result = await withTimeout(visit, timeoutInSeconds, (signal) =>
      performTask(arn, input, visit.run, signal, (submitted) => {
        emit(visit, 'TaskSubmitted', {
          taskSubmittedEventDetails: { ...parts, output: JSON.stringify(submitted) },
        });
      }),
    );
    withinLimit("The task's result", result);
    emit(visit, 'TaskSucceeded', { taskSucceededEventDetails: { ...parts, output: JSON.stringify(result) } });
    return result;
  } catch (fault) {
    if (!(fault instanceof StateFault)) throw fault;
    if (fault instanceof TimedOut)
      emit(visit, 'TaskTimedOut', { taskTimedOutEventDetails: { ...parts, error: fault.error } });
    else {
      const details = { ...parts, error: fault.error, cause: fault.causeText };
      emit(visit, 'TaskFailed', { taskFailedEventDetails: details });
    }
    throw fault;
  }
}

/** The task's own TimeoutSeconds have passed: States.Timeout, which has no cause. */
class TimedOut extends StateFault {
  constructor() {
    super('States.Timeout');
  }
}

/**
 * Runs work against the clock. Rejects as soon as the time is over or the scope is interrupted, without waiting for
 * the work, whose signal is aborted then.
 */
async function withTimeout<Value>(
  visit: Visit,
  seconds: number | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const over = new AbortController();
  const signal = AbortSignal.any([visit.scope.signal, over.signal]);
  signal.throwIfAborted();
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  visit.scope.signal.addEventListener('abort', () => reject(visit.scope.signal.reason), {
    signal: over.signal,
  });
  const contenders = [work(signal), interrupted];
  if (seconds !== undefined) contenders.push(expiry(visit, seconds, over.signal));
  // Whatever loses the race has no listener any more: its rejection says nothing that is still wanted.
  for (const contender of contenders) contender.catch(() => {});
  try {
    return await Promise.race(contenders);
  } finally {
    over.abort();
  }
}

async function expiry(visit: Visit, seconds: number, signal: AbortSignal): Promise<never> {
  await visit.run.services.clock.sleep(seconds * 1000, signal);
  throw new TimedOut();
}
