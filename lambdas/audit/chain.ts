import { z } from 'zod';
import { auditRecordKey as auditObjectKey } from '../lake/keys.ts';
import { conditionalUpdate } from '../ledger/expressions.ts';
import { auditEventKey, auditHeadKey, auditPartition, auditRecordKey } from '../ledger/keys.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { type AuditEvent, NO_RECORD } from '../model/audit.ts';
import { DAY_MILLISECONDS, isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { PipelineName } from '../model/pipelines.ts';
import type { MacKey, ObjectStore } from '../model/ports.ts';
import { type ChainId, type Link, macMessage, objectText, recordAfter, type StoredRecord } from './record.ts';

/** What the chain is kept with. */
export interface AuditPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  /** The lake's key for message authentication. */
  mac: MacKey;
  /** Days for which an object of the chain can be neither changed nor removed by anybody. Absent: no lock. */
  lockDays?: number | undefined;
}

/** Times that the next place in the chain is tried for: each time that it is lost, another writer has got on. */
const APPEND_TRIES = 100;

const count = z.int().min(0);
const Head = z.object({ sequence: count, digest: z.string(), mac: z.string() });
const EventNote = z.object({ from: count, sequence: count.optional() });
const RecordItem = z.object({ text: z.string(), digest: z.string(), event: z.string() });

/** The anchored end of a chain, or undefined where it has none yet. */
export async function readHead(
  ledger: WindowLedger,
  pipeline: PipelineName,
): Promise<z.infer<typeof Head> | undefined> {
  const item = await ledger.table.get(auditHeadKey(ledger.tenant, pipeline));
  return item === undefined ? undefined : readable(Head, item, `The head of the audit chain of ${pipeline}`);
}

/** Records of a chain as the ledger holds them, in the order of their numbers, after one of them. */
export async function* readRecords(
  ledger: WindowLedger,
  pipeline: PipelineName,
  after = 0,
): AsyncIterable<StoredRecord> {
  const range = { from: auditRecordKey(ledger.tenant, pipeline, after + 1).sk, to: 'record$' };
  for await (const item of ledger.table.query(auditPartition(ledger.tenant, pipeline), range)) {
    const { text, digest, event } = readable(RecordItem, item, `The audit record ${String(item.sk)}`);
    yield { sequence: Number(String(item.sk).split('#')[1]), text, digest, event };
  }
}

/** A record of a chain as the ledger holds it now, or undefined where it does not. */
export async function readRecord(
  ledger: WindowLedger,
  pipeline: PipelineName,
  sequence: number,
): Promise<StoredRecord | undefined> {
  const item = await ledger.table.get(auditRecordKey(ledger.tenant, pipeline, sequence));
  if (item === undefined) return undefined;
  return { sequence, ...readable(RecordItem, item, `The audit record ${sequence}`) };
}

/** Events that a record of the chain was made of, or is being made, and the number of that record where it is known to be anchored. */
export async function* readEvents(
  ledger: WindowLedger,
  pipeline: PipelineName,
): AsyncIterable<{ event: string; sequence?: number | undefined }> {
  const { pk, sk: from } = auditEventKey(ledger.tenant, pipeline, '');
  for await (const item of ledger.table.query(pk, { from, to: 'event$' })) {
    const event = String(item.sk).slice(from.length);
    const { sequence } = readable(EventNote, item, `The note of the audit event ${event}`);
    yield { event, sequence };
  }
}

/**
 * Appends a record to the chain of a pipeline, unless the event has one: called twice, at once or after a stop anywhere, it
 * leaves one. The place in the chain is taken by one conditional write; object and head follow, and what an earlier
 * call left behind there is made good. Throws `AuditChainBroken` where the ledger lacks records that were there, and
 * `LedgerContended`.
 */
export async function appendAudit(
  ports: AuditPorts,
  { pipeline, event }: { pipeline: PipelineName; event: AuditEvent },
): Promise<{ sequence: number }> {
  const { ledger } = ports;
  const chain = { tenant: ledger.tenant, pipeline };
  const head: Link = (await readHead(ledger, pipeline)) ?? { sequence: 0, digest: NO_RECORD };
  const noted = await noteEvent(ledger, chain, event, head.sequence);
  if (noted.sequence !== undefined) return { sequence: noted.sequence };
  for (let tries = 0; tries < APPEND_TRIES; tries++) {
    const later = await recordsFrom(ledger, chain, Math.max(1, noted.from), head);
    const mine = later.find((record) => record.event === event.id);
    if (mine !== undefined) {
      await anchor(ports, chain, later, head.sequence);
      await ledger.table.update(
        auditEventKey(chain.tenant, pipeline, event.id),
        conditionalUpdate({ set: { sequence: mine.sequence } }),
      );
      return { sequence: mine.sequence };
    }
    await takePlace(
      ledger,
      chain,
      recordAfter(chain, later.at(-1) ?? head, event, isoInstant(ledger.clock.now())),
    );
  }
  throw catalogued(
    'LedgerContended',
    `The audit chain of ${pipeline} kept growing while a record was added.`,
  );
}

/**
 * Notes, once, behind which record the event's own can only be: whoever takes the event up again looks for it from there. Every
 * attempt to append comes after this note.
 */
async function noteEvent(ledger: WindowLedger, chain: ChainId, event: AuditEvent, from: number) {
  const written = await ledger.table.update(
    auditEventKey(chain.tenant, chain.pipeline, event.id),
    conditionalUpdate({ setOnce: { from } }),
  );
  return readable(EventNote, written, `The note of the audit event ${event.id}`);
}

/** The records from a number on, without a gap, at least up to the head and with the head's own as it was. */
async function recordsFrom(
  ledger: WindowLedger,
  chain: ChainId,
  first: number,
  head: Link,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of readRecords(ledger, chain.pipeline, first - 1)) {
    const expected = first + records.length;
    const isHead = expected === head.sequence;
    if (record.sequence !== expected || (isHead && record.digest !== head.digest))
      throw broken(chain, expected);
    records.push(record);
  }
  // A record that was appended over a cut tail would hide the cut.
  if (first + records.length <= head.sequence) throw broken(chain, first + records.length);
  return records;
}

async function takePlace(ledger: WindowLedger, chain: ChainId, record: StoredRecord): Promise<void> {
  const { sequence, text, digest, event } = record;
  await ledger.table.update(
    auditRecordKey(chain.tenant, chain.pipeline, sequence),
    conditionalUpdate({ set: { text, digest, event } }, [
      // Of two that follow the same record one gets the place; whether it was this call, the next look at the chain tells.
      { attribute: 'text', is: 'absent' },
    ]),
  );
}

/** Puts records behind the head into the bucket, then raises the head to the last of them: what is anchored is in both. */
async function anchor(
  { ledger, objects, mac, lockDays }: AuditPorts,
  chain: ChainId,
  records: readonly StoredRecord[],
  anchored: number,
): Promise<void> {
  const lockedUntil = lockDays === undefined ? undefined : ledger.clock.now() + lockDays * DAY_MILLISECONDS;
  for (const record of records) {
    if (record.sequence <= anchored) continue;
    // The same message gives the same MAC, so that who comes second writes the same bytes.
    const sealed = await mac.generate(macMessage(chain, record));
    const key = auditObjectKey(chain.tenant, chain.pipeline, record.sequence);
    await objects.writeText(key, objectText(record, sealed), 'application/jsonl', { lockedUntil });
    await ledger.table.update(
      auditHeadKey(chain.tenant, chain.pipeline),
      conditionalUpdate({ set: { sequence: record.sequence, digest: record.digest, mac: sealed } }, [
        // Who ends late must not lower what others have raised.
        {
          any: [
            { attribute: 'sequence', is: 'absent' },
            { attribute: 'sequence', is: '<', value: record.sequence },
          ],
        },
      ]),
    );
  }
}

function readable<Schema extends z.ZodType>(
  schema: Schema,
  item: unknown,
  subject: string,
): z.output<Schema> {
  const parsed = schema.safeParse(item);
  if (parsed.success) return parsed.data;
  throw catalogued('LedgerUnreadable', `${subject} is not of the form that this release writes.`);
}

function broken({ pipeline }: ChainId, sequence: number) {
  return catalogued(
    'AuditChainBroken',
    `The audit chain of ${pipeline} lacks record ${sequence} as it was: nothing is added to it.`,
    { sequence },
  );
}
