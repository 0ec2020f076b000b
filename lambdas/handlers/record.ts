import { publishMetrics } from '../aws/embedded-metrics.ts';
import { executions } from '../aws/executions.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { snsNotices } from '../aws/sns-notices.ts';
import { metricsOf } from '../delivery/metrics.ts';
import { driftNotice, failureNotice } from '../delivery/notices.ts';
import { writeRunPages } from '../delivery/run-pages.ts';
import { makeRunRecord } from '../delivery/run-record.ts';
import { runRecordKey } from '../lake/keys.ts';
import { RecordEvent, RecordResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Writes a run's record and gives notice of a failure: called by a machine's last state, and by the rule on executions that ended otherwise. */
export const handler = lambdaHandler(
  { name: 'record', payload: RecordEvent, result: RecordResult },
  async (event, invocation) => {
    const { clients, environment } = invocation;
    const objects = s3ObjectStore(clients.s3, environment.LAKE_BUCKET);
    const execution = await executions(clients.sfn).describe(event.run);
    const record = await makeRunRecord({ ledger: invocation, objects }, { ...event, execution });
    const recordKey = runRecordKey(record.tenant, record.pipeline, record.run);
    await objects.writeText(recordKey, `${JSON.stringify(record, undefined, 2)}\n`, 'application/json');
    const notices = snsNotices(clients.sns, environment.NOTICE_TOPIC);
    if (record.outcome !== 'SUCCEEDED') await notices.publish(failureNotice(record, recordKey));
    const drift = driftNotice(record, recordKey);
    if (drift !== undefined) await notices.publish(drift);
    // Somebody is told before the page is drawn: what is wrong with a page must not keep a failure quiet.
    publishMetrics(environment.LAKE_NAME, await metricsOf(invocation, record));
    await writeRunPages({ ledger: invocation, objects, bucket: environment.LAKE_BUCKET }, record, recordKey);
    return { recordKey };
  },
);
