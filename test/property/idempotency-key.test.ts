import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JobIdentity, requestUuid } from '../../lambdas/cxone/idempotency-key.ts';
import { Day, plusDays } from '../../lambdas/model/days.ts';
import { DatasetId, TenantId } from '../../lambdas/model/ids.ts';

const words = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });

const identity: fc.Arbitrary<JobIdentity> = fc.record({
  tenant: fc.constantFrom('acme', 'globex').map((id) => TenantId.parse(id)),
  dataset: fc.constantFrom('cdr', 'cdr2').map((id) => DatasetId.parse(id)),
  day: fc.nat(2_000).map((days) => plusDays(Day.parse('2020-01-01'), days)),
  reportId: fc.constantFrom('default', 'other'),
  columns: words,
  filters: fc.option(
    fc.oneof(
      fc.record({ skillGroups: words }),
      fc.record({ segments: words }),
      fc.record({ skillGroups: words, segments: words }),
    ),
    { nil: undefined },
  ),
  format: fc.constantFrom('csv', 'json'),
  attempt: fc.integer({ min: 1, max: 50 }),
});

describe('the idempotency key', () => {
  it('CDR-02 has the form of a version 4 UUID', () => {
    fc.assert(
      fc.property(identity, (job) => {
        const uuid = requestUuid(job);

        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('CDR-02 is one per job: equal for equal jobs, another for any other', () => {
    fc.assert(
      fc.property(identity, identity, (one, other) => {
        const same = JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));

        const uuids = [requestUuid(one), requestUuid(structuredClone(one)), requestUuid(other)];

        expect([uuids[0] === uuids[1], uuids[0] === uuids[2]]).toEqual([true, same]);
      }),
    );
  });

  it('CDR-02 changes with the attempt', () => {
    fc.assert(
      fc.property(identity, (job) => {
        const uuids = [requestUuid(job), requestUuid({ ...job, attempt: job.attempt + 1 })];

        expect(new Set(uuids).size).toBe(2);
      }),
    );
  });
});

function canonical(job: JobIdentity): unknown[] {
  const { tenant, dataset, day, reportId, columns, filters, format, attempt } = job;
  return [tenant, dataset, day, reportId, columns, filters?.skillGroups, filters?.segments, format, attempt];
}
