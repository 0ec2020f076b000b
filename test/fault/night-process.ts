import { subscribe } from 'node:diagnostics_channel';
import { z } from 'zod';
import { TenantId } from '../../lambdas/model/ids.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import type { EffectPhase } from '../../local/aws/effects.ts';
import { openPlatform } from '../../local/platform.ts';

/*
 * One night in a process of its own, to be killed: prints every point at which it could be stopped, or stops there by
 * SIGKILL, which no handler sees.
 */

const Order = z.object({
  folder: z.string(),
  configuration: z.string(),
  assemblyFolder: z.string(),
  secrets: z.record(z.string(), z.object({ clientId: z.string(), clientSecret: z.string() })),
  startAt: z.number(),
  action: z.enum(['start', 'redrive']),
  /** The point at which the process kills itself: the first time that it comes there. */
  killAt: z.string().optional(),
});

const order = Order.parse(JSON.parse(process.argv[2] ?? '{}'));
const points: string[] = [];

function reach(point: string): void {
  points.push(point);
  if (point === order.killAt) process.kill(process.pid, 'SIGKILL');
}

/** Names that differ from run to run are taken out, so that a point of one run is found in another. */
function steady(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/[0-9a-f]{32,}/g, '<hash>')
    .replaceAll(/\d{4}-\d{2}-\d{2}/g, '<day>');
}

function request(message: unknown): string {
  const { method, path } = z
    .object({ request: z.object({ method: z.string(), path: z.string() }) })
    .parse(message).request;
  return steady(`http ${method} ${path}`);
}

subscribe('undici:request:create', (message) => reach(`before ${request(message)}`));
subscribe('undici:request:headers', (message) => reach(`after ${request(message)}`));

const platform = await openPlatform({
  folder: order.folder,
  configuration: loadConfiguration(order.configuration),
  assemblyFolder: order.assemblyFolder,
  secrets: order.secrets,
  startAt: order.startAt,
  skipWaits: true,
  tellTime: true,
  flow: false,
  onEvent: (_, event) => {
    const entered = event.stateEnteredEventDetails?.name;
    if (entered !== undefined) reach(`in state ${entered}`);
  },
  onEffect: (phase: EffectPhase, { service, operation, resource }) =>
    reach(steady(`${phase} ${service} ${operation} ${resource}`)),
});
const machine = platform.machineOf(TenantId.parse('acme'), 'cdr-export');
const unfinished = platform.engine.list(machine).find(({ status }) => status !== 'SUCCEEDED');
const redriven = order.action === 'redrive' ? unfinished?.executionArn : undefined;
if (redriven !== undefined) await platform.engine.redrive(redriven);
const run = redriven ?? (await platform.engine.start(machine, { input: {} })).executionArn;
const { status, error } = await platform.engine.wait(run);
await platform.engine.idle();
await platform.close();
process.stdout.write(JSON.stringify({ status, error, points: [...new Set(points)] }));
