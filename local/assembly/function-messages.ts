/** What time it is, and the headers that tell CXone so. */
export interface Instant {
  /** Epoch milliseconds. */
  now: number;
  headers: Record<string, string>;
}

/** What a function's process is told. */
export type Told =
  | {
      type: 'invoke';
      /** The event, as JSON. */
      event: string;
      /** What of the invocation's context is data. */
      context: Record<string, unknown>;
      instant: Instant;
      /** Epoch milliseconds on the clock of the instant. */
      deadline: number;
      temporaryFolder: string;
    }
  /** The instant that it sleeps for has come. */
  | { type: 'slept'; instant: Instant };

/** What a function's process was given for good when it was started. */
export interface ProcessSettings {
  /** The bundle's address. */
  module: string;
  /** Name of the handler among its exports. */
  handler: string;
  /** Whether time passes between two instants as it does. */
  flow: boolean;
}

/** What a function's process says. */
export type Said =
  /** It sleeps until then, epoch milliseconds; this takes the place of an earlier sleep. */
  | { type: 'sleep'; until: number }
  /** It sleeps no longer. */
  | { type: 'wake' }
  | { type: 'output'; text: string }
  | {
      type: 'result';
      /** The handler's result, as JSON. */
      payload: string;
      memory: ProcessMemory;
    }
  | { type: 'failure'; errorType: string; errorMessage: string; trace: string[]; memory: ProcessMemory };

/** Resident memory of a function's process, in bytes. */
export interface ProcessMemory {
  /** When the invocation began, its module loaded. */
  atStart: number;
  /** The most since the process was started. */
  peak: number;
}
