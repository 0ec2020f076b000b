import { z } from 'zod';
import { OutputFile } from '../../lambdas/dataset/manifest.ts';
import { Day } from '../../lambdas/model/days.ts';
import { DatasetId, GenerationId, TenantId } from '../../lambdas/model/ids.ts';
import { RowCounts } from '../../lambdas/model/payloads.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';

/** A window's current generation, as `current.json` tells it. */
const Current = z.object({
  dataset: DatasetId,
  day: Day,
  generation: GenerationId,
  committedAt: z.iso.datetime(),
  rows: RowCounts,
  manifestKey: z.string(),
  manifest: z.object({ window: z.object({ files: z.array(OutputFile) }) }),
});

/** A committed window and its files. */
export interface CommittedWindow {
  tenant: TenantId;
  dataset: DatasetId;
  day: Day;
  generation: GenerationId;
  committedAt: string;
  rows: RowCounts;
  files: readonly OutputFile[];
  manifestKey: string;
  /** Key of the object that names the generation. */
  currentKey: string;
}

/** The committed windows of all tenants, or of one, in the order of tenant, dataset and day. */
export async function* committedWindows(
  objects: ObjectStore,
  tenant?: TenantId,
): AsyncGenerator<CommittedWindow> {
  for await (const { key } of objects.list(tenant === undefined ? 'current/' : `current/${tenant}/`)) {
    const current = Current.parse(JSON.parse(await objects.readText(key)));
    yield {
      ...current,
      tenant: TenantId.parse(key.split('/')[1]),
      files: current.manifest.window.files,
      currentKey: key,
    };
  }
}
