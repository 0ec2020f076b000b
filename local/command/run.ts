import type { TenantId } from '../../lambdas/model/ids.ts';
import type { PipelineName } from '../../lambdas/model/pipelines.ts';
import { openRuns } from './data-folder.ts';
import { carryOut } from './execution.ts';
import { CommandRefused, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { type Place, placeWords, prepare } from './preparation.ts';
import { findRun, operatedTenant, ownerOf } from './run-names.ts';

/** Where runs happen when the command line does not say otherwise. */
export type Defaults = Pick<Place, 'config' | 'data'>;

/** What `run` is asked for. */
export interface RunRequest {
  pipeline: PipelineName;
  tenant?: TenantId;
  /** JSON text. */
  input: string;
  place: Place;
  json: boolean;
}

/** Runs a pipeline once. Throws `CommandRefused` with every problem of input, configuration and secrets before anything is started. */
export async function runPipeline(
  request: RunRequest,
  defaults: Defaults,
  outputs: Outputs,
): Promise<ExitCode> {
  const { pipeline, place, json } = request;
  const input = parseInput(request.input);
  const prepared = prepare(place, request.tenant, {
    problems: 'problem' in input ? [input.problem] : [],
  });
  const tenant = prepared.configured.tenant.id;
  if (!prepared.configured.pipelines.includes(pipeline))
    throw new CommandRefused(
      [`The tenant ${tenant} has no ${pipeline}: its configuration does not ask for it.`],
      `It has ${prepared.configured.pipelines.join(', ')}. Add the settings of ${pipeline} to its pipelines in ${place.config}.`,
    );
  return carryOut(
    {
      place,
      prepared,
      owner: { tenant, pipeline },
      json,
      redriveCommand: (name) => redriveCommand(name, place, defaults),
      async begin({ engine, machineOf }) {
        const { executionArn } = await engine.start(machineOf(tenant, pipeline), {
          input: 'value' in input ? input.value : {},
        });
        return executionArn;
      },
    },
    outputs,
  );
}

/** What `redrive` is asked for. */
export interface RedriveRequest {
  run: string;
  place: Place;
  json: boolean;
}

/** Goes on with a run where it stopped. Throws `CommandRefused`, and `ExecutionNotRedrivable` where AWS would not redrive it either. */
export async function redriveRun(
  request: RedriveRequest,
  defaults: Defaults,
  outputs: Outputs,
): Promise<ExitCode> {
  const { place, json } = request;
  const { view, assembly } = openRuns(place.data);
  const run = findRun(view, request.run);
  const tenant = operatedTenant(assembly, run);
  if (tenant !== undefined) {
    const { config, data, secrets } = place;
    const { redriveOperation } = await import('./operations.ts');
    return redriveOperation(
      { config, data, tenant, json, executionArn: run.executionArn, ...(secrets && { secrets }) },
      outputs,
    );
  }
  const owner = ownerOf(assembly, run);
  if (owner === undefined)
    throw new CommandRefused(
      [`The machine of run ${run.name} is in no configuration that was used last.`],
      'Start its pipeline again with the same input: the ledger keeps what was done.',
    );
  return carryOut(
    {
      place,
      prepared: prepare(place, owner.tenant),
      owner,
      json,
      redriveCommand: (name) => redriveCommand(name, place, defaults),
      async begin({ engine }) {
        await engine.redrive(run.executionArn);
        return run.executionArn;
      },
    },
    outputs,
  );
}

/** The command that goes on with the run of that name. */
export function redriveCommand(name: string, place: Place, defaults: Defaults): string {
  return `npx cxone-export redrive ${name}${placeWords(place, defaults)}`;
}

function parseInput(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return {
      problem: '--input: found text that is not JSON, must be an object such as {"date":"2024-05-15"}',
    };
  }
}
