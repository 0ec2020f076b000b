import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf, linesOf } from '../../lambdas/delivery/webhook/batches.ts';
import type { Attempt } from '../../lambdas/delivery/webhook/post.ts';
import { DeliveryTally } from '../../lambdas/delivery/webhook/tally.ts';
import { deliverWindow, type WebhookPorts } from '../../lambdas/delivery/webhook/window-delivery.ts';
import { commitGeneration } from '../../lambdas/ledger/commits.ts';
import { readWindow } from '../../lambdas/ledger/windows.ts';
import { inTurn, interleave, type Machine } from '../support/interleaving.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { memoryTable } from '../support/memory-table.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  windowLedger,
} from '../support/window-ledger.ts';

const FILE = 'export/records.jsonl.gz';

/** A committed day of so many records, and a receiver that tells repetitions by their id and loses acknowledgements. */
async function prepare(records: readonly unknown[], lost: readonly boolean[]) {
  const { ledger, clock } = windowLedger(memoryTable());
  const objects = memoryObjectStore(1_000);
  const facts = factsOf(generationOf('a'));
  const files = [{ key: FILE, format: 'jsonl' }];
  await objects.writeText(facts.manifestKey, JSON.stringify({ window: { files } }), 'application/json');
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  objects.objects.set(FILE, gzipSync(text));
  const claim = await claimed(ledger, runCalled('night'));
  await commitGeneration(ledger, claim, facts, { deliver: true });
  const seen = new Set<string>();
  const held: unknown[] = [];
  const bodies = new Map<string, Set<string>>();
  const letters: unknown[] = [];
  let posts = 0;
  const receive = async ({ id, body }: { id: string; body: Buffer }): Promise<Attempt> => {
    const content = body.toString('utf8');
    bodies.set(id, (bodies.get(id) ?? new Set()).add(content));
    if (!seen.has(id)) held.push(...JSON.parse(content).records);
    seen.add(id);
    posts += 1;
    return lost[posts % lost.length]
      ? { outcome: 'later', reason: 'ConnectionLost ECONNRESET' }
      : { outcome: 'delivered' };
  };
  const ports = (holder: string, machine: Machine): WebhookPorts => ({
    ledger: { ...ledger, table: inTurn(ledger.table, machine) },
    objects,
    receiver: { post: (batch) => machine.turn(() => receive(batch)), close: async () => undefined },
    deadLetters: { send: async (letter) => void letters.push(letter) },
    records: [CDR_DATASET],
    limits: { records: 3, bytes: 200 },
    tries: 1_000,
    random: () => 0.5,
    holder,
    timeLeft: () => true,
    tally: new DeliveryTally(),
  });
  const window = { pipeline: 'cdr-export', dataset: CDR_DATASET, day: MAY_15 } as const;
  /** Calls until it is over, waiting as it says. */
  async function toTheEnd() {
    const alone: Machine = { turn: (call) => call() };
    for (;;) {
      const progress = await deliverWindow(ports('last', alone), window);
      if (progress.outcome === 'done') return progress;
      clock.set(Math.max(clock.now(), progress.at));
    }
  }
  return { ledger, clock, ports, window, toTheEnd, held, bodies, letters };
}

const record = fc.record({ id: fc.nat(), text: fc.string({ maxLength: 60 }) });

describe('deliveries to a webhook', () => {
  it('ANA-08 ALL-13 leave every record exactly once with a receiver that loses one acknowledgement in five, however often the run is killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 40 }),
        fc.array(
          fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
          { minLength: 7, maxLength: 23 },
        ),
        fc.array(fc.record({ call: fc.nat(12), when: fc.constantFrom('before', 'after') }), { maxLength: 6 }),
        async (records, lost, kills) => {
          fc.pre(!lost.every(Boolean));
          const { ledger, clock, ports, window, toTheEnd, held, bodies, letters } = await prepare(
            records,
            lost,
          );
          for (const [index, stop] of kills.entries()) {
            await interleave(
              [(machine) => deliverWindow(ports(`run-${index}`, machine), window)],
              [],
              [stop],
            );
            // The next run comes when the killed one's hold is over, and the receiver's pause.
            clock.set(clock.now() + 30 * 60_000);
          }

          const last = await toTheEnd();

          expect(held).toEqual(records);
          expect(last).toMatchObject({ dead: 0 });
          expect([...bodies.values()].every((contents) => contents.size === 1)).toBe(true);
          expect(letters).toEqual([]);
          expect((await readWindow(ledger, CDR_DATASET, MAY_15)).delivery).toMatchObject({
            commit: 1,
            state: 'delivered',
            records: records.length,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ANA-08 two runs at once deliver in turn: none of them loses a record, nor puts one out of order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 25 }),
        fc.array(fc.nat(3), { minLength: 5, maxLength: 40 }),
        async (records, choices) => {
          const { ports, window, toTheEnd, held } = await prepare(records, [false]);

          await interleave(
            ['one', 'other'].map((name) => (machine: Machine) => deliverWindow(ports(name, machine), window)),
            choices,
          );
          await toTheEnd();

          expect(held).toEqual(records);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('ANA-08 cut the same lines into the same batches within their bounds, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ minLength: 1, maxLength: 80 }).map((text) => JSON.stringify(text)),
          { maxLength: 60 },
        ),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 20, max: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (lines, records, bytes, chunk) => {
          const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          async function* chunks(size: number) {
            for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
          }

          const batches = await Array.fromAsync(batchesOf(linesOf(chunks(chunk)), { records, bytes }));
          const whole = await Array.fromAsync(
            batchesOf(linesOf(chunks(text.length + 1)), { records, bytes }),
          );

          expect(batches).toEqual(whole);
          expect(batches.flatMap((batch) => batch.records.map(String))).toEqual(lines);
          expect(batches.map(({ number }) => number)).toEqual(batches.map((_, index) => index + 1));
          for (const batch of batches) {
            const size = batch.records.reduce((sum, line) => sum + line.length + 1, 0);
            expect(batch.records.length).toBeLessThanOrEqual(records);
            expect(size <= bytes || batch.records.length === 1).toBe(true);
          }
        },
      ),
    );
  });
});
