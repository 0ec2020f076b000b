import { runRecordKey } from '../lake/keys.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ObjectStore } from '../model/ports.ts';
import { type MetricSet, metricsOf } from './metrics.ts';
import { driftNotice, failureNotice, type Notice } from './notices.ts';
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
}

/**
 * Records how a run has ended, and tells of it: the record first, then notices, then metrics, and the pages for people last, so that
 * what is wrong with one of them keeps nothing before it quiet. Can be repeated; notices are given again then.
 */
export async function recordRun(ports: RecordPorts, request: RecordRequest): Promise<{ recordKey: string }> {
  const { ledger, objects, notices } = ports;
  const record = await makeRunRecord(ports, request);
  const recordKey = runRecordKey(record.tenant, record.pipeline, record.run);
  await objects.writeText(recordKey, `${JSON.stringify(record, undefined, 2)}\n`, 'application/json');
  if (record.outcome !== 'SUCCEEDED') await notices.publish(failureNotice(record, recordKey));
  const drift = driftNotice(record, recordKey);
  if (drift !== undefined) await notices.publish(drift);
  ports.tellMetrics(await metricsOf(ledger, record));
  await writeRunPages(ports, record, recordKey);
  return { recordKey };
}
