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
      use: ProcessUse;
    }
  | { type: 'failure'; errorType: string; errorMessage: string; trace: string[]; use: ProcessUse };

/** What an invocation took of its process. */
export interface ProcessUse {
  /** Resident bytes when the invocation began, the module loaded. */
  residentAtStart: number;
  /** The most resident bytes since the process was started. */
  residentPeak: number;
  /** Time that passed; neither the process's start nor the module's loading is counted. */
  milliseconds: number;
  /** Time on processors, counted alike. */
  processorMilliseconds: number;
}
