import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { readPage } from '../lambdas/dataset/page.ts';
import { recordPart } from '../lambdas/dataset/record-lines.ts';

/** Records of a page. */
const PAGE = 500;
export const REPORT_DAY = '2024-05-15';
const COUNTS = [
  'offered',
  'answered',
  'abandoned',
  'transferred',
  'held',
  'refused',
  'missed',
  'internal',
  'outbound',
];

/** What a program of the bench is told: files of pages, and the same records as they are stored. */
export const ReportOrder = z.object({
  pages: z.array(z.string()),
  part: z.object({ file: z.string(), bytes: z.number(), sha256: z.string() }),
  records: z.number(),
  target: z.string(),
});
export type ReportOrder = z.infer<typeof ReportOrder>;

/** A record of 37 leaves: an agent and a skill in an interval, as the mapping report-agent-performance has them. */
function recordText(index: number, records: number): string {
  const start = Date.parse(`${REPORT_DAY}T00:00:00.000Z`) + Math.floor((index / records) * 96) * 900_000;
  const draw = Math.imul(index + 1, 2_654_435_761) >>> 0;
  const spread = (name: number) => ({
    average: (draw % (300 + name)) + 0.25,
    maximum: draw % 900,
    total: draw % 9_000,
  });
  return JSON.stringify({
    interval: { startTime: new Date(start).toISOString(), endTime: new Date(start + 900_000).toISOString() },
    agent: {
      id: `agent-${index}`,
      name: `Agent ${draw % 500}`,
      team: { id: `t${draw % 20}`, name: `Team ${draw % 20}` },
    },
    skill: { id: `s${draw % 40}`, name: `Skill ${draw % 40}`, media: 'voice' },
    metric: {
      calls: Object.fromEntries(COUNTS.map((name, count) => [name, (draw >>> count) % 90])),
      waitTime: spread(1),
      talkTime: spread(2),
      holdTime: spread(3),
      wrapTime: { average: 12.5, total: draw % 700 },
      serviceLevel: (draw % 100) / 100,
      occupancy: 0.71,
      adherence: null,
      csat: 'N/A',
    },
    tags: ['voice', `tier-${draw % 3}`],
    note: '',
    site: 'Berlin',
    active: true,
  });
}

/** Writes a day's records into files: as pages of 500, and as a stored part. */
export async function writeReportDay(folder: string, records: number): Promise<Omit<ReportOrder, 'target'>> {
  mkdirSync(folder, { recursive: true });
  const pages: string[] = [];
  for (let from = 0; from < records; from += PAGE) {
    const texts = Array.from({ length: Math.min(PAGE, records - from) }, (_, index) =>
      recordText(from + index, records),
    );
    const file = join(folder, `page-${pages.length + 1}.json`);
    writeFileSync(file, `{"data":[${texts.join(',')}],"nextPageToken":null,"totalRecords":${records}}`);
    pages.push(file);
  }
  const file = join(folder, 'part-00001.jsonl.gz');
  const hash = createHash('sha256');
  await pipeline(
    Readable.from(recordPart(texts(pages))),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  return { pages, part: { file, bytes: statSync(file).size, sha256: hash.digest('hex') }, records };
}

async function* texts(pages: readonly string[]): AsyncGenerator<string[]> {
  for (const page of pages) yield readPage(await readFile(page)).records;
}
