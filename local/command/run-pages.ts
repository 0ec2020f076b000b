import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runIndexKey, runPageKey } from '../../lambdas/lake/keys.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';
import type { RunRecord } from '../../lambdas/model/run-record.ts';

/**
 * Copies a run's page, and the index of its tenant's runs, to where a browser can open them: under the data folder by their
 * S3 keys, so that the links between them lead somewhere. Gives the path of the run's page.
 */
export async function copyRunPages(objects: ObjectStore, record: RunRecord, data: string): Promise<string> {
  const page = runPageKey(record.tenant, record.pipeline, record.run);
  for (const key of [runIndexKey(record.tenant), page]) {
    const target = join(data, key);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await objects.readText(key));
  }
  return join(data, page);
}
