import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { DayPlan, PartRange } from './day-plan.ts';
import { partContent } from './part-content.ts';

/** What a manifest tells of a part. */
export interface PartFacts {
  readonly part: number;
  /** Bytes. */
  readonly size: number;
  /** Of the whole part, in lower-case hex. */
  readonly sha256: string;
  /** Lines or records, the header not counted. */
  readonly rows: number;
}

const keptFacts = 10_000;
const known = new Map<string, Promise<PartFacts>>();

/**
 * Length, digest and rows of a part, found by making it once, chunk by chunk. The last 10,000 answers of this process
 * are kept, since the same export is asked for again and again.
 */
export function partFacts(plan: DayPlan, part: PartRange): Promise<PartFacts> {
  const key = JSON.stringify([plan.export, part.number]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const facts = measure(plan, part);
  known.set(key, facts);
  const oldest = known.keys().next();
  if (known.size > keptFacts && !oldest.done) known.delete(oldest.value);
  return facts;
}

async function measure(plan: DayPlan, part: PartRange): Promise<PartFacts> {
  const digest = createHash('sha256');
  const content = partContent(plan, part);
  let size = 0;
  for (let chunk = content.next(); ; chunk = content.next()) {
    if (chunk.done) {
      return { part: part.number, size, sha256: digest.digest('hex'), rows: chunk.value.rows };
    }
    digest.update(chunk.value);
    size += chunk.value.length;
    await setImmediate();
  }
}
