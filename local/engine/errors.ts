/** What fails a state: an error name and a cause, as Retry and Catch see them. */
export class StateFault extends Error {
  readonly error: string | undefined;
  readonly causeText: string | undefined;
  /** Name of the field, where the fault is one of evaluation. */
  readonly location: string | undefined;

  constructor(error: string | undefined, causeText?: string, location?: string) {
    super(`${error ?? 'no error name'}: ${causeText ?? 'no cause'}`);
    this.name = 'StateFault';
    this.error = error;
    this.causeText = causeText;
    this.location = location;
  }
}

/** A history that is full: it ends the execution, and nothing catches it. */
export class HistoryFull extends StateFault {
  constructor(limit: number) {
    super('States.Runtime', `The execution reached the maximum number of history events (${limit}).`);
    this.name = 'HistoryFull';
  }
}

/** A fault of the platform around a function, under AWS's name (`Sandbox.Timedout`, `Lambda.Unknown`, …). */
export class FunctionFault extends Error {
  /**
   * @param name AWS's error name.
   * @param cause what the Cause field says, plain text or JSON text.
   */
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** A fault of a service integration, under AWS's name (`SNS.NotFoundException`, …). */
export class IntegrationFault extends Error {
  /**
   * @param name the error name that Retry and Catch see.
   * @param cause what the Cause field says.
   */
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** Why an execution, or one iteration of it, was stopped from outside. */
export class Interruption extends Error {
  readonly kind: 'stopped' | 'timedOut' | 'sibling';
  readonly error: string | undefined;
  readonly causeText: string | undefined;

  /** @param kind `sibling`: another iteration failed; `timedOut`: the machine's TimeoutSeconds; else `stopped`. */
  constructor(kind: 'stopped' | 'timedOut' | 'sibling', error?: string, causeText?: string) {
    super(`the execution was interrupted: ${kind}`);
    this.name = 'Interruption';
    this.kind = kind;
    this.error = error;
    this.causeText = causeText;
  }
}

/** A definition that the engine does not run. Carries every problem, each with its path. */
export class DefinitionRefused extends Error {
  readonly machine: string;
  readonly problems: readonly string[];

  constructor(machine: string, problems: readonly string[]) {
    super(
      `the definition of ${machine} is refused:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.name = 'DefinitionRefused';
    this.machine = machine;
    this.problems = problems;
  }
}

/** A name that another execution of the machine has, with other input or already ended. */
export class ExecutionAlreadyExists extends Error {
  constructor(executionArn: string) {
    super(`Execution Already Exists: '${executionArn}'`);
    this.name = 'ExecutionAlreadyExists';
  }
}

/** No execution, Map Run or machine of that ARN. `name` is AWS's: `ExecutionDoesNotExist`, `ResourceNotFound`, `StateMachineDoesNotExist`. */
export class DoesNotExist extends Error {
  constructor(name: 'ExecutionDoesNotExist' | 'ResourceNotFound' | 'StateMachineDoesNotExist', arn: string) {
    super(`${name}: '${arn}'`);
    this.name = name;
  }
}

/** An execution that cannot be redriven now; the message is AWS's reason. */
export class ExecutionNotRedrivable extends Error {
  constructor(executionArn: string, reason: string) {
    super(`${reason}: '${executionArn}'`);
    this.name = 'ExecutionNotRedrivable';
  }
}

/** An execution name or input that AWS would refuse. */
export class StartRefused extends Error {
  constructor(name: 'InvalidName' | 'InvalidExecutionInput', message: string) {
    super(message);
    this.name = name;
  }
}

/** A log that does not read back as it was written, other than a torn last line. */
export class StoreDamaged extends Error {
  constructor(path: string, line: number, what: string) {
    super(`${path}, line ${line}: ${what}`);
    this.name = 'StoreDamaged';
  }
}
