import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type RecordTransformRequest, transformRecords } from '../../lambdas/dataset/transform-records.ts';
import { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import { Mapping } from '../../lambdas/model/mapping.ts';
import type { RejectReason } from '../../lambdas/model/run-record.ts';
import { type MemoryObjectStore, memoryObjectStore } from './memory-object-store.ts';
import { DAY, sha256, stoppedClock, type Transformed } from './window-transform.ts';

/** A mapping of nested records with every type. */
export const NESTED = Mapping.parse({
  name: 'nested',
  version: 1,
  windowColumn: 'start_time',
  nulls: ['', 'N/A'],
  columns: [
    { source: 'interval.startTime', column: 'start_time', type: 'timestamp', required: true },
    { source: 'agent.id', column: 'agent_id', type: 'text', required: true },
    { source: 'agent.name', column: 'agent_name', type: 'text' },
    {
      source: 'metric.calls.answered',
      column: 'answered',
      type: 'integer',
      aliases: ['metric.calls.handled'],
    },
    { source: 'metric.waitTime.average', column: 'wait_average', type: 'double' },
    { source: 'metric.cost', column: 'cost', type: 'decimal' },
    { source: 'metric.talkTime', column: 'talk_seconds', type: 'duration', unit: 'milliseconds' },
    { source: 'active', column: 'active', type: 'boolean' },
    { source: 'tags', column: 'tags', type: 'text' },
    { source: String.raw`metric.calls\.total`, column: 'total_calls', type: 'integer' },
  ],
});

/** A record that has a value for every column of `NESTED`, with changes. */
export function nestedRecord(agent: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    interval: { startTime: '2024-05-15T08:00:00.000Z' },
    agent: { id: agent, name: `Agent ${agent}` },
    metric: {
      calls: { answered: 7 },
      waitTime: { average: 3.3333333333333335 },
      cost: 1.5,
      talkTime: 61_500,
      'calls.total': 9,
    },
    active: true,
    tags: ['a', 'b'],
    ...changes,
  });
}

/** Puts parts into the store, each given as the texts of its records. Thresholds let everything pass unless they are given. */
export async function recordRequest(
  store: MemoryObjectStore,
  parts: readonly (readonly string[])[],
  overrides: Partial<RecordTransformRequest> = {},
): Promise<RecordTransformRequest> {
  const stored = parts.map((records, index) => {
    const bytes = gzipSync(records.map((record) => `${record}\n`).join(''));
    const key = `raw/acme/agents/dt=${DAY}/a1/part-${String(index + 1).padStart(5, '0')}.jsonl.gz`;
    store.objects.set(key, bytes);
    return {
      number: index + 1,
      key,
      bytes: bytes.length,
      sha256: sha256(bytes),
      recordCount: records.length,
    };
  });
  return {
    tenant: TenantId.parse('acme'),
    dataset: DatasetId.parse('agents'),
    day: DAY,
    parts: stored,
    mapping: NESTED,
    key: ['start_time', 'agent_id'],
    outputs: ['parquet'],
    thresholds: { rejects: 1, outsideWindow: 1 },
    completeness: 0,
    prefixes: {
      lake: `lake/acme/agents/dt=${DAY}/`,
      export: `export/acme/agents/dt=${DAY}/`,
      quarantine: `quarantine/acme/agents/dt=${DAY}/`,
    },
    workFolder: await mkdtemp(join(tmpdir(), 'transform-records-')),
    memoryLimitMegabytes: 512,
    diskLimitMegabytes: 512,
    ...overrides,
  };
}

/** A transform of records that ran, and what it left behind. */
export type TransformedRecords = Pick<Transformed, 'store' | 'result'> & { request: RecordTransformRequest };

/** Transforms parts of records, out of a store that hands out chunks of 7 bytes. */
export async function transformed(
  parts: readonly (readonly string[])[],
  overrides: Partial<RecordTransformRequest> = {},
  store = memoryObjectStore(7),
  told: RejectReason[] = [],
): Promise<TransformedRecords> {
  const request = await recordRequest(store, parts, overrides);
  const result = await transformRecords(request, {
    objects: store,
    clock: stoppedClock,
    tellRejects: async (reasons) => void told.push(...reasons),
  });
  return { store, request, result };
}
