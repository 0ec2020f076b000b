import { z } from 'zod';
import { TenantId } from '../../lambdas/model/ids.ts';
import { PipelineName } from '../../lambdas/model/pipelines.ts';

/** What an engine's process is told to do. */
export const Order = z.object({
  /** The synthesised assembly; its functions are those that the process has loaded. */
  assemblyFolder: z.string(),
  /** The engine's folder; what an earlier process left there is taken up. */
  folder: z.string(),
  /** Where the services answer. */
  services: z.string(),
  startAt: z.number(),
  tenant: TenantId,
  pipeline: PipelineName,
  input: z.json(),
  /** `redrive` takes up the execution that did not succeed; where there is none, or for `start`, a new one is started. */
  action: z.enum(['start', 'redrive']),
  /** The state on whose entry the process kills itself. */
  killIn: z.string().optional(),
});
export type Order = z.infer<typeof Order>;

/** How the run ended, and the states that it and its children entered. */
export const Said = z.object({
  status: z.string(),
  error: z.string().optional(),
  states: z.array(z.string()),
});
export type Said = z.infer<typeof Said>;

/** What a process says of a run: several may be under way in it, each in a folder of its own. */
export const Answer = z.object({ folder: z.string(), said: Said });
