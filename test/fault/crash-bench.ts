import { loadAssembly } from '../../local/assembly/assembly.ts';
import type { Simulator } from '../../local/cxone/index.ts';
import { type NightsOptions, prepareAssembly, synthesiseOther, TENANT } from '../support/night-assembly.ts';
import { type Crash, type Effect, type Point, requestCounter, type Trace } from './crash-points.ts';
import { bundleEngine } from './engine-bundle.ts';
import type { Order, Said } from './engine-orders.ts';
import { type EngineProcess, engineProcesses } from './engine-processes.ts';
import { type Exchanges, type LivingStores, NIGHT_BEGINS, openStores, type Phase } from './living-stores.ts';

/** What is run: a pipeline of the tenant `acme`, its settings and its simulator as for any night. */
export interface BenchOptions extends NightsOptions {
  pipeline: Order['pipeline'];
  /** Puts the simulator back to where every run finds it. Default: nothing, where it keeps nothing of a run. */
  prepare?: (simulator: Simulator) => void;
  /** The run's input. Default `{}`. */
  input?: Order['input'];
  /** A run that every night begins with, under other settings: the last deployment's. Nobody kills it. */
  earlier?: { settings: NightsOptions; input?: Order['input'] };
  /** Somebody else who is called by the run, and whose exchanges are effects too. */
  receiver?: { announce(listener: (phase: Phase, request: string) => Promise<void>): void };
}

/** A run to its end, and the stores as it left them. */
export interface CleanRun {
  stores: LivingStores;
  said: Said;
  trace: Trace;
}

/** A run that was to be killed and the one that took it up; what was said is undefined where the process was killed. */
export interface KilledRun {
  stores: LivingStores;
  killed: Said | undefined;
  again: Said | undefined;
}

/** Runs the pipeline again and again, each time at the same instant, on stores as a deployment leaves them. */
export interface Bench {
  runClean(): Promise<CleanRun>;
  /** Kills the run where the crash says, and takes it up in another process. */
  runKilled(crash: Crash): Promise<KilledRun>;
  close(): Promise<void>;
}

/** Synthesises the pipeline and loads the first processes. */
export async function openBench(options: BenchOptions): Promise<Bench> {
  const exchanges: Exchanges = { listener: undefined };
  const prepared = await prepareAssembly({
    ...options,
    simulator: {
      ...options.simulator,
      onExchange: async (phase, { method, path }) => exchanges.listener?.(phase, `http ${method} ${path}`),
    },
  });
  const assembly = loadAssembly(prepared.assemblyFolder);
  options.receiver?.announce(async (phase, request) => exchanges.listener?.(phase, request));
  const bundle = bundleEngine(prepared);
  const processes = engineProcesses(prepared, bundle);
  const { earlier } = options;
  const before =
    earlier &&
    engineProcesses(
      { ...prepared, assemblyFolder: synthesiseOther(prepared, 'earlier', earlier.settings) },
      bundle,
    );
  let runs = 0;
  const stores = async () => {
    runs += 1;
    options.prepare?.(prepared.simulator);
    const opened = await openStores({ ...prepared, assembly }, exchanges, `run-${runs}`);
    if (before === undefined) return opened;
    const engine = before.take();
    const said = await engine.run({ ...order(opened), input: earlier?.input ?? {} });
    if (said?.status !== 'SUCCEEDED') throw new Error('The run before has not succeeded.');
    before.giveBack(engine);
    return opened;
  };
  const order = ({ night, url }: LivingStores): Order => ({
    folder: night.folder,
    services: url,
    startAt: NIGHT_BEGINS,
    tenant: TENANT,
    pipeline: options.pipeline,
    input: options.input ?? {},
    action: 'start',
  });

  return {
    async runClean() {
      const opened = await stores();
      const effects: Effect[] = [];
      const count = requestCounter();
      opened.listen(async (phase, request) => {
        if (phase === 'before') effects.push(count(request));
      });
      const engine = processes.take();
      const said = await engine.run(order(opened));
      opened.listen(undefined);
      if (said === undefined) throw new Error('Somebody else has killed the process of the clean run.');
      processes.giveBack(engine);
      return { stores: opened, said, trace: { effects, states: said.states } };
    },
    async runKilled({ point, action }) {
      const opened = await stores();
      const victim = processes.take();
      opened.listen(killer(point, victim));
      const killed = await victim.run({
        ...order(opened),
        ...('state' in point ? { killIn: point.state } : {}),
      });
      opened.listen(undefined);
      if (killed !== undefined) return { stores: opened, killed, again: undefined };
      const saviour = processes.take();
      const again = await saviour.run({ ...order(opened), action });
      processes.giveBack(saviour);
      return { stores: opened, killed, again };
    },
    async close() {
      await processes.close();
      await before?.close();
      await prepared.clear();
    },
  };
}

/** Kills the process when it comes to the effect, and cuts the request off. */
function killer(point: Point, victim: EngineProcess) {
  if ('state' in point) return undefined;
  const counts = { before: requestCounter(), after: requestCounter() };
  return async (phase: Phase, text: string): Promise<void> => {
    const { request, occurrence } = counts[phase](text);
    if (phase !== point.phase || request !== point.request || occurrence !== point.occurrence) return;
    await victim.kill();
    throw new Error('The caller is gone.');
  };
}
