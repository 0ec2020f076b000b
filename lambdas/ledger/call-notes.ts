/** What one call to CXone came to. */
export interface CallOutcome {
  /** HTTP status; 0 where there was no answer. */
  status: number;
  /** How long the limiter held the call back, in milliseconds. */
  throttledMilliseconds: number;
}

/** Counts a function's calls to CXone while it works. */
export interface CallNotes {
  add(outcome: CallOutcome): void;
  taken(): { answers: Record<number, number>; throttledMilliseconds: number };
}

/** A counter for one invocation. */
export function collectCalls(): CallNotes {
  const answers: Record<number, number> = {};
  let throttledMilliseconds = 0;
  return {
    add(outcome) {
      answers[outcome.status] = (answers[outcome.status] ?? 0) + 1;
      throttledMilliseconds += outcome.throttledMilliseconds;
    },
    taken: () => ({ answers, throttledMilliseconds }),
  };
}
