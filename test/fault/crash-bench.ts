import type { Simulator } from '../../local/cxone/index.ts';
import { type NightsOptions, TENANT } from '../support/night-assembly.ts';
import { type Lane, openLanes } from './crash-lanes.ts';
import { type Crash, type Effect, requestCounter, type Trace } from './crash-points.ts';
import { bundleEngine } from './engine-bundle.ts';
import type { Order, Said } from './engine-orders.ts';
import { engineProcesses } from './engine-processes.ts';
import { holdAt } from './held-request.ts';
import { type LivingStores, NIGHT_BEGINS, openStores, type Phase } from './living-stores.ts';

/** What is run: a pipeline of the tenant `acme`, its settings and its simulator as for any night. */
export interface BenchOptions extends NightsOptions {
  pipeline: Order['pipeline'];
  /** Puts the simulator back to where every run finds it. Default: nothing, where it keeps nothing of a run. */
  prepare?: (simulator: Simulator) => void;
  /** The run's input. Default `{}`. */
  input?: Order['input'];
  /** A run that every night begins with, under other settings: the last deployment's. Nobody kills it. */
  earlier?: { settings: NightsOptions; input?: Order['input'] };
  /** Somebody else who is called by the run, and whose exchanges are effects too. Only one night at a time can call him. */
  receiver?: { announce(listener: (phase: Phase, request: string) => Promise<void>): void };
}

/** A run to its end, and the stores as it left them. */
export interface CleanRun {
  stores: LivingStores;
  said: Said;
  trace: Trace;
}

/** A run that was to be killed. */
export interface KilledRun {
  stores: LivingStores;
  /** What was said of its end; undefined where the process was killed. */
  killed: Said | undefined;
  /** Takes it up in another process; undefined where somebody else has killed that. */
  recover(): Promise<Said | undefined>;
}

/** Runs the pipeline again and again, each time at the same instant, on stores as a deployment leaves them. */
export interface Bench {
  /** Opened stores stay open until the next run or the end. */
  runClean(): Promise<CleanRun>;
  /**
   * Kills a run for each of the crashes, all of them in one process: each is held where its crash says until the others are
   * too, and then the process is killed. Stores stay open until the next runs or the end.
   */
  runKilled(crashes: readonly Crash[]): Promise<KilledRun[]>;
  close(): Promise<void>;
}

/** Synthesises the pipeline and loads the first processes. */
export async function openBench(options: BenchOptions): Promise<Bench> {
  const { earlier, pipeline, input = {} } = options;
  const lanes = await openLanes(options, earlier?.settings);
  const first = await lanes.lane(0);
  options.receiver?.announce(async (phase, request) => first.exchanges.listener?.(phase, request));
  const processes = engineProcesses(lanes.prepared, bundleEngine(lanes.prepared));
  const open = new Map<Lane, LivingStores>();
  let runs = 0;

  const order = ({ assemblyFolder }: Lane, { night, url }: LivingStores): Order => ({
    assemblyFolder,
    folder: night.folder,
    services: url,
    startAt: NIGHT_BEGINS,
    tenant: TENANT,
    pipeline,
    input,
    action: 'start',
  });
  const closeStores = async () => {
    for (const [lane, stores] of open) {
      await stores[Symbol.asyncDispose]();
      open.delete(lane);
    }
  };
  const storesIn = async (lane: Lane) => {
    runs += 1;
    options.prepare?.(lane.simulator);
    const stores = await openStores(lane, `run-${runs}`);
    open.set(lane, stores);
    if (lane.earlierFolder === undefined) return stores;
    const engine = processes.take();
    const said = await engine.run({
      ...order(lane, stores),
      assemblyFolder: lane.earlierFolder,
      input: earlier?.input ?? {},
    });
    if (said?.status !== 'SUCCEEDED') throw new Error('The run before has not succeeded.');
    processes.giveBack(engine);
    return stores;
  };

  return {
    async runClean() {
      await closeStores();
      const stores = await storesIn(first);
      const effects: Effect[] = [];
      const count = requestCounter();
      stores.listen(async (phase, request) => {
        if (phase === 'before') effects.push(count(request));
      });
      const engine = processes.take();
      const said = await engine.run(order(first, stores));
      stores.listen(undefined);
      if (said === undefined) throw new Error('Somebody else has killed the process of the clean run.');
      processes.giveBack(engine);
      return { stores, said, trace: { effects, states: said.states } };
    },
    async runKilled(crashes) {
      await closeStores();
      const nights = [];
      for (const [number, crash] of crashes.entries()) {
        const lane = await lanes.lane(number);
        nights.push({ lane, crash, stores: await storesIn(lane) });
      }
      const victim = processes.take();
      const gone = Promise.withResolvers<void>();
      const running = nights.map(({ lane, crash: { point }, stores }) => {
        const held = holdAt(point, gone.promise);
        stores.listen(held.listener);
        const killIn = 'state' in point ? { killIn: point.state } : {};
        const said = victim.run({ ...order(lane, stores), ...killIn });
        return { said, heldOrEnded: Promise.race([held.reached, said]) };
      });
      await Promise.all(running.map(({ heldOrEnded }) => heldOrEnded));
      await victim.kill();
      gone.resolve();
      for (const { stores } of nights) stores.listen(undefined);
      return Promise.all(
        nights.map(async ({ lane, crash: { action }, stores }, number) => ({
          stores,
          killed: await running[number]?.said,
          async recover() {
            const saviour = processes.take();
            const said = await saviour.run({ ...order(lane, stores), action });
            processes.giveBack(saviour);
            return said;
          },
        })),
      );
    },
    async close() {
      await processes.close();
      await closeStores();
      await lanes.close();
    },
  };
}
