/** Where the simulator takes its time from while no call brings one; epoch milliseconds. */
export interface Clock {
  now(): number;
}

/**
 * The simulator's time: the greatest that a call has brought so far, or the clock's before any has.
 */
export class SimulatedClock {
  readonly #clock: Clock;
  #greatest: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#greatest ?? this.#clock.now();
  }

  /**
   * Takes the time of an `x-simulated-time` header and returns it; the simulator's own where there is none, and
   * undefined where it is no ISO 8601 instant in UTC.
   */
  take(header: string | undefined): number | undefined {
    if (header === undefined) return this.now();
    const sent = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(header)
      ? Date.parse(header)
      : Number.NaN;
    if (Number.isNaN(sent)) return undefined;
    this.#greatest = Math.max(this.#greatest ?? sent, sent);
    return sent;
  }
}
