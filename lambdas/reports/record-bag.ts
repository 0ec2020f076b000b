import { createHash } from 'node:crypto';
import type { RecordBag } from '../ledger/readings.ts';

const MODULUS = 1n << 256n;

/** No records. */
export const EMPTY_BAG: RecordBag = { count: 0, sum: '' };

/** The records with more of them. Their order does not matter, how often each is there does. */
export function withRecords(bag: RecordBag, records: readonly string[]): RecordBag {
  if (records.length === 0) return bag;
  let sum = BigInt(`0x${bag.sum || '0'}`);
  for (const record of records) sum += BigInt(`0x${createHash('sha256').update(record).digest('hex')}`);
  return { count: bag.count + records.length, sum: (sum % MODULUS).toString(16) };
}

/** Whether both hold the same records. */
export function sameRecords(left: RecordBag, right: RecordBag): boolean {
  return left.count === right.count && left.sum === right.sum;
}
