import { describe, expect, it } from 'vitest';
import { requestUuid } from '../../../lambdas/cxone/idempotency-key.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { DatasetId, TenantId } from '../../../lambdas/model/ids.ts';

describe('the idempotency key', () => {
  it('CDR-02 stays what it is from release to release', () => {
    const uuid = requestUuid({
      tenant: TenantId.parse('acme'),
      dataset: DatasetId.parse('cdr'),
      day: Day.parse('2024-05-15'),
      reportId: 'default',
      columns: ['CallId', 'StartTime'],
      filters: { segments: ['s1'] },
      format: 'csv',
      attempt: 1,
    });

    expect(uuid).toBe('c119465f-5b28-4bb8-a175-0165a143b6c9');
  });
});
