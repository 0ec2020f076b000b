import { createReadStream, createWriteStream, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import mapping from '../config/mappings/report-agent-performance.v1.json' with { type: 'json' };
import { transformRecords } from '../lambdas/dataset/transform-records.ts';
import { Day } from '../lambdas/model/days.ts';
import { DatasetId, TenantId } from '../lambdas/model/ids.ts';
import { Mapping } from '../lambdas/model/mapping.ts';
import type { ObjectStore } from '../lambdas/model/ports.ts';
import type { BaselineMeasure } from './baselines.ts';
import { REPORT_DAY, ReportOrder } from './report-records.ts';
import { peakResidentBytes } from './resident-memory.ts';

/*
 * The programs of the bench `reports`, each run as a process of its own: `node report-programs.ts <name> <order as JSON>`.
 */

type Outcome = Pick<BaselineMeasure, 'rows' | 'bytesOut'>;

/** Parsing and nothing else: what anybody needs who parses. */
async function parse({ pages }: ReportOrder): Promise<Outcome> {
  let rows = 0;
  for (const page of pages) rows += JSON.parse(readFileSync(page, 'utf8')).data.length;
  return { rows, bytesOut: 0 };
}

/** What one would write first: every record flattened by recursion, and a CSV written by streams with their defaults. */
async function flatten({ pages, target }: ReportOrder): Promise<Outcome> {
  let count = 0;
  function* rows() {
    for (const page of pages)
      for (const record of JSON.parse(readFileSync(page, 'utf8')).data) {
        count++;
        yield flattened(record);
      }
  }
  await pipeline(Readable.from(rows()), stringify({ header: true }), createWriteStream(target));
  return { rows: count, bytesOut: statSync(target).size };
}

function flattened(
  value: Record<string, unknown>,
  prefix = '',
  row: Record<string, unknown> = {},
): Record<string, unknown> {
  for (const [key, member] of Object.entries(value)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isObject(member)) flattened(member, name, row);
    else row[name] = Array.isArray(member) ? JSON.stringify(member) : member;
  }
  return row;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The transform of the day, from the stored part to the Parquet that is uploaded. */
async function transform({ part, records, target }: ReportOrder): Promise<Outcome> {
  const nothing = async () => ({ bytes: 0, sha256: '' });
  const objects: ObjectStore = {
    open: async () => createReadStream(part.file, { highWaterMark: 1_000_000 }),
    find: async () => undefined,
    readText: async () => '',
    writeText: nothing,
    async writeStream(_key, body) {
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      return { bytes, sha256: '' };
    },
    async *list() {},
  };
  const { counts, bytesOut } = await transformRecords(
    {
      tenant: TenantId.parse('bench'),
      dataset: DatasetId.parse('agents'),
      day: Day.parse(REPORT_DAY),
      parts: [{ number: 1, key: part.file, bytes: part.bytes, sha256: part.sha256, recordCount: records }],
      mapping: Mapping.parse(mapping),
      key: ['interval_start', 'agent_id', 'skill_id'],
      outputs: ['parquet'],
      thresholds: { rejects: 0, outsideWindow: 0 },
      completeness: 1,
      prefixes: { lake: 'lake/', export: 'export/', quarantine: 'quarantine/' },
      workFolder: join(target, 'work'),
      memoryLimitMegabytes: 1_024,
      diskLimitMegabytes: 4_096,
    },
    { objects, clock: { now: () => performance.now(), sleep: async () => {} } },
  );
  rmSync(target, { recursive: true, force: true });
  return { rows: counts.rowsOut, bytesOut };
}

const programs: Readonly<Record<string, (order: ReportOrder) => Promise<Outcome>>> = {
  parse,
  flatten,
  transform,
};

const [name = '', order = '{}'] = process.argv.slice(2);
const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
if (program === undefined) throw new Error(`There is no program ${name}.`);
const given = ReportOrder.parse(JSON.parse(order));
const before = process.cpuUsage();
const begun = performance.now();
const outcome = await program(given);
const milliseconds = performance.now() - begun;
const { user, system } = process.cpuUsage(before);
const measure: BaselineMeasure = {
  ...outcome,
  milliseconds,
  processorMilliseconds: (user + system) / 1000,
  residentPeak: peakResidentBytes(),
};
console.log(JSON.stringify(measure));
