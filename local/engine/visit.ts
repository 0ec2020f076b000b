import { StateFault } from './errors.ts';
import { asObject, type Bindings } from './evaluate.ts';
import type { EventDetails, HistoryEvent, Note } from './history.ts';
import type { Json, JsonObject } from './json.ts';
import { bytesOf, VARIABLES_LIMIT, withinLimit } from './limits.ts';
import { roleArn } from './names.ts';
import type { Run, Scope } from './run.ts';

/** One stay in a state. */
export interface Visit {
  run: Run;
  scope: Scope;
  name: string;
  input: Json;
  /** The event by which the state was entered. */
  enteredId: number;
  enteredTime: string;
  /** Attempts after the first one, since the state was entered or the execution redriven. */
  retryCount: number;
  /** Whether the state was entered before this attempt of the execution. */
  resumed: boolean;
}

/** How a state is left. */
export interface Outcome {
  output: Json;
  assigned: JsonObject;
  /** The state that follows; undefined at the end of the scope. */
  next: string | undefined;
}

/** Values that exist at certain moments only. */
export interface Momentary {
  result?: Json;
  errorOutput?: Json;
  /** The item that an ItemSelector shapes. */
  item?: { Index: number; Value: Json };
}

/** Appends an event to the visit's scope. */
export function emit(visit: Visit, type: HistoryEvent['type'], details?: EventDetails, note?: Note): number {
  return visit.run.log.append(visit.scope, type, details, note);
}

/** The context object, `$states.context`. RedriveCount and RedriveTime are absent on a first attempt. */
export function contextOf(visit: Visit, momentary: Momentary = {}): JsonObject {
  const { run, scope } = visit;
  const { summary } = run;
  const redriven = summary.redriveCount > 0 && summary.redriveDate !== undefined;
  const item = momentary.item ?? scope.item;
  return {
    Execution: {
      Id: summary.executionArn,
      Input: run.input,
      Name: summary.name,
      RoleArn: roleArn(run.machine.name),
      StartTime: new Date(summary.startDate).toISOString(),
      ...(redriven
        ? {
            RedriveCount: summary.redriveCount,
            RedriveTime: new Date(summary.redriveDate ?? 0).toISOString(),
          }
        : {}),
    },
    StateMachine: {
      Id: summary.stateMachineArn,
      Name: summary.stateMachineArn.split(':').slice(6).join(':'),
    },
    State: { Name: visit.name, EnteredTime: visit.enteredTime, RetryCount: visit.retryCount },
    ...(item === undefined ? {} : { Map: { Item: { ...item } } }),
  };
}

/**
 * Evaluates a field of the state. A failure is recorded as EvaluationFailed and thrown as `StateFault`
 * `States.QueryEvaluationError`, under which Retry and Catch see it.
 *
 * @param convert checks and converts the value; its `StateFault`s count as failures of the evaluation.
 */
export async function evaluateField<Value>(
  visit: Visit,
  field: string,
  template: Json,
  convert: (field: string, value: Json) => Value,
  momentary: Momentary = {},
): Promise<Value> {
  const { item: _, ...present } = momentary;
  const states = { input: visit.input, context: contextOf(visit, momentary), ...present };
  const bindings: Bindings = { variables: visit.scope.variables, states };
  try {
    return convert(field, await visit.run.services.evaluator.evaluate(template, field, bindings));
  } catch (fault) {
    if (!(fault instanceof StateFault) || fault.location === undefined) throw fault;
    throw recorded(visit, fault, fault.location);
  }
}

function recorded(visit: Visit, fault: StateFault, location: string): StateFault {
  const place = `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredId}).`;
  const cause = `${place} ${fault.causeText ?? ''}`;
  emit(visit, 'EvaluationFailed', {
    evaluationFailedEventDetails: { error: fault.error, cause, location, state: visit.name },
  });
  return new StateFault(fault.error, cause);
}

/** The state's input as a template: data must never be read as one. */
export const INPUT = '{% $states.input %}';

/** The value as it is, for `evaluateField`. */
export function asIs(_field: string, value: Json): Json {
  return value;
}

/** Where a state's (or a rule's, or a catcher's) Assign and Output stand. */
export interface Results {
  Assign?: JsonObject | undefined;
  Output?: Json | undefined;
}

/**
 * Evaluates Assign and Output, both against the variables as they were before. Throws `StateFault`
 * `States.QueryEvaluationError` or `States.DataLimitExceeded`.
 *
 * @param prefix the place of the fields in the state, as in `Catch[0]/`; empty for the state's own.
 * @param otherwise the output where no Output is given.
 */
export async function conclude(
  visit: Visit,
  results: Results,
  prefix: string,
  otherwise: Json,
  next: string | undefined,
  momentary: Momentary = {},
): Promise<Outcome> {
  const assigned = await evaluateField(visit, `${prefix}Assign`, results.Assign ?? {}, asObject, momentary);
  const output =
    results.Output === undefined
      ? otherwise
      : await evaluateField(visit, `${prefix}Output`, results.Output, asIs, momentary);
  withinLimit('What the state assigns', assigned);
  const total = bytesOf({ ...visit.scope.variables, ...assigned });
  if (total > VARIABLES_LIMIT) {
    throw new StateFault(
      'States.DataLimitExceeded',
      `The execution's variables have ${total} bytes; at most ${VARIABLES_LIMIT} are allowed.`,
    );
  }
  return { output: withinLimit("The state's output", output), assigned, next };
}
