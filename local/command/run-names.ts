import { TenantId } from '../../lambdas/model/ids.ts';
import { OPERATIONS_MACHINE, PipelineName } from '../../lambdas/model/pipelines.ts';
import type { Assembly } from '../assembly/types.ts';
import type { EngineView, ExecutionItem } from '../engine/view.ts';
import { CommandRefused } from './exit-codes.ts';

/** Whose machine a run is of. */
export interface RunOwner {
  tenant: TenantId;
  pipeline: PipelineName;
}

/** Finds a run by its name, its ARN, or a beginning of its name that no other has. Throws `CommandRefused`. */
export function findRun(view: EngineView, named: string): ExecutionItem {
  const runs = view.list();
  const exact = runs.filter(({ name, executionArn }) => name === named || executionArn === named);
  const found = exact.length > 0 ? exact : runs.filter(({ name }) => name.startsWith(named));
  const [run] = found;
  if (run !== undefined && found.length === 1) return run;
  throw new CommandRefused(
    [found.length === 0 ? `There is no run ${named}.` : `${found.length} runs begin with ${named}.`],
    '`cxone-export runs` lists them all.',
  );
}

/** Whose operation it is, where the run is one of the operations machine, which is of no pipeline. */
export function operatedTenant(assembly: Assembly, run: ExecutionItem): TenantId | undefined {
  return tagsOf(assembly, run)['cxone-export:pipeline'] === OPERATIONS_MACHINE
    ? tenantOf(assembly, run)
    : undefined;
}

/** Whose machine ran, of whatever kind, by its tags; undefined where the assembly no longer has the machine. */
export function tenantOf(assembly: Assembly, run: ExecutionItem): TenantId | undefined {
  return TenantId.safeParse(tagsOf(assembly, run)['cxone-export:tenant']).data;
}

/** Whose run it is, by the tags of its machine; undefined where the assembly no longer has the machine. */
export function ownerOf(assembly: Assembly, run: ExecutionItem): RunOwner | undefined {
  const tenant = tenantOf(assembly, run);
  const pipeline = PipelineName.safeParse(tagsOf(assembly, run)['cxone-export:pipeline']);
  return tenant !== undefined && pipeline.success ? { tenant, pipeline: pipeline.data } : undefined;
}

function tagsOf(assembly: Assembly, run: ExecutionItem): Readonly<Record<string, string>> {
  return assembly.stateMachines.find(({ arn }) => arn === run.stateMachineArn)?.tags ?? {};
}
