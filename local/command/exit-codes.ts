/** What the command's process ends with. */
export const EXIT = {
  /** Committed, or nothing to do. */
  done: 0,
  /** A run failed, or the command itself did. */
  failed: 1,
  /** Refused before anything was done: wrong input, configuration, secrets or usage. */
  refused: 2,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown by a command that does not begin: carries every problem and, where there is one, the next step. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  readonly problems: readonly string[];
  readonly next: string | undefined;

  /** @param problems one sentence each, the first says what is refused where there are several. */
  constructor(problems: readonly string[], next?: string) {
    super(problems.join('\n'));
    this.problems = problems;
    this.next = next;
  }
}
