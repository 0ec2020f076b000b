import { z } from 'zod';
import { type Credentials, usualCredentials } from './access.ts';
import type { LoggedCall } from './call-log.ts';
import type { Clock } from './clock.ts';
import { type DaySettings, daySettingsShape } from './data/settings.ts';

/** How to start a simulator; the settings of a day hold for every day and give way to scenarios. */
export interface SimulatorOptions extends Partial<DaySettings> {
  /** Port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /** Data, job ids and drawn faults follow from it. Default `cxone`. */
  readonly seed?: string;
  /** Entries of the table, such as `bom` or `rows:2000`. Default none. */
  readonly scenarios?: readonly string[];
  /** Further scenarios for single UTC days (`YYYY-MM-DD`): what their data, jobs and calls about them meet. */
  readonly scenariosByDay?: Readonly<Record<string, readonly string[]>>;
  /** Its time while no call brings one. Default the system's. */
  readonly clock?: Clock;
  /** Clients that may have tokens. Default {@link usualCredentials}. */
  readonly credentials?: readonly Credentials[];
  /** Told of each call once its answer has been sent or its connection ended. */
  readonly onCall?: (call: LoggedCall) => void;
  /**
   * Told of each call before it has any effect, and after it and before its caller hears of that. A promise holds the call
   * until it settles; a rejection cuts the connection there.
   */
  readonly onExchange?: ExchangeListener;
}

/** See {@link SimulatorOptions.onExchange}. */
export type ExchangeListener = (phase: 'before' | 'after', call: LoggedCall) => void | Promise<void>;

const texts = z.array(z.string()).readonly();

const optionsSchema = z.strictObject({
  ...z.strictObject(daySettingsShape).partial().shape,
  port: z.int().min(0).max(65_535).default(0),
  seed: z.string().min(1).default('cxone'),
  scenarios: texts.default([]),
  scenariosByDay: z.record(z.iso.date(), texts).default({}),
  clock: z
    .custom<Clock>((value) => typeof value === 'object' && value !== null && 'now' in value)
    .default(() => ({ now: () => Date.now() })),
  credentials: z
    .array(z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) }))
    .min(1)
    .readonly()
    .default([usualCredentials]),
  onCall: z
    .custom<(call: LoggedCall) => void>((value) => typeof value === 'function')
    .default(() => () => undefined),
  onExchange: z
    .custom<ExchangeListener>((value) => typeof value === 'function')
    .default(() => () => undefined),
});

/** Options with everything settled; the day's settings apart, only those that were given. */
export interface SettledOptions {
  readonly port: number;
  readonly seed: string;
  readonly scenarios: readonly string[];
  readonly scenariosByDay: Readonly<Record<string, readonly string[]>>;
  readonly clock: Clock;
  readonly credentials: readonly Credentials[];
  readonly onCall: (call: LoggedCall) => void;
  readonly onExchange: ExchangeListener;
  readonly day: Partial<DaySettings>;
}

/**
 * Settles options.
 * @throws ZodError with every problem and its path.
 */
export function settle(options: SimulatorOptions): SettledOptions {
  const { port, seed, scenarios, scenariosByDay, clock, credentials, onCall, onExchange, ...day } =
    optionsSchema.parse(options);
  const given = Object.fromEntries(Object.entries(day).filter(([, value]) => value !== undefined));
  return { port, seed, scenarios, scenariosByDay, clock, credentials, onCall, onExchange, day: given };
}
