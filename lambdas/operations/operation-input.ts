import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { OPERATIONS, OperationInput } from '../model/operations.ts';
import { kindOf, type Problem, problemSentence, problemsOf } from '../model/refusal.ts';

/** An operation and its own input. */
export type Operation = {
  [Name in keyof typeof OPERATIONS]: { name: Name; request: z.output<(typeof OPERATIONS)[Name]> };
}[keyof typeof OPERATIONS];

/** Parses the input of the operations machine. Throws `InputRefused` with every problem. */
export function parseOperation(given: unknown): Operation {
  const parsed = OperationInput.safeParse(given);
  const problems = [...(parsed.success ? [] : problemsOf(parsed.error, given)), ...notOne(given)];
  const operation = parsed.success && problems.length === 0 ? operationIn(parsed.data) : undefined;
  if (operation !== undefined) return operation;
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  throw catalogued('InputRefused', `The input has ${count}: ${problems.map(problemSentence).join('; ')}.`);
}

function notOne(given: unknown): Problem[] {
  const names = Object.keys(OPERATIONS);
  const fields = Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(given));
  if (fields.filter((field) => names.includes(field)).length === 1) return [];
  return [
    { path: '(whole)', found: kindOf(given), expected: `must have exactly one of ${names.join(', ')}` },
  ];
}

function operationIn({
  rollback,
  unpin,
  pause,
  resume,
  giveUp,
  takeUp,
  nightNotice,
  status,
  doctor,
}: OperationInput): Operation | undefined {
  if (rollback !== undefined) return { name: 'rollback', request: rollback };
  if (unpin !== undefined) return { name: 'unpin', request: unpin };
  if (pause !== undefined) return { name: 'pause', request: pause };
  if (resume !== undefined) return { name: 'resume', request: resume };
  if (giveUp !== undefined) return { name: 'giveUp', request: giveUp };
  if (takeUp !== undefined) return { name: 'takeUp', request: takeUp };
  if (nightNotice !== undefined) return { name: 'nightNotice', request: nightNotice };
  if (status !== undefined) return { name: 'status', request: status };
  return doctor === undefined ? undefined : { name: 'doctor', request: doctor };
}
