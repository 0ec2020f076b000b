import { z } from 'zod';
import { type AuditPorts, appendAudit } from '../../lambdas/audit/chain.ts';
import { conditionalUpdate } from '../../lambdas/ledger/expressions.ts';
import type { AuditEvent } from '../../lambdas/model/audit.ts';
import { TenantId } from '../../lambdas/model/ids.ts';
import type { ItemKey, Table } from '../../lambdas/model/ports.ts';
import { fakeClock } from './fake-clock.ts';
import { memoryMac } from './memory-mac.ts';
import { memoryObjectStore } from './memory-object-store.ts';
import { memoryTable } from './memory-table.ts';

export const AUDITED = TenantId.parse('acme');
export const PIPELINE = 'cdr-export';
export const LEDGER_CHAIN = 'acme#audit#cdr-export';
export const BUCKET_CHAIN = 'audit/acme/cdr-export/';

/** A ledger that somebody gets at from behind. */
export interface OpenedTable extends Table {
  /** Removes an item for good. */
  take(key: ItemKey): void;
  /** Overwrites attributes of an item. */
  edit(key: ItemKey, attributes: Record<string, unknown>): Promise<void>;
}

function opened(table: Table): OpenedTable {
  const gone = new Set<string>();
  const isGone = ({ pk, sk }: Record<string, unknown>) => gone.has(`${pk} ${sk}`);
  return {
    get: async (key) => (isGone({ ...key }) ? undefined : table.get(key)),
    update: (key, write) => table.update(key, write),
    async *query(pk, range) {
      for await (const item of table.query(pk, range)) if (!isGone(item)) yield item;
    },
    take: ({ pk, sk }) => void gone.add(`${pk} ${sk}`),
    edit: async (key, attributes) => void (await table.update(key, conditionalUpdate({ set: attributes }))),
  };
}

/** An empty chain whose ledger and bucket can be got at from behind. */
export function emptyChain() {
  const clock = fakeClock('2024-05-16T03:30:00.000Z');
  const table = opened(memoryTable());
  const ledger = { table, tenant: AUDITED, clock };
  return { ledger, table, objects: memoryObjectStore(), mac: memoryMac() } satisfies AuditPorts & {
    table: OpenedTable;
  };
}

/** The copies of a record, as they are stored. */
export async function copiesOf(chain: ReturnType<typeof emptyChain>, number: number) {
  const { item, object } = placesOf(number);
  const stored = Stored.parse(await chain.table.get(item));
  return { ...stored, object: chain.objects.objects.get(object)?.toString() ?? '' };
}

const Stored = z.object({ text: z.string(), digest: z.string(), event: z.string() });

/** The n-th thing that happened. */
export function eventCalled(name: string): AuditEvent {
  return { id: name, kind: 'commit', at: '2024-05-16T03:29:00.000Z', facts: { dataset: 'cdr', name } };
}

/** A chain of so many records. */
export async function chainOf(records: number) {
  const chain = emptyChain();
  for (let number = 1; number <= records; number++)
    await appendAudit(chain, { pipeline: PIPELINE, event: eventCalled(`event-${number}`) });
  return chain;
}

/** Keys of the n-th record in ledger and bucket. */
export function placesOf(number: number) {
  const padded = String(number).padStart(10, '0');
  return { item: { pk: LEDGER_CHAIN, sk: `record#${padded}` }, object: `${BUCKET_CHAIN}${padded}.jsonl` };
}
