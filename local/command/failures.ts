import { problemSentence, Refusal } from '../../lambdas/model/refusal.ts';
import { AssemblyRefused } from '../assembly/refused.ts';
import { FolderInUse } from '../aws/folder-lock.ts';
import { ScenarioRefused } from '../cxone/index.ts';
import { ExecutionNotRedrivable } from '../engine/errors.ts';
import { EngineInUse } from '../engine/lock.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';

/** What a thrown error comes to for the person at the keyboard. */
export interface Failure {
  code: ExitCode;
  /** The problems, one sentence each. */
  problems: readonly string[];
  /** The next step, a sentence. */
  next: string | undefined;
}

/** What the file system says of a folder that cannot be used. */
const DISK_FAULTS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'EISDIR']);

/** Says what an error means: which exit code, which sentences, what next. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandRefused) return refused(error.problems, error.next);
  if (error instanceof Refusal)
    return refused(
      [`${error.subject} is refused:`, ...error.problems.map((problem) => `  ${problemSentence(problem)}`)],
      'Mend what is listed and give the same command again.',
    );
  if (error instanceof ScenarioRefused)
    return refused(error.problems, '`cxone-export simulator --list` says what each scenario does.');
  if (error instanceof FolderInUse || error instanceof EngineInUse)
    return refused(
      [sentence(error.message)],
      'Wait for the other run to end, or give another --data folder.',
    );
  if (error instanceof ExecutionNotRedrivable)
    return refused(
      [sentence(error.message)],
      'Start the pipeline again with the same input: the ledger keeps what was done.',
    );
  if (error instanceof AssemblyRefused) return refused(error.message.split('\n'), undefined);
  if (error instanceof Error && 'code' in error && DISK_FAULTS.has(String(error.code)))
    return {
      code: EXIT.failed,
      problems: [sentence(error.message)],
      next: 'See that the folder can be written and its disk has room, then give the same command again.',
    };
  return {
    code: EXIT.failed,
    problems: [
      sentence(
        error instanceof Error
          ? `${error.name}: ${error.message}`
          : 'Something that is not an error was thrown',
      ),
    ],
    next: 'This is a defect of ours: report it. CXONE_EXPORT_TRACE=1 shows where it comes from.',
  };
}

/** Prints a failure. */
export function printFailure(err: Output, { problems, next }: Failure): void {
  err.redraw('');
  for (const problem of problems) err.line(problem.startsWith(' ') ? problem : err.paint('red', problem));
  if (next !== undefined) err.line(`Next: ${next}`);
}

function refused(problems: readonly string[], next: string | undefined): Failure {
  return { code: EXIT.refused, problems, next };
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
