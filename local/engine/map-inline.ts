import type { MapState } from './definition.ts';
import { Interruption, StateFault } from './errors.ts';
import { asArray, asNumber } from './evaluate.ts';
import { iterationScope, type LogRecord } from './history.ts';
import { runScope } from './interpreter.ts';
import { type Json, parseJson } from './json.ts';
import { INLINE_CONCURRENCY } from './limits.ts';
import { runPool } from './pool.ts';
import { type Entry, entryAfter } from './replay.ts';
import { withHandlers } from './retry.ts';
import type { Scope } from './run.ts';
import { asIs, conclude, emit, evaluateField, INPUT, type Outcome, type Visit } from './visit.ts';

/** A pass through all iterations: the event that began it, and what it maps over. */
interface Round {
  startedId: number;
  items: Json[];
  /** Whether an earlier attempt of the execution began it. */
  resumed: boolean;
}

/**
 * Runs an inline Map. The first iteration to fail stops the others and fails the attempt. Iterations see the variables
 * around them and keep their own to themselves. On a redrive the iterations that succeeded are not run again, unless
 * the execution ended with States.DataLimitExceeded.
 */
export function runInlineMap(state: MapState, visit: Visit): Promise<Outcome> {
  const attempt = async () => {
    const limit = await evaluateField(visit, 'MaxConcurrency', state.MaxConcurrency ?? 0, (field, value) =>
      asNumber(field, value, 0, Number.MAX_SAFE_INTEGER),
    );
    const round = interruptedRound(visit) ?? (await beginRound(state, visit));
    const outputs = await runIterations(state, visit, round, limit === 0 ? INLINE_CONCURRENCY : limit);
    emit(visit, 'MapStateSucceeded');
    return await conclude(visit, state, '', outputs, state.Next, { result: outputs });
  };
  return withHandlers(visit, state, attempt, () => {
    emit(visit, 'MapStateFailed');
  });
}

/** The round that a redrive goes on with. */
function interruptedRound(visit: Visit): Round | undefined {
  const { replay } = visit.run;
  if (replay === undefined || !visit.resumed || visit.retryCount > 0) return undefined;
  if (replay.error === 'States.DataLimitExceeded') return undefined;
  const started = replay
    .of(visit.scope.key)
    .findLast(({ event }) => event.type === 'MapStateStarted' && event.id > visit.enteredId);
  if (started?.note?.items === undefined) return undefined;
  return { startedId: started.event.id, items: started.note.items, resumed: true };
}

async function beginRound(state: MapState, visit: Visit): Promise<Round> {
  const items = await evaluateField(visit, 'Items', state.Items ?? INPUT, asArray);
  const retry = visit.retryCount === 0 ? {} : { retry: visit.retryCount };
  const details = { mapStateStartedEventDetails: { length: items.length } };
  const startedId = emit(visit, 'MapStateStarted', details, { items, ...retry });
  return { startedId, items, resumed: false };
}

async function runIterations(state: MapState, visit: Visit, round: Round, limit: number): Promise<Json[]> {
  const { signal: outer, previous } = visit.scope;
  const siblings = new AbortController();
  const signal = AbortSignal.any([outer, siblings.signal]);
  const outputs: Json[] = round.items.map(() => null);
  await runPool(round.items.length, limit, async (index) => {
    try {
      outputs[index] = await runIteration(state, visit, round, index, { signal, previous });
    } catch (problem) {
      siblings.abort(new Interruption('sibling'));
      throw problem;
    }
  });
  return outputs;
}

async function runIteration(
  state: MapState,
  visit: Visit,
  round: Round,
  index: number,
  within: { signal: AbortSignal; previous: number },
): Promise<Json> {
  const { run, scope: outer } = visit;
  const key = iterationScope(outer.key, round.startedId, index);
  const records = round.resumed ? (run.replay?.of(key) ?? []) : [];
  if (records.some(({ event }) => event.type === 'MapIterationSucceeded')) return lastOutput(records);
  const item = { Index: index, Value: round.items[index] ?? null };
  const scope: Scope = { ...within, key, group: state.group, variables: outer.variables, item };
  const details = { name: visit.name, index };
  try {
    const entry = await enterIteration(state, visit, scope, records, item);
    scope.variables = { ...outer.variables, ...entry.assigned };
    const output = await runScope(run, scope, entry);
    run.log.append(scope, 'MapIterationSucceeded', { mapIterationSucceededEventDetails: details });
    outer.previous = scope.previous;
    return output;
  } catch (problem) {
    recordEnd(visit, scope, details, problem);
    throw problem;
  }
}

/** Where the iteration begins or goes on. Its start is recorded once, however often the execution is redriven. */
async function enterIteration(
  state: MapState,
  visit: Visit,
  scope: Scope,
  records: readonly LogRecord[],
  item: { Index: number; Value: Json },
): Promise<Entry> {
  const details = { mapIterationStartedEventDetails: { name: visit.name, index: item.Index } };
  if (records.length === 0) visit.run.log.append(scope, 'MapIterationStarted', details);
  if (records.some(({ event }) => event.stateEnteredEventDetails !== undefined)) {
    return entryAfter(records, state.group, null);
  }
  const input =
    state.ItemSelector === undefined
      ? item.Value
      : await evaluateField({ ...visit, scope }, 'ItemSelector', state.ItemSelector, asIs, { item });
  return entryAfter([], state.group, input);
}

function recordEnd(
  visit: Visit,
  scope: Scope,
  details: { name: string; index: number },
  problem: unknown,
): void {
  if (problem instanceof StateFault) {
    visit.run.log.append(scope, 'MapIterationFailed', { mapIterationFailedEventDetails: details });
    visit.scope.previous = scope.previous;
  } else if (problem instanceof Interruption && problem.kind === 'sibling') {
    visit.run.log.append(scope, 'MapIterationAborted', { mapIterationAbortedEventDetails: details });
  }
}

function lastOutput(records: readonly LogRecord[]): Json {
  const exit = records.findLast(({ event }) => event.stateExitedEventDetails !== undefined);
  return parseJson(exit?.event.stateExitedEventDetails?.output ?? 'null');
}
