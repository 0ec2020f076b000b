import { publishMetrics } from '../aws/embedded-metrics.ts';
import { executions } from '../aws/executions.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { snsNotices } from '../aws/sns-notices.ts';
import { recordRun } from '../delivery/record-run.ts';
import { RecordEvent, RecordResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Writes a run's record and gives notice of a failure: called by a machine's last state, and by the rule on executions that ended otherwise. */
export const handler = lambdaHandler(
  { name: 'record', payload: RecordEvent, result: RecordResult },
  async (event, invocation) => {
    const { clients, environment } = invocation;
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(clients.s3, environment.LAKE_BUCKET),
      bucket: environment.LAKE_BUCKET,
      notices: snsNotices(clients.sns, environment.NOTICE_TOPIC),
      tellMetrics: (sets: Parameters<typeof publishMetrics>[1]) =>
        publishMetrics(environment.LAKE_NAME, sets),
      describe: executions(clients.sfn).describe,
      tellPast: () =>
        invocation.log.warn('The event tells of an ending before a redrive: nothing is recorded.'),
    };
    return recordRun(ports, event);
  },
);
