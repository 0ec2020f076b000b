import type { StateGroup } from './definition.ts';
import type { Variables } from './evaluate.ts';
import type { LogRecord } from './history.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';

/** A log, read back for a redrive. */
export interface Replay {
  /** The records of a scope, in order. */
  of(scope: string): readonly LogRecord[];
  /** The error that the last attempt ended with. */
  error: string | undefined;
}

/** Where a scope goes on. */
export interface Entry {
  /** The state to run; undefined where the scope has come to its end with `input` as its output. */
  state: string | undefined;
  /** The state's input. */
  input: Json;
  /** What the scope itself has assigned so far. */
  assigned: Variables;
  /** The state's entry, where that is recorded already: it is not entered anew. */
  entered: { id: number; time: string } | undefined;
}

/** Reads a log for a redrive. */
export function replayOf(records: readonly LogRecord[]): Replay {
  const byScope = Map.groupBy(records, (record) => record.scope);
  const failure = records.findLast((record) => record.event.type === 'ExecutionFailed');
  return {
    of: (scope) => byScope.get(scope) ?? [],
    error: failure?.event.executionFailedEventDetails?.error,
  };
}

/**
 * Where a scope goes on after what its records tell: in the state that was entered and not left, with its original
 * input; in the one that was to follow, where the log ends between two states; at the beginning where nothing began.
 */
export function entryAfter(records: readonly LogRecord[], group: StateGroup, input: Json): Entry {
  const assigned: JsonObject = {};
  let entry: Entry = { state: group.startAt, input, assigned, entered: undefined };
  for (const { event, note } of records) {
    if (event.stateEnteredEventDetails !== undefined) {
      const { name, input: entered } = event.stateEnteredEventDetails;
      entry = {
        state: name,
        input: textOr(entered, input),
        assigned,
        entered: { id: event.id, time: event.timestamp },
      };
    } else if (event.stateExitedEventDetails !== undefined) {
      const { output, assignedVariables } = event.stateExitedEventDetails;
      for (const [name, text] of Object.entries(assignedVariables ?? {})) assigned[name] = parseJson(text);
      entry = { state: note?.next ?? undefined, input: textOr(output, null), assigned, entered: undefined };
    }
  }
  return entry;
}

function textOr(text: string | undefined, otherwise: Json): Json {
  return text === undefined ? otherwise : parseJson(text);
}
