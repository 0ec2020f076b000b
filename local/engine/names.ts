import { StartRefused } from './errors.ts';

/** Where the embedded platform lives: region, account and partition of every ARN. */
const PREFIX = 'arn:aws:states:eu-west-1:000000000000';

/** Region and account that appear in events. */
export const REGION = 'eu-west-1';
export const ACCOUNT = '000000000000';

/** An ARN of Step Functions taken apart. */
export interface ParsedArn {
  kind: 'stateMachine' | 'execution' | 'mapRun';
  machine: string;
  label: string | undefined;
  /** Name of the execution or identifier of the Map Run; undefined for a machine. */
  name: string | undefined;
}

const ARN =
  /^arn:aws:states:[a-z0-9-]+:\d{12}:(stateMachine|execution|mapRun):([^:/]+)(?:\/([^:/]+))?(?::([^:/]+))?$/;

/** Takes an ARN apart, or gives undefined where it is none of Step Functions. */
export function parseArn(arn: string): ParsedArn | undefined {
  const [, kind, machine, label, name] = ARN.exec(arn) ?? [];
  if (machine === undefined) return undefined;
  if (kind !== 'stateMachine' && kind !== 'execution' && kind !== 'mapRun') return undefined;
  return { kind, machine, label, name };
}

/** The machine's name, with the Map's label for the children of a Map Run. */
export function machineName(machine: string, label: string | undefined): string {
  return label === undefined ? machine : `${machine}/${label}`;
}

/** The ARN of an execution, or of a child of a Map Run where a label is given. */
export function executionArn(machine: string, label: string | undefined, name: string): string {
  return `${PREFIX}:execution:${machineName(machine, label)}:${name}`;
}

/** The ARN of a Map Run. */
export function mapRunArn(machine: string, label: string, id: string): string {
  return `${PREFIX}:mapRun:${machineName(machine, label)}:${id}`;
}

/** The name of the role that executions are said to run under: there is none here. */
export function roleArn(machine: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${machine}`;
}

/**
 * Passes a name that is also a safe file name. Throws `StartRefused` `InvalidName`. AWS allows a few characters more;
 * what is accepted here is accepted there.
 */
export function checkedName(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,79}$/.test(name)) return name;
  throw new StartRefused(
    'InvalidName',
    'an execution name is 1 to 80 letters, digits, -, _ or ., not beginning with a dot',
  );
}
