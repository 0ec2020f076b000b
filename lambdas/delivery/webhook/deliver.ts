import {
  changeDelivery,
  type DeliveryItem,
  type DeliveryKey,
  holdDelivery,
  listDead,
  readDelivery,
} from '../../ledger/deliveries.ts';
import type { WindowLedger } from '../../ledger/windows.ts';
import type { DeliveryFacts } from '../../model/delivery.ts';
import { catalogued } from '../../model/errors.ts';
import type { Batch } from './batches.ts';
import type { Receiver } from './post.ts';
import { deliveryId } from './signature.ts';
import type { DeliveryTally } from './tally.ts';
import { nextTry } from './tries.ts';

/** What is delivered: where it is kept, what is said of it, and its records. */
export interface DeliverySource {
  key: DeliveryKey;
  facts: DeliveryFacts;
  /** What the ids of batches are derived from. */
  subject: readonly (string | number)[];
  /** The batches in order; the same ones each time. */
  batches(): AsyncIterable<Batch>;
  /** Whether something later has taken its place: nothing more is to be sent then. */
  superseded(): Promise<boolean>;
}

/** What delivering needs of the world. */
export interface DeliverPorts {
  ledger: WindowLedger;
  receiver: Receiver;
  /** Takes the reference of a delivery that has been given up. */
  deadLetters: { send(reference: DeadLetter): Promise<void> };
  /** Tries of a batch. */
  tries: number;
  random: () => number;
  /** Whoever delivers: a run. A delivery is one holder's at a time. */
  holder: string;
  /** Whether there is time left for another batch. */
  timeLeft: () => boolean;
  /** Takes what the call comes to, for the metrics. */
  tally: DeliveryTally;
}

/** What stands for a delivery that has been given up: enough to take it up again, and no record. */
export interface DeadLetter {
  kind: 'webhook delivery';
  topic: string;
  name: string;
  batch: number;
  reason: string;
}

/** How a delivery stands after a call: over, or to be gone on with at an instant. */
export type Delivered = { outcome: 'over'; item: DeliveryItem } | { outcome: 'again'; at: number };

/** Times that a delivery is looked at anew because somebody else has got on with it. */
const LOOKS = 5;

/**
 * Gets on with a delivery that has been opened: batch by batch, in order, each until it is acknowledged. Can be called again at any time, after a stop
 * anywhere: a batch goes out at least once, always with the same id and body. A batch that the receiver refuses, or that has
 * failed for its last try, dead-letters the delivery at that batch. Throws what the source and the dead letters throw.
 */
export async function deliver(ports: DeliverPorts, source: DeliverySource): Promise<Delivered> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const held = await holdDelivery(ports.ledger, source.key, ports.holder);
    if (held === 'conditionFailed') {
      const item = await readDelivery(ports.ledger, source.key);
      if (item !== undefined && item.state !== 'open') return { outcome: 'over', item };
      if (item !== undefined && item.holder !== ports.holder)
        return { outcome: 'again', at: item.leaseUntil };
      continue;
    }
    if (held.nextTryAt > ports.ledger.clock.now()) return { outcome: 'again', at: held.nextTryAt };
    const counted = await countBatches(ports, source, held);
    const result = counted === 'conditionFailed' ? counted : await sendFrom(ports, source, counted);
    if (result !== 'conditionFailed') return result;
  }
  throw catalogued('LedgerContended', `The delivery ${source.key.topic} / ${source.key.name} kept changing.`);
}

/** How many batches and records there are, counted once. */
async function countBatches(ports: DeliverPorts, source: DeliverySource, item: DeliveryItem) {
  if (item.batches !== undefined) return item;
  let batches = 0;
  let records = 0;
  for await (const batch of source.batches()) {
    batches += 1;
    records += batch.records.length;
  }
  return changeDelivery(ports.ledger, source.key, item.next, { batches, records });
}

async function sendFrom(
  ports: DeliverPorts,
  source: DeliverySource,
  begun: DeliveryItem,
): Promise<Delivered | 'conditionFailed'> {
  const { ledger } = ports;
  let item = begun;
  for await (const batch of source.batches()) {
    if (batch.number < item.next) continue;
    if (await source.superseded()) return end(ports, source, item, { state: 'superseded' });
    if (!ports.timeLeft()) return again(ports, source, item, ledger.clock.now());
    const attempt = await ports.receiver.post(messageOf(source, item, batch));
    if (attempt.outcome === 'delivered') {
      ports.tally.batches += 1;
      const moved = await changeDelivery(ledger, source.key, item.next, { next: item.next + 1, tries: 0 });
      if (moved === 'conditionFailed') return moved;
      item = moved;
      continue;
    }
    const tries = item.tries + 1;
    const at =
      attempt.outcome === 'later'
        ? nextTry(
            { now: ledger.clock.now(), tries, limit: ports.tries, retryAt: attempt.retryAt },
            ports.random,
          )
        : undefined;
    if (at === undefined) return giveUp(ports, source, item, attempt.reason);
    ports.tally.retries += 1;
    const noted = await changeDelivery(ledger, source.key, item.next, {
      tries,
      nextTryAt: at,
      reason: attempt.reason,
    });
    return noted === 'conditionFailed' ? noted : again(ports, source, noted, at);
  }
  return end(ports, source, item, { state: 'delivered' });
}

/** The body of a batch: what is said of the delivery, then its records as they stand in their file. The same each time. */
export function messageOf(
  source: Pick<DeliverySource, 'facts' | 'subject'>,
  { batches = 1 }: Pick<DeliveryItem, 'batches'>,
  batch: Batch,
): { id: string; body: Buffer } {
  const id = deliveryId(source.subject, batch.number);
  const { type, ...facts } = source.facts;
  const head = { version: 1, type, delivery: id, ...facts, batch: batch.number, batches };
  if (type !== 'records' && type !== 'dataActionUpdated')
    return { id, body: Buffer.from(JSON.stringify(head)) };
  const comma = Buffer.from(',');
  const records = batch.records.flatMap((record, index) => (index === 0 ? [record] : [comma, record]));
  const begin = JSON.stringify({ ...head, count: batch.records.length }).slice(0, -1);
  return { id, body: Buffer.concat([Buffer.from(`${begin},"records":[`), ...records, Buffer.from(']}')]) };
}

/** Gives the delivery free for whoever comes at that instant. */
async function again(
  { ledger }: DeliverPorts,
  { key }: DeliverySource,
  { next }: DeliveryItem,
  at: number,
): Promise<Delivered> {
  await changeDelivery(ledger, key, next, { leaseUntil: 0 });
  return { outcome: 'again', at };
}

async function giveUp(
  ports: DeliverPorts,
  source: DeliverySource,
  item: DeliveryItem,
  reason: string,
): Promise<Delivered | 'conditionFailed'> {
  // First the letter: one too many is better than one that was never sent.
  await ports.deadLetters.send({ kind: 'webhook delivery', ...source.key, batch: item.next, reason });
  await listDead(ports.ledger, source.key, true);
  ports.tally.givenUp += 1;
  return end(ports, source, item, { state: 'dead', reason });
}

async function end(
  { ledger }: DeliverPorts,
  { key }: DeliverySource,
  { next }: DeliveryItem,
  ending: Pick<DeliveryItem, 'state' | 'reason'>,
): Promise<Delivered | 'conditionFailed'> {
  const item = await changeDelivery(ledger, key, next, { ...ending, leaseUntil: 0 });
  return item === 'conditionFailed' ? item : { outcome: 'over', item };
}
