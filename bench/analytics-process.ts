import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Analytics } from '../lambdas/cxone/analytics.ts';
import { transformRecords } from '../lambdas/dataset/transform-records.ts';
import { storeJob } from '../lambdas/ledger/jobs.ts';
import { readParts } from '../lambdas/ledger/parts.ts';
import { notePoll } from '../lambdas/ledger/polls.ts';
import { readRange, storeExportIntent } from '../lambdas/ledger/ranges.ts';
import { claimWindow } from '../lambdas/ledger/windows.ts';
import { Day } from '../lambdas/model/days.ts';
import { JobId, RunArn, rangeDataset, TenantId } from '../lambdas/model/ids.ts';
import { Mapping } from '../lambdas/model/mapping.ts';
import { ANALYTICS_DATASET } from '../lambdas/model/payloads.ts';
import { Thresholds } from '../lambdas/model/pipelines.ts';
import { fetchPages } from '../lambdas/paged-export/fetch.ts';
import { type AnalyticsMeasure, AnalyticsOrder, BENCH_DAY, pageFile } from './analytics.ts';
import { fileStore, fileTable } from './analytics-stores.ts';
import { peakResidentBytes } from './resident-memory.ts';

/* One way of taking pages to files, in a process of its own; prints its measure. */

const order = AnalyticsOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
const TENANT = TenantId.parse('bench');
const DAY = Day.parse(BENCH_DAY);
const RUN = RunArn.parse('arn:aws:states:eu-west-1:000000000000:execution:bench:run');
const ATTEMPT = 1;
const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
const objects = fileStore(join(order.folder, 'objects'));
const ledger = { table: fileTable(join(order.folder, 'ledger.json')), tenant: TENANT, clock };
const mapping = Mapping.parse(
  JSON.parse(readFileSync(new URL('../config/mappings/interactions.v1.json', import.meta.url), 'utf8')),
);

type Made = Pick<AnalyticsMeasure, 'records' | 'bytesOut'>;

/** What one would write first: parse a page, flatten its records, write them through gzip. */
async function plainJavaScript(): Promise<Made> {
  const target = join(order.folder, 'plain.jsonl.gz');
  const gzip = createGzip();
  const file = createWriteStream(target);
  gzip.pipe(file);
  let records = 0;
  for (let page = 0; page < order.pages; page += 1) {
    const { data } = JSON.parse(readFileSync(pageFile(order.folder, page), 'utf8'));
    for (const record of data) {
      records += 1;
      if (!gzip.write(`${JSON.stringify(flattened(record))}\n`)) await once(gzip, 'drain');
    }
  }
  gzip.end();
  await finished(file);
  return { records, bytesOut: statSync(target).size };
}

function flattened(value: object, before = '', flat: Record<string, unknown> = {}): Record<string, unknown> {
  for (const [key, inner] of Object.entries(value)) {
    const name = before === '' ? key : `${before}_${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) flattened(inner, name, flat);
    else flat[name] = Array.isArray(inner) ? JSON.stringify(inner) : inner;
  }
  return flat;
}

const filePages: Analytics = {
  submit: () => Promise.reject(new Error('Nothing is submitted.')),
  status: () => Promise.reject(new Error('Nothing is polled.')),
  openFile: () => Promise.reject(new Error('There is no file.')),
  openPage: async (_job, { cursor = '0' }) => ({
    body: createReadStream(pageFile(order.folder, Number(cursor)), { highWaterMark: 1024 * 1024 }),
  }),
};

async function pagesToParts(): Promise<Made> {
  const dataset = rangeDataset(ANALYTICS_DATASET, 1);
  const claimed = await claimWindow(
    ledger,
    { run: RUN, dataset, day: DAY, task: 'export' },
    async () => true,
  );
  const epoch = claimed.outcome === 'claimed' ? claimed.epoch : 0;
  const claim = { run: RUN, epoch, dataset, day: DAY, of: ANALYTICS_DATASET, days: 1 };
  const state = await readRange(ledger, ANALYTICS_DATASET, { from: DAY, days: 1 });
  await storeExportIntent(ledger, claim, state, { attempt: ATTEMPT, jobKey: 'bench' });
  await storeJob(ledger, claim, { jobId: JobId.parse('bench'), jobKey: 'bench', nextPollAt: 0 });
  await notePoll(ledger, claim, ATTEMPT, { jobState: 'completed' });
  const ports = { ledger, objects, analytics: filePages, remainingMilliseconds: () => 900_000 };
  const request = { attempt: ATTEMPT, pageSize: 5_000, instantPaths: ['startTime'] };
  const { records } = await fetchPages(ports, claim, request);
  return { records, bytesOut: objects.bytesWritten() };
}

async function partsToParquet(): Promise<Made> {
  const claim = { run: RUN, epoch: 1, dataset: ANALYTICS_DATASET, day: DAY };
  const parts = await readParts(ledger, claim, ATTEMPT);
  const made = await transformRecords(
    {
      tenant: TENANT,
      dataset: ANALYTICS_DATASET,
      day: DAY,
      parts: parts.map(({ part, key, bytes, sha256, records }) => ({
        number: part,
        key,
        bytes,
        sha256,
        recordCount: records,
      })),
      mapping,
      key: ['interaction_id'],
      outputs: ['parquet'],
      thresholds: Thresholds.parse({}),
      completeness: 0.99,
      prefixes: { lake: 'lake/', export: 'export/', quarantine: 'quarantine/' },
      workFolder: join(order.folder, 'work'),
      memoryLimitMegabytes: 3_008,
      diskLimitMegabytes: 4_096,
    },
    { objects, clock },
  );
  return { records: made.counts.rowsOut, bytesOut: made.bytesOut };
}

const WAYS = { baseline: plainJavaScript, pages: pagesToParts, transform: partsToParquet };
const begun = performance.now();
const before = process.cpuUsage();
const made = await WAYS[order.way]();
const { user, system } = process.cpuUsage(before);
const measured: AnalyticsMeasure = {
  ...made,
  milliseconds: performance.now() - begun,
  processorMilliseconds: (user + system) / 1_000,
  residentPeak: peakResidentBytes(),
};
process.stdout.write(JSON.stringify(measured));
