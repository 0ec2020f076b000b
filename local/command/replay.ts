import type { Day } from '../../lambdas/model/days.ts';
import type { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import type { PipelineName } from '../../lambdas/model/pipelines.ts';
import type { ConfiguredTenant } from '../../lib/configuration-file.ts';
import { carryOut } from './execution.ts';
import { CommandRefused, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { type Place, prepare } from './preparation.ts';
import { type Defaults, redriveCommand } from './run.ts';

/** What `replay` is asked for. */
export interface ReplayRequest {
  dataset: DatasetId;
  day: Day;
  /** Name of a mapping's file, without `.json`. Default: the configured one. */
  mapping?: string;
  tenant?: TenantId;
  place: Place;
  json: boolean;
}

/**
 * Transforms the stored raw data of a committed window once more, by another mapping if one is named, and commits what comes of it. CXone
 * is not called. Throws `CommandRefused` where the tenant has no such dataset, or the mapping cannot be used.
 */
export async function replayWindow(
  request: ReplayRequest,
  defaults: Defaults,
  outputs: Outputs,
): Promise<ExitCode> {
  const { dataset, day, mapping, place, json } = request;
  const pinned = mapping === undefined ? undefined : { dataset, mapping };
  const prepared = prepare(place, request.tenant, { pinned, credentials: false });
  const { id: tenant } = prepared.configured.tenant;
  const { pipeline, ...chosen } = pipelineOf(prepared.configured, dataset);
  const input = { date: day, replay: true, ...chosen };
  return carryOut(
    {
      place,
      prepared,
      owner: { tenant, pipeline },
      json,
      redriveCommand: (name) => redriveCommand(name, place, defaults),
      begin: async ({ engine, machineOf }) =>
        (await engine.start(machineOf(tenant, pipeline), { input })).executionArn,
    },
    outputs,
  );
}

/** The pipeline that loads the dataset, and how its run is told which of its datasets is meant. */
function pipelineOf(
  { tenant, datasets }: ConfiguredTenant,
  dataset: DatasetId,
): { pipeline: PipelineName; report?: DatasetId } {
  const found = datasets.find((loaded) => loaded.dataset === dataset);
  if (found === undefined) {
    const known = datasets.map((loaded) => loaded.dataset).join(', ');
    throw new CommandRefused([`The tenant ${tenant.id} has no dataset ${dataset}: it has ${known}.`]);
  }
  const { pipeline } = found;
  return pipeline === 'report-sync' ? { pipeline, report: dataset } : { pipeline };
}
