import { currentPrefix } from '../lake/keys.ts';
import { readWindows } from '../ledger/windows.ts';
import { DatasetId } from '../model/ids.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import { ANALYTICS_DATASET, CDR_DATASET } from '../model/payloads.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type AuditPorts, readEvents } from './chain.ts';

/** What remembers a record beside the chain itself. */
export interface Witness {
  subject: string;
  sequence: number;
}

/** Datasets whose names no configuration chooses. */
const NAMED: readonly DatasetId[] = [CDR_DATASET, ANALYTICS_DATASET, ARCHIVE_DATASET];

/**
 * Whatever remembers the latest record of a chain: the note of an event, or the item of a window. Which datasets there are is never taken
 * from the records, since a tail that is cut takes its datasets along: they are the given ones, those with a committed window in the
 * bucket, and those that an event is noted of.
 */
export async function latestWitness(
  ports: AuditPorts,
  pipeline: PipelineName,
  datasets: readonly DatasetId[],
): Promise<Witness | undefined> {
  const asked = new Set([...NAMED, ...datasets]);
  let latest: Witness | undefined;
  const hear = (witness: Witness) => {
    if (witness.sequence > (latest?.sequence ?? 0)) latest = witness;
  };
  for await (const { event, sequence = 0 } of readEvents(ports.ledger, pipeline)) {
    hear({ subject: `note of the event ${event}`, sequence });
    addTo(asked, /^window\/([^/]+)\//.exec(event)?.[1]);
  }
  const prefix = currentPrefix(ports.ledger.tenant);
  for await (const { key } of ports.objects.list(prefix))
    addTo(asked, key.slice(prefix.length).split('/')[0]);
  for (const dataset of asked)
    for await (const { day, auditSequence = 0, auditPipeline } of readWindows(ports.ledger, dataset))
      if (auditPipeline === pipeline) hear({ subject: `window ${dataset} ${day}`, sequence: auditSequence });
  return latest;
}

function addTo(datasets: Set<DatasetId>, name: string | undefined): void {
  const parsed = DatasetId.safeParse(name);
  if (parsed.success) datasets.add(parsed.data);
}
