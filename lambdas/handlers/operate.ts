import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { snsNotices } from '../aws/sns-notices.ts';
import { OperatePayload, OperateResult } from '../model/operations.ts';
import { operate } from '../operations/operate.ts';
import { parseOperation } from '../operations/operation-input.ts';
import { lambdaHandler } from './handler.ts';

/** Validates what an operator asks for, and does it; a rollback is only prepared. */
export const handler = lambdaHandler(
  { name: 'operate', payload: OperatePayload, result: OperateResult },
  ({ input, ...about }, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const notices = snsNotices(invocation.clients.sns, invocation.environment.NOTICE_TOPIC);
    return operate({ ledger: invocation, objects, notices }, parseOperation(input, about.deployed), about);
  },
);
