/** What one call to CXone came to. */
export interface CallOutcome {
  /** False where the limiter held the call back: CXone never heard of it. */
  sent: boolean;
  /** HTTP status. Absent where no answer came. */
  status?: number;
  /** How long the limiter held the call back, in milliseconds. */
  throttledMilliseconds: number;
}

/** Counts a function's calls to CXone while it works. */
export interface CallNotes {
  add(outcome: CallOutcome): void;
  /** Calls that were sent by their status, 0 where no answer came, and how long all of them were held back. */
  taken(): { answers: Record<number, number>; throttledMilliseconds: number };
}

/** A counter for one invocation. */
export function collectCalls(): CallNotes {
  const answers: Record<number, number> = {};
  let throttledMilliseconds = 0;
  return {
    add({ sent, status = 0, throttledMilliseconds: throttled }) {
      if (sent) answers[status] = (answers[status] ?? 0) + 1;
      throttledMilliseconds += throttled;
    },
    taken: () => ({ answers, throttledMilliseconds }),
  };
}
