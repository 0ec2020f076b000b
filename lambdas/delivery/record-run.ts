import { runRecordKey } from '../lake/keys.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { RunArn } from '../model/ids.ts';
import type { ExecutionFacts, ObjectStore } from '../model/ports.ts';
import { type MetricSet, metricsOf } from './metrics.ts';
import { driftNotice, failureNotice, type Notice } from './notices.ts';
import { isPastEnding } from './past-ending.ts';
import { writeRunPages } from './run-pages.ts';
import { makeRunRecord, type RecordRequest } from './run-record.ts';

/** What recording a run needs of the world. */
export interface RecordPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  /** The lake's bucket, for links. */
  bucket: string;
  notices: { publish(notice: Notice): Promise<void> };
  tellMetrics: (sets: readonly MetricSet[]) => void;
  /** What Step Functions says of a run; undefined where it knows it no more. */
  describe: (run: RunArn) => Promise<ExecutionFacts | undefined>;
  /** Hears of an event that is not recorded, because the run has been redriven since. */
  tellPast: () => void;
}

/**
 * Records how a run has ended, and tells of it: the record first, then notices, then metrics, and the pages for people last, so that
 * what is wrong with one of them keeps nothing before it quiet. Can be repeated; notices are given again then. An event that tells of an
 * ending before a redrive changes nothing: the record is of what the redrive came to.
 */
export async function recordRun(
  ports: RecordPorts,
  asked: Omit<RecordRequest, 'execution'>,
): Promise<{ recordKey: string }> {
  const { ledger, objects, notices } = ports;
  const request = { ...asked, execution: await ports.describe(asked.run) };
  const record = isPast(request) ? undefined : await makeRunRecord(ports, request);
  // Looked up again, because a redrive may have come to its end, and to its record, while this one was made.
  const latest =
    asked.told === undefined ? request : { ...asked, execution: await ports.describe(asked.run) };
  if (record === undefined || isPast(latest)) {
    ports.tellPast();
    return { recordKey: runRecordKey(ledger.tenant, asked.pipeline, asked.run) };
  }
  const recordKey = runRecordKey(record.tenant, record.pipeline, record.run);
  await objects.writeText(recordKey, `${JSON.stringify(record, undefined, 2)}\n`, 'application/json');
  if (record.outcome !== 'SUCCEEDED') await notices.publish(failureNotice(record, recordKey));
  const drift = driftNotice(record, recordKey);
  if (drift !== undefined) await notices.publish(drift);
  ports.tellMetrics(await metricsOf(ledger, record));
  await writeRunPages(ports, record, recordKey);
  return { recordKey };
}

/** Whether what is to be recorded was told by an event, of an ending that is past. */
function isPast({ outcome, told, execution }: RecordRequest): boolean {
  return told !== undefined && isPastEnding({ outcome, told }, execution);
}
