import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendAudit, readHead, readRecords } from '../../lambdas/audit/chain.ts';
import { digestOfText } from '../../lambdas/audit/record.ts';
import { verifyAudit } from '../../lambdas/audit/verify.ts';
import {
  BUCKET_CHAIN,
  chainOf,
  copiesOf,
  emptyChain,
  eventCalled,
  LEDGER_CHAIN,
  PIPELINE,
  placesOf,
} from '../support/audit-chain.ts';
import { inTurn, interleave, type Machine, type StopPoint } from '../support/interleaving.ts';
import { memoryMac } from '../support/memory-mac.ts';

type Chain = Awaited<ReturnType<typeof chainOf>>;
const RECORDS = 7;
const place = fc.constantFrom('ledger', 'bucket', 'both');
const number = fc.integer({ min: 1, max: RECORDS });

/** Writes a record's copies, its digest in keeping: whoever does so has everything but the key. */
async function write(chain: Chain, at: number, text: string, where: string, mac = 'bm90IG91cnM=') {
  const { item, object } = placesOf(at);
  const digest = digestOfText(text);
  if (where !== 'bucket') await chain.table.edit(item, { text, digest });
  if (where !== 'ledger')
    await chain.objects.writeText(
      object,
      `${text}\n${JSON.stringify({ digest, mac })}\n`,
      'application/jsonl',
    );
}

function remove(chain: Chain, at: number, where: string) {
  const { item, object } = placesOf(at);
  if (where !== 'bucket') chain.table.take(item);
  if (where !== 'ledger') chain.objects.objects.delete(object);
}

const macOf = (object: string): string => JSON.parse(object.split('\n')[1] ?? '{}').mac;

const verify = (chain: Chain) => verifyAudit(chain, PIPELINE, []);

describe('an audit chain that somebody got at', () => {
  it('ALL-12 is intact while nobody does, of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(12), async (records) => {
        expect(await verify(await chainOf(records))).toEqual({ records, pending: 0, findings: [] });
      }),
      { numRuns: 10 },
    );
  });

  it('ALL-12 shows any edit, also one whose digest is in keeping, and names the record', async () => {
    await fc.assert(
      fc.asyncProperty(number, place, fc.string({ minLength: 1, maxLength: 5 }), async (at, where, word) => {
        const chain = await chainOf(RECORDS);
        const { text } = await copiesOf(chain, at);
        const edited = JSON.stringify({ ...JSON.parse(text), recordedAt: `2024-05-16T03:30:00.000Z${word}` });

        await write(chain, at, edited, where);

        const { findings } = await verify(chain);
        expect(findings.map(({ record }) => record)).toContain(at);
        expect(findings.filter(({ record }) => record < at)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('ALL-12 shows a single changed character of the text', async () => {
    await fc.assert(
      fc.asyncProperty(
        number,
        fc.constantFrom('ledger', 'bucket'),
        fc.nat(400),
        async (at, where, offset) => {
          const chain = await chainOf(RECORDS);
          const { text, digest, object } = await copiesOf(chain, at);
          const spot = offset % text.length;
          const changed = `${text.slice(0, spot)}${text[spot] === '7' ? '8' : '7'}${text.slice(spot + 1)}`;

          if (where === 'ledger') await chain.table.edit(placesOf(at).item, { text: changed });
          else
            await chain.objects.writeText(
              placesOf(at).object,
              `${changed}\n${JSON.stringify({ digest, mac: macOf(object) })}\n`,
              'application/jsonl',
            );

          const { findings } = await verify(chain);
          expect(findings).toContainEqual(
            expect.objectContaining({ record: at, place: where, problem: 'edited' }),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('ALL-12 shows a removal and names the record', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: RECORDS - 1 }), place, async (at, where) => {
        const chain = await chainOf(RECORDS);

        remove(chain, at, where);

        const { findings } = await verify(chain);
        expect(findings).toContainEqual(expect.objectContaining({ record: at, problem: 'removed' }));
      }),
      { numRuns: 30 },
    );
  });

  it('ALL-12 shows a cut tail, in one place or in both, and names the first record that is gone', async () => {
    await fc.assert(
      fc.asyncProperty(number, place, async (from, where) => {
        const chain = await chainOf(RECORDS);

        for (let at = from; at <= RECORDS; at++) remove(chain, at, where);

        const { findings } = await verify(chain);
        expect(findings).toContainEqual(expect.objectContaining({ record: from, problem: 'tailCut' }));
      }),
      { numRuns: 40 },
    );
  });

  it('ALL-12 shows records that have changed places, with their MACs, and names both', async () => {
    await fc.assert(
      fc.asyncProperty(number, number, place, async (one, other, where) => {
        fc.pre(one !== other);
        const chain = await chainOf(RECORDS);
        const [left, right] = [await copiesOf(chain, one), await copiesOf(chain, other)];

        await write(chain, one, right.text, where, macOf(right.object));
        await write(chain, other, left.text, where, macOf(left.object));

        const { findings } = await verify(chain);
        for (const record of [one, other])
          expect(findings).toContainEqual(expect.objectContaining({ record, problem: 'reordered' }));
      }),
      { numRuns: 40 },
    );
  });

  it('ALL-12 shows a past that was rewritten whole, digests, MACs of another key, head and all, from its first record', async () => {
    await fc.assert(
      fc.asyncProperty(number, async (from) => {
        const chain = await chainOf(RECORDS);
        const forger = { ...chain, mac: memoryMac() };
        let previous = from === 1 ? '0'.repeat(64) : (await copiesOf(chain, from - 1)).digest;

        for (let at = from; at <= RECORDS; at++) {
          const record = JSON.parse((await copiesOf(chain, at)).text);
          const text = JSON.stringify({ ...record, previous, recordedAt: '2024-05-16T04:00:00.000Z' });
          previous = digestOfText(text);
          const mac = await forger.mac.generate(`cxone-export audit 1\nacme\ncdr-export\n${at}\n${previous}`);
          await write(chain, at, text, 'both', mac);
          if (at === RECORDS)
            await chain.table.edit({ pk: LEDGER_CHAIN, sk: 'head' }, { digest: previous, mac });
        }

        const { findings } = await verify(chain);
        expect(findings.map(({ record }) => record).sort()[0]).toBe(from);
        expect(findings.map(({ problem }) => problem)).toEqual(
          expect.arrayContaining(['forged', 'headForged']),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('ALL-12 shows a head that was lowered no longer than until the next record, and one that was raised at once', async () => {
    const chain = await chainOf(RECORDS);
    await chain.table.edit({ pk: LEDGER_CHAIN, sk: 'head' }, { sequence: RECORDS + 1 });

    const { findings } = await verify(chain);

    expect(findings).toContainEqual(
      expect.objectContaining({ record: RECORDS + 1, problem: 'tailCut', place: 'head' }),
    );
  });
});

const stop: fc.Arbitrary<StopPoint | undefined> = fc.option(
  fc.record({ call: fc.nat(9), when: fc.constantFrom('before' as const, 'after' as const) }),
  { nil: undefined },
);

describe('writers of one audit chain at once', () => {
  it('ALL-12 keep one chain with one record an event, in any interleaving, stopped anywhere and called again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ event: fc.nat(3), stop }), { minLength: 2, maxLength: 5 }),
        fc.array(fc.nat(5), { minLength: 10, maxLength: 80 }),
        async (writers, choices) => {
          const chain = emptyChain();
          const append = (machine: Machine, event: number) => {
            const ledger = { ...chain.ledger, table: inTurn(chain.table, machine) };
            const mine = { ...chain, ledger, objects: inTurn(chain.objects, machine) };
            return appendAudit(mine, { pipeline: PIPELINE, event: eventCalled(`event-${event}`) });
          };
          await interleave(
            writers.map(
              ({ event }) =>
                (machine: Machine) =>
                  append(machine, event),
            ),
            choices,
            writers.map((writer) => writer.stop),
          );
          const between = await verify(chain);

          const alone: Machine = { turn: (call) => call() };
          for (const { event } of writers) await append(alone, event);

          const records = await Array.fromAsync(readRecords(chain.ledger, PIPELINE));
          const events = [...new Set(writers.map(({ event }) => `event-${event}`))].sort();
          expect(between.findings).toEqual([]);
          expect(records.map(({ event }) => event).sort()).toEqual(events);
          expect(await verify(chain)).toEqual({ records: events.length, pending: 0, findings: [] });
          expect(await readHead(chain.ledger, PIPELINE)).toMatchObject({ sequence: events.length });
          expect(
            [...chain.objects.objects.keys()].filter((key) => key.startsWith(BUCKET_CHAIN)),
          ).toHaveLength(events.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});
