/*
 * JSONata expressions that more than one state needs. They read what handlers write: facts in the tail of an error's
 * message, see lambdas/model/errors.ts.
 */

/** Wraps a JSONata expression as Step Functions wants it. */
export function jsonata(expression: string): string {
  return `{% ${expression} %}`;
}

/** The payload of the Lambda function that a state has called. */
export const RESULT = '$states.result.Payload';

/**
 * The instant of an expression as a Wait state takes it: Step Functions cuts the milliseconds off, and a state that is entered
 * too early would only be told to wait again, round and round until that second is over. So the next whole second.
 */
export function wholeSecond(instant: string): string {
  return jsonata(`$fromMillis($ceil($toMillis(${instant}) / 1000) * 1000)`);
}

/** The redrive that is under way: 0 on a first attempt, where the context object does not have the number. */
export const REDRIVE =
  '($exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0)';

/**
 * A fact from the tail of the caught error's message, `''` where it has none. The cause repeats the message in its trace:
 * just the first match counts.
 */
export function caughtFact(name: string): string {
  return `($found := $match($states.errorOutput.Cause, /${name}=([^ \\]]+)/, 1); $exists($found) ? $found.groups[0] : '')`;
}
