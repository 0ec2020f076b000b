import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import cdrMapping from '../../../config/mappings/cdr.v1.json' with { type: 'json' };
import { writePartList } from '../../../lambdas/export/part-list.ts';
import { transformAttempt } from '../../../lambdas/export/transform.ts';
import { partListKey, rawPartKey } from '../../../lambdas/lake/keys.ts';
import { storeIntent } from '../../../lambdas/ledger/jobs.ts';
import { notePart } from '../../../lambdas/ledger/parts.ts';
import { notePoll } from '../../../lambdas/ledger/polls.ts';
import { readWindow } from '../../../lambdas/ledger/windows.ts';
import { GenerationFacts, TransformSettings } from '../../../lambdas/model/payloads.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CDR_DATASET, claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const HEADER =
  'CallId,StartTime,EndTime,Duration,AgentName,QueueName,Disposition,CallDirection,CustomerNumber,AgentNumber,Extra';
const row = (id: number) =>
  `c${id},2024-05-15T08:00:00.000Z,2024-05-15T08:01:00.000Z,60,Ann,Sales,ANSWERED,INBOUND,+4989123,0017,x`;
const SETTINGS = TransformSettings.parse({
  format: 'csv',
  mapping: cdrMapping,
  key: ['call_id'],
  outputs: ['parquet'],
  thresholds: {},
});

let test: TestLedger;
let folder: string;
beforeAll(async () => {
  test = await openLedger();
  folder = await mkdtemp(join(tmpdir(), 'transform-attempt-'));
});
afterAll(async () => {
  await test.close();
  await rm(folder, { recursive: true });
});

async function prepare(
  parts: string[],
  { recordCount, unstored = 0 }: { recordCount?: number; unstored?: number } = {},
) {
  const { ledger, clock } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const claim = await claimed(ledger, runCalled('night'));
  const where = [ledger.tenant, CDR_DATASET, MAY_15, 1] as const;
  const window = () => readWindow(ledger, CDR_DATASET, MAY_15);
  await storeIntent(ledger, claim, await window(), { attempt: 1, jobKey: 'key', forRun: false });
  await notePoll(ledger, claim, 1, { partsKey: partListKey(...where) });
  /** CXone gives the list of the job's files, with so many rows. */
  const relist = (announced: { recordCount?: number | undefined; counts?: number[] }) =>
    writePartList(objects, partListKey(...where), {
      recordCount: announced.recordCount,
      parts: parts.map((text, index) => {
        const count = announced.counts?.[index];
        const file = { part: index + 1, fileName: '', bytes: text.length, url: '/' };
        return count === undefined ? file : { ...file, recordCount: count };
      }),
    });
  await relist({ recordCount });
  for (const [index, text] of parts.entries()) {
    if (index + 1 === unstored) continue;
    const key = rawPartKey(...where, index + 1, 'csv');
    const written = await objects.writeText(key, text, 'text/csv');
    await notePart(ledger, claim, 1, { part: index + 1, key, ...written, fetch: 1 });
  }
  const transform = (fetch = 1) =>
    transformAttempt({ ledger, objects, clock }, claim, {
      attempt: 1,
      fetch,
      task: 'export',
      settings: SETTINGS,
      workFolder: join(folder, ledger.tenant),
      memoryLimitMegabytes: 512,
      diskLimitMegabytes: 512,
    });
  return { ledger, objects, relist, transform, window };
}

describe('the transform of an attempt', () => {
  it('CDR-13 gives the facts of a generation: counts to the row, references, no data', async () => {
    const { ledger, objects, transform } = await prepare(
      [`${HEADER}\n${row(1)}\n${row(2)}\n`, `${HEADER}\n${row(2)}\n`],
      { recordCount: 3 },
    );

    const made = await transform();

    const facts = made.outcome === 'transformed' ? GenerationFacts.parse(made.facts) : undefined;
    expect(facts).toMatchObject({
      rows: { parsed: 3, rowsOut: 2, duplicates: 1, superseded: 0, rejects: 0, outsideWindow: 0 },
      files: 1,
      driftColumns: 1,
    });
    expect(facts?.manifestKey).toContain(`lake/${ledger.tenant}/cdr/dt=2024-05-15/gen=${facts?.generation}/`);
    expect(objects.objects.has(facts?.manifestKey ?? '')).toBe(true);
  });

  it('CDR-13 of too few rows wishes the parts to be fetched once more, with both counts, then is given up', async () => {
    const { transform, window } = await prepare([`${HEADER}\n${row(1)}\n`], { recordCount: 3 });

    const first = await transform(1);
    const kept = await window();
    const error = await thrownBy(transform(2));

    expect([first, error.name]).toEqual([
      { outcome: 'fetchAgain', announced: 3, received: 1 },
      'RecordCountMismatch',
    ]);
    // Given up, the list is asked for again by the next run.
    expect([kept.partsKey === undefined, (await window()).partsKey]).toEqual([false, undefined]);
  });

  it.each([
    ['for the job', { recordCount: 3 }],
    ['for its parts', { counts: [2, 1] }],
    ['for one part of two, more than both have', { counts: [3] }],
  ])(
    'CDR-13 that has made the generation before notices that other rows are announced now %s',
    async (_, now) => {
      const { relist, transform } = await prepare([`${HEADER}\n${row(1)}\n`, `${HEADER}\n${row(2)}\n`], {
        recordCount: 2,
      });
      await transform();
      await relist(now);

      const first = await transform(1);
      const error = await thrownBy(transform(2));

      expect([first, error.name, error.facts]).toEqual([
        { outcome: 'fetchAgain', announced: 3, received: 2 },
        'RecordCountMismatch',
        { announced: 3, received: 2 },
      ]);
    },
  );

  it.each([
    ['the same rows', { recordCount: 2, counts: [1, 1] }],
    ['rows of one part only', { counts: [1] }],
    ['nothing', {}],
  ])('CDR-13 that has made the generation before is given it where %s is announced now', async (_, now) => {
    const { relist, transform } = await prepare([`${HEADER}\n${row(1)}\n`, `${HEADER}\n${row(2)}\n`]);
    const made = await transform();
    await relist(now);

    const again = await transform();

    expect(again).toEqual(made);
  });

  it('CDR-14 of no parts is an empty generation', async () => {
    const { transform } = await prepare([], { recordCount: 0 });

    const made = await transform();

    expect(made).toMatchObject({
      outcome: 'transformed',
      facts: { rows: { parsed: 0, rowsOut: 0 }, bytesIn: 0 },
    });
  });

  it('ALL-10 of a part that is not stored says which', async () => {
    const { transform } = await prepare([`${HEADER}\n`, `${HEADER}\n`], { unstored: 2 });

    const error = await thrownBy(transform());

    expect([error.name, error.facts]).toEqual(['ObjectMissing', { part: 2 }]);
  });

  it('CDR-07 of a part that the list of now announces otherwise says which', async () => {
    const { ledger, objects, transform } = await prepare([`${HEADER}\n`, `${HEADER}\n${row(1)}\n`]);
    const file = { fileName: '', url: '/' };
    await writePartList(objects, partListKey(ledger.tenant, CDR_DATASET, MAY_15, 1), {
      parts: [
        { ...file, part: 1, bytes: HEADER.length + 1 },
        { ...file, part: 2, bytes: 10_000 },
      ],
    });

    const error = await thrownBy(transform());

    expect([error.name, error.facts]).toEqual(['ObjectMissing', { part: 2 }]);
  });

  it('ALL-03 does not begin when the claim is lost', async () => {
    const { ledger, objects, transform } = await prepare([`${HEADER}\n${row(1)}\n`]);
    await claimed(ledger, runCalled('other'));
    const before = objects.writes.length;

    const error = await thrownBy(transform());

    expect([error.name, objects.writes.length]).toEqual(['ClaimLost', before]);
  });
});
