import { z } from 'zod';
import { BatchLimits, DeliveryFacts, DeliveryState } from '../model/delivery.ts';
import { catalogued } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Item, ItemKey } from '../model/ports.ts';
import { type Clause, conditionalUpdate } from './expressions.ts';
import { deadPartition, deliveryPartition } from './keys.ts';
import type { WindowLedger } from './windows.ts';

const count = z.int().min(0);
const milliseconds = z.number();

/** Which delivery: a topic (a dataset, a pipeline) and a name within it that sorts by age. */
export interface DeliveryKey {
  topic: string;
  name: string;
}

/** A delivery and how far it has come. Instants are epoch milliseconds. */
export const DeliveryItem = z.object({
  state: DeliveryState,
  facts: DeliveryFacts,
  limits: BatchLimits.describe('As they were at first: batches must not be cut anew half way'),
  batches: count.optional().describe('Known once the records have been counted'),
  records: count.optional(),
  next: z
    .int()
    .min(1)
    .default(1)
    .describe('The batch that is to go out next: all before it have been acknowledged'),
  tries: count.default(0).describe('Of that batch, that failed'),
  nextTryAt: milliseconds.default(0),
  reason: z.string().optional().describe('Why the last try failed'),
  revivedBy: z.string().default('').describe('Who took it up again last, after it was dead'),
  holder: z.string().default(''),
  leaseUntil: milliseconds.default(0),
});
export type DeliveryItem = z.infer<typeof DeliveryItem>;

/** How long a delivery is one run's without a sign of life: no function lives longer than 15 minutes. */
const LEASE_MILLISECONDS = 20 * 60_000;

/** Notes that something is to be delivered, once. Gives the delivery as it is by now. */
export async function openDelivery(
  ledger: WindowLedger,
  key: DeliveryKey,
  { facts, limits }: Pick<DeliveryItem, 'facts' | 'limits'>,
): Promise<DeliveryItem> {
  const written = await ledger.table.update(
    itemKey(ledger.tenant, key),
    conditionalUpdate({ setOnce: { state: 'open', facts, limits, openedAt: ledger.clock.now() } }),
  );
  return deliveryIn(key, written === 'conditionFailed' ? undefined : written);
}

/** A delivery, or undefined where there is none. */
export async function readDelivery(
  ledger: WindowLedger,
  key: DeliveryKey,
): Promise<DeliveryItem | undefined> {
  const item = await ledger.table.get(itemKey(ledger.tenant, key));
  return item === undefined ? undefined : deliveryIn(key, item);
}

/** Lists a delivery among those that have been given up, or takes it off the list. */
export async function listDead(ledger: WindowLedger, key: DeliveryKey, dead: boolean): Promise<void> {
  await ledger.table.update(
    { pk: deadPartition(ledger.tenant), sk: `${key.topic}#${key.name}` },
    conditionalUpdate({ set: { ...key, dead } }),
  );
}

/** Deliveries that have been given up and not been delivered since. */
export async function* deadDeliveries(
  ledger: WindowLedger,
): AsyncIterable<{ key: DeliveryKey; item: DeliveryItem }> {
  for await (const listed of ledger.table.query(deadPartition(ledger.tenant))) {
    const { dead, topic, name } = DeadItem.parse(listed);
    const item = dead ? await readDelivery(ledger, { topic, name }) : undefined;
    if (item !== undefined) yield { key: { topic, name }, item };
  }
}

const DeadItem = z.object({ dead: z.boolean(), topic: z.string(), name: z.string() });

/** Takes an open delivery for a holder, or renews what it holds. `'conditionFailed'`: it is no longer open, or another holds it. */
export function holdDelivery(
  ledger: WindowLedger,
  key: DeliveryKey,
  holder: string,
): Promise<DeliveryItem | 'conditionFailed'> {
  const now = ledger.clock.now();
  return change(ledger, key, { holder, leaseUntil: now + LEASE_MILLISECONDS }, [
    { attribute: 'state', is: '=', value: 'open' },
    {
      any: [
        { attribute: 'holder', is: 'absent' },
        { attribute: 'holder', is: '=', value: holder },
        // Whoever held it is dead by now.
        { attribute: 'leaseUntil', is: '<=', value: now },
      ],
    },
  ]);
}

/** Changes an open delivery that stands at a batch. `'conditionFailed'`: somebody else has got on with it. */
export function changeDelivery(
  ledger: WindowLedger,
  key: DeliveryKey,
  at: number,
  changes: Partial<Omit<DeliveryItem, 'facts' | 'limits'>>,
): Promise<DeliveryItem | 'conditionFailed'> {
  return change(ledger, key, changes, [
    { attribute: 'state', is: '=', value: 'open' },
    // A batch that another call has seen acknowledged must not be counted twice, nor the delivery be put back.
    at === 1
      ? {
          any: [
            { attribute: 'next', is: 'absent' },
            { attribute: 'next', is: '=', value: 1 },
          ],
        }
      : { attribute: 'next', is: '=', value: at },
  ]);
}

/** Opens a dead-lettered delivery again, at the batch where it died; once a reviver. `'conditionFailed'`: it is not dead, or was revived by them. */
export function reviveDelivery(
  ledger: WindowLedger,
  key: DeliveryKey,
  reviver: string,
): Promise<DeliveryItem | 'conditionFailed'> {
  return change(ledger, key, { state: 'open', tries: 0, nextTryAt: 0, leaseUntil: 0, revivedBy: reviver }, [
    { attribute: 'state', is: '=', value: 'dead' },
    {
      any: [
        { attribute: 'revivedBy', is: 'absent' },
        { attribute: 'revivedBy', is: '<', value: reviver },
        { attribute: 'revivedBy', is: '>', value: reviver },
      ],
    },
  ]);
}

async function change(
  ledger: WindowLedger,
  key: DeliveryKey,
  set: Record<string, unknown>,
  clauses: readonly Clause[],
): Promise<DeliveryItem | 'conditionFailed'> {
  const written = await ledger.table.update(
    itemKey(ledger.tenant, key),
    conditionalUpdate({ set: { ...set, changedAt: ledger.clock.now() } }, clauses),
  );
  return written === 'conditionFailed' ? written : deliveryIn(key, written);
}

function itemKey(tenant: TenantId, { topic, name }: DeliveryKey): ItemKey {
  return { pk: deliveryPartition(tenant, topic), sk: name };
}

function deliveryIn({ topic, name }: DeliveryKey, item: Item | undefined): DeliveryItem {
  const parsed = DeliveryItem.safeParse(item);
  if (parsed.success) return parsed.data;
  throw catalogued(
    'LedgerUnreadable',
    `The delivery ${topic} / ${name} is not of the form that this release writes.`,
  );
}
