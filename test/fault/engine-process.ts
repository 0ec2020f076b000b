import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import type { Assembly } from '../../local/assembly/types.ts';
import { environmentFor } from '../../local/aws/endpoints.ts';
import { serveStepFunctions } from '../../local/aws/step-functions-server.ts';
import type { Engine } from '../../local/engine/engine.ts';
import { openMachines } from '../../local/machines.ts';
import { openClock } from '../../local/platform-clock.ts';
import { steadyNumbers } from '../support/steady-numbers.ts';
import { Order, type Said } from './engine-orders.ts';

/*
 * The engine and the functions of a night, apart from the services and the simulator that they call: a process to be
 * killed. It loads everything first, so that one can be kept ready, and then runs nights as it is told, also side by side.
 */

const [firstFolder = '.', projectFolder = '.'] = process.argv.slice(2);
const assemblies = new Map<string, Assembly>();
for (const { entry } of assemblyIn(firstFolder).functions)
  if (entry !== undefined) await import(pathToFileURL(join(projectFolder, entry)).href);

function assemblyIn(folder: string): Assembly {
  const assembly = assemblies.get(folder) ?? loadAssembly(folder);
  assemblies.set(folder, assembly);
  return assembly;
}

async function run(order: Order): Promise<Said> {
  const states: string[] = [];
  let engine: Engine | undefined;
  const stepFunctions = await serveStepFunctions(() => engine);
  const machines = openMachines(
    assemblyIn(order.assemblyFolder),
    { environment: { ...environmentFor(order.services), ...stepFunctions.environment } },
    openClock(order.folder, { skipWaits: true, flow: false, startAt: order.startAt }),
    {
      folder: order.folder,
      projectFolder,
      tellTime: true,
      flow: false,
      random: steadyNumbers(),
      onEvent: (_, { stateEnteredEventDetails: entered }) => {
        if (entered === undefined) return;
        const { name = '' } = entered;
        if (name === order.killIn) process.kill(process.pid, 'SIGKILL');
        states.push(name);
      },
    },
  );
  engine = machines.engine;
  const machine = machines.machineOf(order.tenant, order.pipeline);
  const arn = order.action === 'redrive' ? await redriveUnfinished(engine, machine) : undefined;
  const run = arn ?? (await startAnother(engine, machine, order.input));
  const { status, error } = await engine.wait(run);
  await engine.idle();
  await machines.close();
  await stepFunctions.close();
  // A process that is killed leaves no compiled code behind for the next ones: this one does, of all that a run needs.
  flushCompileCache();
  return { status, ...(error === undefined ? {} : { error }), states: [...new Set(states)] };
}

async function redriveUnfinished(engine: Engine, machine: string): Promise<string | undefined> {
  const unfinished = engine.list(machine).find(({ status }) => status !== 'SUCCEEDED');
  if (unfinished !== undefined) await engine.redrive(unfinished.executionArn);
  return unfinished?.executionArn;
}

/** Starts an execution under a name that is the same in every night, so that the keys of its objects are too. */
async function startAnother(engine: Engine, machine: string, input: Order['input']): Promise<string> {
  const name = `start-${engine.list(machine).length + 1}`;
  return (await engine.start(machine, { name, input })).executionArn;
}

process.on('message', (message) => {
  const order = Order.parse(message);
  run(order).then(
    (said) => process.send?.({ folder: order.folder, said }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
