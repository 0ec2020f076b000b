import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { OPERATIONS, OperationInput } from '../model/operations.ts';
import { kindOf, type Problem, problemSentence, problemsOf } from '../model/refusal.ts';
import type { Deployed } from '../model/status.ts';

/** An operation and its own input. */
export type Operation = {
  [Name in keyof typeof OPERATIONS]: { name: Name; request: z.output<(typeof OPERATIONS)[Name]> };
}[keyof typeof OPERATIONS];

/** What of a tenant an operation can be about. */
type Known = Pick<Deployed, 'pipelines' | 'datasets'>;

/** Parses the input of the operations machine. Throws `InputRefused` with every problem, also where it is about what the tenant does not have. */
export function parseOperation(given: unknown, deployed: Known): Operation {
  const parsed = OperationInput.safeParse(given);
  const problems = [
    ...(parsed.success ? notHad(parsed.data, deployed) : problemsOf(parsed.error, given)),
    ...notOne(given),
  ];
  const operation = parsed.success && problems.length === 0 ? operationIn(parsed.data) : undefined;
  if (operation !== undefined) return operation;
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  throw catalogued('InputRefused', `The input has ${count}: ${problems.map(problemSentence).join('; ')}.`);
}

/** What is resumed may be of a pipeline that was taken out while it was paused. */
function notHad({ rollback, unpin, pause }: OperationInput, { pipelines, datasets }: Known): Problem[] {
  const names = datasets.map(({ dataset }) => dataset);
  const about = [
    { path: 'rollback.dataset', name: rollback?.dataset, known: names },
    { path: 'unpin.dataset', name: unpin?.dataset, known: names },
    { path: 'pause.pipeline', name: pause?.pipeline, known: pipelines },
  ];
  return about.flatMap(({ path, name, known }) =>
    name === undefined || known.some((one) => one === name)
      ? []
      : [{ path, found: kindOf(name), expected: `must be one that the tenant has: ${known.join(', ')}` }],
  );
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
