import { afterAll, describe, expect, it } from 'vitest';
import { readRecords } from '../../lambdas/audit/chain.ts';
import { AuditRecord } from '../../lambdas/model/audit.ts';
import { CDR_DATASET } from '../../lambdas/model/payloads.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { auditVerdict, storesOf, windowOf } from '../support/night-findings.ts';

const nights = await prepareNights();
afterAll(() => nights.close());

async function auditOf(night: Night) {
  const stored = await Array.fromAsync(readRecords(storesOf(night).ledger, 'cdr-export'));
  return {
    events: stored.map(({ text }) => AuditRecord.parse(JSON.parse(text)).event),
    verdict: await auditVerdict(night, 'cdr-export', [CDR_DATASET]),
  };
}

describe('the audit chain of a pipeline', () => {
  it('ALL-12 has one record for each generation that was committed, whatever is run again, and is intact', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const first = await windowOf(night, day);
    await night.run();
    await night.run({ date: day, refresh: true });
    nights.simulator.use(['duplicates:5']);
    await night.run({ date: day, refresh: true });

    const { events, verdict } = await auditOf(night);

    const { generation } = await windowOf(night, day);
    expect(verdict).toEqual({ records: 2, pending: 0, findings: [] });
    expect(events).toEqual([
      expect.objectContaining({
        kind: 'commit',
        facts: expect.objectContaining({ commit: 1, generation: first.generation }),
      }),
      expect.objectContaining({
        kind: 'commit',
        facts: expect.objectContaining({ commit: 2, generation, replaced: first.generation, day }),
      }),
    ]);
    await night.close();
  });

  it('ALL-12 stays one chain when windows are committed side by side', async () => {
    const night = await nights.open();

    const { status } = await night.run({ from: night.day(5), to: night.day(0) });

    const { events, verdict } = await auditOf(night);
    expect(status).toBe('SUCCEEDED');
    expect(verdict).toEqual({ records: 5, pending: 0, findings: [] });
    expect(events.map(({ facts }) => facts.day).toSorted()).toEqual(
      [5, 4, 3, 2, 1].map((ago) => night.day(ago)),
    );
    await night.close();
  });
});
