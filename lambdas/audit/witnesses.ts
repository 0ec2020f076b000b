import { currentPrefix } from '../lake/keys.ts';
import { readWindows } from '../ledger/windows.ts';
import { DatasetId } from '../model/ids.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import { ANALYTICS_DATASET, CDR_DATASET } from '../model/payloads.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type AuditPorts, readEvents } from './chain.ts';
import { windowEvents } from './window-commits.ts';

/** What remembers a record beside the chain itself. */
export interface Witness {
  subject: string;
  sequence: number;
  /** Whether the record that it remembers may be of this event. */
  remembers(event: string): boolean;
}

/** Witnesses by the numbers of the records that they remember. */
export type Witnesses = ReadonlyMap<number, readonly Witness[]>;

/** Datasets whose names no configuration chooses. */
const NAMED: readonly DatasetId[] = [CDR_DATASET, ANALYTICS_DATASET, ARCHIVE_DATASET];

/**
 * Whatever remembers records of a chain: the note of each event, and the item of each window. Which datasets there are is never taken
 * from the records, since a tail that is cut takes its datasets along: they are the given ones, those with a committed window in the
 * bucket, and those that an event is noted of.
 */
export async function witnessesOf(
  ports: AuditPorts,
  pipeline: PipelineName,
  datasets: readonly DatasetId[],
): Promise<Witnesses> {
  const asked = new Set([...NAMED, ...datasets]);
  const witnesses = new Map<number, Witness[]>();
  const hear = (witness: Witness) =>
    witnesses.set(witness.sequence, [...(witnesses.get(witness.sequence) ?? []), witness]);
  for await (const { event, sequence } of readEvents(ports.ledger, pipeline)) {
    const subject = `note of the event ${event}`;
    if (sequence !== undefined) hear({ subject, sequence, remembers: (other) => other === event });
    addTo(asked, /^window\/([^/]+)\//.exec(event)?.[1]);
  }
  const prefix = currentPrefix(ports.ledger.tenant);
  for await (const { key } of ports.objects.list(prefix))
    addTo(asked, key.slice(prefix.length).split('/')[0]);
  for (const dataset of asked)
    for await (const { day, auditSequence, auditPipeline } of readWindows(ports.ledger, dataset)) {
      if (auditPipeline !== pipeline || auditSequence === undefined) continue;
      const [subject, events] = [`window ${dataset} ${day}`, windowEvents(dataset, day)];
      hear({ subject, sequence: auditSequence, remembers: (event) => event.startsWith(events) });
    }
  return witnesses;
}

function addTo(datasets: Set<DatasetId>, name: string | undefined): void {
  const parsed = DatasetId.safeParse(name);
  if (parsed.success) datasets.add(parsed.data);
}
