import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appendAudit, readHead, readRecords } from '../../../lambdas/audit/chain.ts';
import { AuditEvent, AuditRecord, NO_RECORD } from '../../../lambdas/model/audit.ts';
import { chainOf, copiesOf, emptyChain, eventCalled, PIPELINE, placesOf } from '../../support/audit-chain.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the audit chain', () => {
  it('ALL-12 carries in each record the SHA-256 of the one before, in ledger and bucket alike', async () => {
    const chain = await chainOf(3);

    const copies = await Promise.all([1, 2, 3].map((number) => copiesOf(chain, number)));

    const records = copies.map(({ text }) => AuditRecord.parse(JSON.parse(text)));
    const digests = copies.map(({ text }) => createHash('sha256').update(text).digest('hex'));
    expect(records.map(({ previous }) => previous)).toEqual([NO_RECORD, digests[0], digests[1]]);
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(copies.map(({ object }) => object.split('\n')[0])).toEqual(copies.map(({ text }) => text));
  });

  it('ALL-12 anchors its head in the ledger with the MAC that its object has', async () => {
    const chain = await chainOf(2);

    const head = await readHead(chain.ledger, PIPELINE);

    const { digest, object } = await copiesOf(chain, 2);
    const { mac } = JSON.parse(object.split('\n')[1] ?? '');
    expect(head).toEqual({ sequence: 2, digest, mac });
    expect(await chain.mac.verify(`cxone-export audit 1\nacme\ncdr-export\n2\n${digest}`, mac)).toBe(true);
  });

  it('ALL-12 has one record of an event however often it is appended', async () => {
    const chain = await chainOf(2);

    const again = await appendAudit(chain, { pipeline: PIPELINE, event: eventCalled('event-1') });

    expect(again).toEqual({ sequence: 1 });
    expect((await Array.fromAsync(readRecords(chain.ledger, PIPELINE))).length).toBe(2);
  });

  it('ALL-12 keeps a chain of its own for each pipeline', async () => {
    const chain = await chainOf(2);
    const other = { ...chain, ledger: { ...chain.ledger, tenant: chain.ledger.tenant } };

    const { sequence } = await appendAudit(other, { pipeline: PIPELINE, event: eventCalled('event-9') });

    expect(sequence).toBe(3);
  });

  it('ALL-12 heals what a call left out that stopped between ledger and bucket', async () => {
    const chain = await chainOf(1);
    const failing = {
      ...chain,
      objects: { ...chain.objects, writeText: () => Promise.reject(new Error('stopped')) },
    };
    const stopped = await appendAudit(failing, { pipeline: PIPELINE, event: eventCalled('event-2') }).catch(
      (error: Error) => error.message,
    );
    const between = chain.objects.objects.has(placesOf(2).object);

    await appendAudit(chain, { pipeline: PIPELINE, event: eventCalled('event-3') });

    expect([stopped, between]).toEqual(['stopped', false]);
    expect([2, 3].map((number) => chain.objects.objects.has(placesOf(number).object))).toEqual([true, true]);
    expect(await readHead(chain.ledger, PIPELINE)).toMatchObject({ sequence: 3 });
  });

  it('ALL-12 locks its objects where the lake has Object Lock', async () => {
    const chain = emptyChain();
    const locks: (number | undefined)[] = [];
    const objects = {
      ...chain.objects,
      writeText: (...given: Parameters<typeof chain.objects.writeText>) => {
        locks.push(given[3]?.lockedUntil);
        return chain.objects.writeText(...given);
      },
    };

    await appendAudit(
      { ...chain, objects, lockDays: 10 },
      { pipeline: PIPELINE, event: eventCalled('event-1') },
    );

    expect(locks).toEqual([Date.parse('2024-05-26T03:30:00.000Z')]);
  });

  it('ALL-12 is not added to where records are gone: the gap stays to be seen', async () => {
    const chain = await chainOf(4);
    chain.table.take(placesOf(4).item);
    chain.table.take(placesOf(3).item);

    const error = await thrownBy(appendAudit(chain, { pipeline: PIPELINE, event: eventCalled('event-5') }));

    expect(error).toMatchObject({ name: 'AuditChainBroken', facts: { sequence: 4 } });
  });

  it('ALL-12 takes no event whose facts are more than a record may hold', () => {
    const event = { ...eventCalled('large'), facts: { text: 'x'.repeat(20_000) } };

    expect(AuditEvent.safeParse(event).success).toBe(false);
  });
});
