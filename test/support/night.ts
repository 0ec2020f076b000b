import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isoInstant, lastSettledDay, startOf } from '../../lambdas/model/days.ts';
import { RunArn, type TenantId } from '../../lambdas/model/ids.ts';
import { OPERATIONS_MACHINE, type PipelineName, WEBHOOK_MACHINE } from '../../lambdas/model/pipelines.ts';
import type { Clock } from '../../lambdas/model/ports.ts';
import type { LoadedConfiguration } from '../../lib/configuration-file.ts';
import type { FunctionMode } from '../../local/assembly/functions.ts';
import type { Assembly } from '../../local/assembly/types.ts';
import type { EffectListener } from '../../local/aws/effects.ts';
import type { LoggedCall, Simulator, Violation } from '../../local/cxone/index.ts';
import type { ExecutionDescription } from '../../local/engine/describe.ts';
import { openPlatform, type Platform } from '../../local/platform.ts';
import type { SecretsFile } from '../../local/secrets-file.ts';
import { type NightsOptions, type PreparedNights, prepareAssembly, TENANT } from './night-assembly.ts';
import { type RoleWatch, watchRoles } from './role-watch.ts';
import { steadyNumbers } from './steady-numbers.ts';

export { CREDENTIALS, type NightsOptions, TENANT } from './night-assembly.ts';

/** The instant at which the first night begins, epoch milliseconds. */
export const FIRST_NIGHT = Date.parse('2024-05-16T03:30:00.000Z');
const DAY_MILLISECONDS = 86_400_000;
/** Nights of one simulator lie so far apart that none meets another's windows, jobs or pauses. */
const BETWEEN_NIGHTS = 60 * DAY_MILLISECONDS;

/** A simulator, a configuration and its assembly, in which nights are opened one after the other. */
export interface Nights extends Pick<PreparedNights, 'home' | 'simulator' | 'others' | 'assemblyFolder'> {
  /** Opens a platform in a folder of its own, weeks after the night before. */
  open(options?: OpenOptions): Promise<Night>;
  /** Closes the nights that are still open, and removes all folders. */
  close(): Promise<void>;
}

/** How a night is opened. */
export interface OpenOptions {
  scenarios?: readonly string[];
  onEffect?: EffectListener;
  /** The pipeline that `start` and `run` start. Default: that of the preparation. */
  pipeline?: PipelineName;
  /** What is deployed. Default: what was synthesised at the preparation. */
  assembly?: Assembly;
}

/** A platform in virtual time and the simulator that it calls. */
export interface Night {
  /** Whose stores are read by what looks at the night, where it is told of no other. Default: `TENANT`. */
  readonly tenant?: TenantId;
  readonly simulator: Simulator;
  readonly folder: string;
  /** The platform; another one after `restart`. */
  readonly platform: Platform;
  readonly configuration: LoadedConfiguration;
  /** The instant at which the night began, epoch milliseconds. */
  readonly startedAt: number;
  /** The day that a `{}` of now loads, or one so many days earlier. */
  day(earlier?: number): string;
  /** How far its clock has come, in epoch milliseconds, also when it is closed. */
  readonly reachedAt: number;
  /** Calls and violations since the night was opened. */
  calls(): LoggedCall[];
  violations(): Violation[];
  /** Starts a pipeline: the night's own unless another one is named. */
  start(input?: unknown, tenant?: TenantId, pipeline?: PipelineName): Promise<RunArn>;
  /** Carries out an input of the operations machine. */
  operate(input: unknown, tenant?: TenantId): Promise<Ended & { output?: string | undefined }>;
  /** Starts the pipeline and waits until it has ended and been recorded. */
  run(input?: unknown, tenant?: TenantId, pipeline?: PipelineName): Promise<Ended>;
  /** Starts the pipeline and stops the run when it, or a child of it, enters the state; the given time that this happens. */
  stopAt(state: string, input?: unknown, time?: number): Promise<Ended>;
  /** The same of an operation. */
  stopOperationAt(state: string, input: unknown): Promise<Ended>;
  redrive(run: RunArn): Promise<Ended>;
  ended(run: RunArn): Promise<Ended>;
  /** Starts the machine of deliveries, which takes up what was given up. */
  deliverAgain(tenant?: TenantId): Promise<Ended>;
  /** Lets virtual time pass while nothing runs. */
  pass(milliseconds: number): Promise<void>;
  /** Closes the platform and opens it again on the same folder: with another assembly if one is given, as after a deployment. */
  restart(assembly?: Assembly): Promise<void>;
  close(): Promise<void>;
}

/** The stores of a night and the simulator beside them: what is left when its engine has ended. */
export type StoredNight = Pick<Night, 'tenant' | 'simulator' | 'folder' | 'calls' | 'violations'> & {
  readonly platform: Pick<Platform, 'aws' | 'assembly' | 'bucket'> & { readonly clock: Clock };
};

/** The night as one tenant sees it: its stores, its contact center. */
export function seenBy(night: Night, tenant: TenantId, simulator: Simulator = night.simulator): Night {
  const { calls, violations } = simulator;
  return { ...night, tenant, simulator, calls: () => [...calls], violations: () => [...violations] };
}

/** How a run ended. */
export interface Ended extends Pick<ExecutionDescription, 'status' | 'error' | 'cause' | 'input'> {
  run: RunArn;
}

/** Starts a simulator and synthesises the pipeline for it, once for a test file. */
export async function prepareNights(options: NightsOptions = {}): Promise<Nights> {
  const prepared = await prepareAssembly(options);
  const { home, simulator, others, configuration, assemblyFolder, secrets } = prepared;
  const opened: Night[] = [];
  const roles = watchRoles(assemblyFolder);
  return {
    home,
    simulator,
    others,
    assemblyFolder,
    async open({ scenarios = [], pipeline = options.pipeline ?? 'cdr-export', ...opening } = {}) {
      for (const one of [simulator, ...Object.values(others)]) one.use(scenarios);
      const night = await openNight(simulator, configuration, {
        folder: join(home, `night-${opened.length}`),
        assemblyFolder,
        mode: options.mode ?? 'source',
        pipeline,
        startAt: firstFreeNight(opened),
        secrets,
        roles,
        ...opening,
      });
      opened.push(night);
      return night;
    },
    async close() {
      for (const night of opened) await night.close();
      await prepared.clear();
      const refused = roles.refused();
      if (refused.length > 0) throw new Error(`Roles do not allow what was done:\n${refused.join('\n')}`);
    },
  };
}

/** The first of the nights, that far apart, that lies behind all that were opened: one of them may have let months pass. */
function firstFreeNight(opened: readonly Night[]): number {
  const reached = Math.max(0, ...opened.map((night) => night.reachedAt - FIRST_NIGHT));
  return FIRST_NIGHT + Math.max(opened.length, Math.ceil(reached / BETWEEN_NIGHTS)) * BETWEEN_NIGHTS;
}

interface Opening {
  folder: string;
  assemblyFolder: string;
  mode: FunctionMode;
  pipeline: PipelineName;
  startAt: number;
  secrets: SecretsFile;
  roles: RoleWatch;
  onEffect?: EffectListener;
  assembly?: Assembly;
}

async function openNight(
  simulator: Simulator,
  configuration: LoadedConfiguration,
  opening: Opening,
): Promise<Night> {
  mkdirSync(opening.folder, { recursive: true });
  const before = { calls: simulator.calls.length, violations: simulator.violations.length };
  let enter = (_state: string | undefined): void => undefined;
  const open = (assembly = opening.assembly) =>
    openPlatform({
      onEvent: (_, { stateEnteredEventDetails: entered }) => enter(entered?.name),
      ...opening,
      ...(assembly ? { assembly } : {}),
      configuration,
      skipWaits: true,
      tellTime: true,
      tellCaller: true,
      onEffect: (phase, effect) => {
        // Another assembly has roles of its own.
        if (phase === 'before' && assembly === undefined && platform !== undefined)
          opening.roles.see(platform.assembly, effect);
        return opening.onEffect?.(phase, effect);
      },
      flow: false,
      random: steadyNumbers(),
    });
  let platform: Platform | undefined = await open();
  const live = () => {
    if (platform === undefined) throw new Error('The night is closed.');
    return platform;
  };
  const ended = async (run: RunArn): Promise<Ended> => {
    const { status, error, cause, input } = await live().engine.wait(run);
    await live().engine.idle();
    return {
      run,
      status,
      input,
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    };
  };
  const start = async (
    input: unknown = {},
    tenant: TenantId = TENANT,
    pipeline: PipelineName = opening.pipeline,
  ) => {
    const machine = live().machineOf(tenant, pipeline);
    return RunArn.parse((await live().engine.start(machine, { input })).executionArn);
  };
  const startOperation = async (input: unknown, tenant: TenantId = TENANT) => {
    const machine = live().machineOf(tenant, OPERATIONS_MACHINE);
    return RunArn.parse((await live().engine.start(machine, { input })).executionArn);
  };
  const stopped = async (state: string, run: RunArn, time = 1) => {
    let times = 0;
    enter = (name) => {
      if (name === state && ++times === time) live().engine.stop(run);
    };
    const end = await ended(run);
    enter = () => undefined;
    if (end.status !== 'ABORTED') throw new Error(`The run ended without ${state}.`);
    return end;
  };
  const operate = async (input: unknown, tenant?: TenantId) => {
    const run = await startOperation(input, tenant);
    return { ...(await ended(run)), output: live().engine.describe(run).output };
  };
  let reachedAt = opening.startAt;
  const close = async () => {
    reachedAt = platform?.clock.now() ?? reachedAt;
    await platform?.close();
    platform = undefined;
  };
  return {
    simulator,
    folder: opening.folder,
    configuration,
    startedAt: opening.startAt,
    get platform() {
      return live();
    },
    get reachedAt() {
      return platform?.clock.now() ?? reachedAt;
    },
    day(earlier = 0) {
      const last = startOf(lastSettledDay(live().clock.now(), 2 * 3_600_000));
      return isoInstant(last - earlier * DAY_MILLISECONDS).slice(0, 10);
    },
    calls: () => simulator.calls.slice(before.calls),
    violations: () => simulator.violations.slice(before.violations),
    start,
    operate,
    run: async (input, tenant, pipeline) => ended(await start(input, tenant, pipeline)),
    stopAt: async (state, input, time) => stopped(state, await start(input), time),
    stopOperationAt: async (state, input) => stopped(state, await startOperation(input)),
    async redrive(run) {
      await live().engine.redrive(run);
      return ended(run);
    },
    ended,
    async deliverAgain(tenant = TENANT) {
      const machine = live().machineOf(tenant, WEBHOOK_MACHINE);
      return ended(RunArn.parse((await live().engine.start(machine, { input: {} })).executionArn));
    },
    pass: (milliseconds) => live().clock.sleep(milliseconds),
    async restart(assembly) {
      await close();
      platform = await open(assembly);
    },
    close,
  };
}
