import type { State } from './definition.ts';
import { Interruption, StateFault } from './errors.ts';
import type { Json } from './json.ts';
import { withinLimit } from './limits.ts';
import type { Entry } from './replay.ts';
import type { Run, Scope } from './run.ts';
import { runState } from './states.ts';
import { emit, type Outcome, type Visit } from './visit.ts';

/**
 * Runs the states of a scope from an entry to the end, and gives the output. Throws the `StateFault` that fails the
 * scope, or the `Interruption` that stops it.
 */
export async function runScope(run: Run, scope: Scope, entry: Entry): Promise<Json> {
  let { state: name, input, entered } = entry;
  while (name !== undefined) {
    scope.signal.throwIfAborted();
    const state = scope.group.states.get(name);
    if (state === undefined) throw new StateFault('States.Runtime', `The definition has no state '${name}'.`);
    const visit = enter(run, scope, name, state, input, entered);
    const outcome = await runOrAbort(state, visit);
    leave(state, visit, outcome);
    ({ output: input, next: name } = outcome);
    entered = undefined;
  }
  return input;
}

function enter(
  run: Run,
  scope: Scope,
  name: string,
  state: State,
  input: Json,
  entered: Entry['entered'],
): Visit {
  const visit: Visit = {
    run,
    scope,
    name,
    input,
    enteredId: entered?.id ?? 0,
    enteredTime: entered?.time ?? new Date(run.services.clock.now()).toISOString(),
    retryCount: 0,
    resumed: entered !== undefined,
  };
  // A redrive schedules again what was under way; only a Fail state is entered anew, to fail again.
  if (entered !== undefined && state.Type !== 'Fail') return visit;
  withinLimit("The state's input", input);
  const details = { name, input: JSON.stringify(input), inputDetails: { truncated: false } };
  visit.enteredId = emit(visit, `${state.Type}StateEntered`, { stateEnteredEventDetails: details });
  return visit;
}

async function runOrAbort(state: State, visit: Visit): Promise<Outcome> {
  try {
    return await runState(state, visit);
  } catch (problem) {
    const sibling = problem instanceof Interruption && problem.kind === 'sibling';
    const recorded = state.Type === 'Task' || state.Type === 'Wait' || state.Type === 'Map';
    if (sibling && recorded) emit(visit, `${state.Type}StateAborted`);
    throw problem;
  }
}

function leave(state: State, visit: Visit, outcome: Outcome): void {
  if (state.Type === 'Fail') return;
  const { scope } = visit;
  const assigned = Object.entries(outcome.assigned);
  const variables = Object.fromEntries(assigned.map(([name, value]) => [name, JSON.stringify(value)]));
  const details = {
    name: visit.name,
    output: JSON.stringify(outcome.output),
    outputDetails: { truncated: false },
    ...(assigned.length === 0
      ? {}
      : { assignedVariables: variables, assignedVariablesDetails: { truncated: false } }),
  };
  emit(
    visit,
    `${state.Type}StateExited`,
    { stateExitedEventDetails: details },
    { next: outcome.next ?? null },
  );
  scope.variables = { ...scope.variables, ...outcome.assigned };
}
