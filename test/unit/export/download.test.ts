import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobFile } from '../../../lambdas/cxone/job-status.ts';
import { downloadPart } from '../../../lambdas/export/download.ts';
import { writePartList } from '../../../lambdas/export/part-list.ts';
import { partListKey } from '../../../lambdas/lake/keys.ts';
import { storeIntent } from '../../../lambdas/ledger/jobs.ts';
import { readPart } from '../../../lambdas/ledger/parts.ts';
import { notePoll } from '../../../lambdas/ledger/polls.ts';
import { readWindow, type WindowLedger } from '../../../lambdas/ledger/windows.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { ClaimedWindow } from '../../../lambdas/model/payloads.ts';
import { type Answer, fakeDataDownload } from '../../support/fake-data-download.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CDR_DATASET, claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const CONTENT = Buffer.from('CallId,StartTime\n1,2024-05-15T08:00:00.000Z\n');
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const chunked = (bytes: Buffer) => Readable.from([...bytes].map((byte) => Buffer.of(byte)));

/** The attempt has a confirmed list of parts. */
async function confirmList(ledger: WindowLedger, claim: ClaimedWindow) {
  const from = await readWindow(ledger, CDR_DATASET, MAY_15);
  await storeIntent(ledger, claim, from, { attempt: 1, jobKey: 'key', forRun: false });
  await notePoll(ledger, claim, 1, { partsKey: 'parts.json', partCount: 1, filesDigest: 'digest' });
}

async function prepare(
  parts: (file: JobFile) => Answer<Readable> = () => chunked(CONTENT),
  announced: Partial<JobFile> = {},
) {
  const { ledger } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const dataDownload = fakeDataDownload({ parts });
  const claim = await claimed(ledger, runCalled('night'));
  const file = { part: 1, fileName: 'part1.csv', bytes: CONTENT.length, url: '/file?part=1', ...announced };
  await writePartList(objects, partListKey(ledger.tenant, CDR_DATASET, MAY_15, 1), { parts: [file] });
  /** CXone gives another list of the job's files: the part is announced anew. */
  const relist = (changes: Partial<JobFile>) =>
    writePartList(objects, partListKey(ledger.tenant, CDR_DATASET, MAY_15, 1), {
      parts: [{ ...file, ...changes }],
    });
  const download = (changes = {}, store = objects, by = claim) =>
    downloadPart({ ledger, objects: store, dataDownload }, by, {
      attempt: 1,
      part: 1,
      fetch: 1,
      partsMissing: 0,
      format: 'csv',
      ...changes,
    });
  const key = `raw/${ledger.tenant}/cdr/dt=2024-05-15/a1/part-00001.csv`;
  const noted = () => readPart(ledger, claim, 1, 1);
  return { ledger, objects, dataDownload, claim, download, relist, key, noted };
}

describe('a part', () => {
  it('CDR-07 is stored byte by byte as it came, with its digest and length', async () => {
    const { objects, download, key, noted } = await prepare();

    const result = await download();

    expect(result).toEqual({ part: 1, bytes: CONTENT.length, fetched: true });
    expect(objects.objects.get(key)?.equals(CONTENT)).toBe(true);
    expect(await noted()).toEqual({
      part: 1,
      key,
      bytes: CONTENT.length,
      sha256: DIGEST,
      fetch: 1,
      epoch: 1,
    });
  });

  it('CDR-07 that is stored already is not fetched again', async () => {
    const { dataDownload, download } = await prepare();
    await download();

    const again = await download();

    expect([again, dataDownload.opened.length]).toEqual([
      { part: 1, bytes: CONTENT.length, fetched: false },
      1,
    ]);
  });

  it('CDR-13 that an earlier fetch stored is fetched again', async () => {
    const { dataDownload, download, noted } = await prepare();
    await download();

    await download({ fetch: 2 });

    expect([dataDownload.opened.length, (await noted())?.fetch]).toEqual([2, 2]);
  });

  it('CDR-13 that an earlier claim fetched twice in vain is fetched again where this one wishes for it, once', async () => {
    const { ledger, objects, dataDownload, download } = await prepare();
    await download();
    await download({ fetch: 2 });
    const later = await claimed(ledger, runCalled('next'));
    const fetched = [];

    for (const fetch of [1, 2, 2]) fetched.push((await download({ fetch }, objects, later)).fetched);

    expect([fetched, dataDownload.opened.length]).toEqual([[false, true, false], 3]);
  });

  it.each([
    ['of another length', Buffer.concat([CONTENT, Buffer.from('2,2024-05-15T09:00:00.000Z\n')]), false],
    ['of the same length, with another digest', Buffer.from(CONTENT.toString().replace('1,', '7,')), true],
  ])('CDR-07 that a later list announces %s is fetched again', async (_, grown, hasDigest) => {
    let content = CONTENT;
    const { objects, dataDownload, download, relist, key, noted } = await prepare(() => chunked(content));
    await download();
    content = grown;
    const sha256 = createHash('sha256').update(grown).digest('hex');
    await relist({ bytes: grown.length, ...(hasDigest ? { sha256 } : {}) });

    const result = await download({ partsMissing: 1 });

    expect(result).toEqual({ part: 1, bytes: grown.length, fetched: true });
    expect(objects.objects.get(key)?.equals(grown)).toBe(true);
    expect([(await noted())?.sha256, dataDownload.opened.length]).toEqual([sha256, 2]);
  });

  it('CDR-07 that a later list announces as it was is not fetched again', async () => {
    const { dataDownload, download, relist } = await prepare();
    await download();
    await relist({ url: '/other?part=1', sha256: DIGEST });

    const result = await download({ partsMissing: 1 });

    expect([result.fetched, dataDownload.opened.length]).toEqual([false, 1]);
  });

  it.each([
    ['is gone', undefined],
    ['is of another length', Buffer.from('short')],
  ])('CDR-07 whose object %s is fetched again', async (_, left) => {
    const { objects, dataDownload, download, key } = await prepare();
    await download();
    objects.objects.delete(key);
    if (left !== undefined) objects.objects.set(key, left);

    await download();

    expect([dataDownload.opened.length, objects.objects.get(key)?.equals(CONTENT)]).toEqual([2, true]);
  });

  it('CDR-07 that was stored but not noted is fetched again, to the same bytes', async () => {
    const { objects, download, key, noted } = await prepare();
    objects.objects.set(key, CONTENT);

    const result = await download();

    expect([result.fetched, (await noted())?.sha256]).toEqual([true, DIGEST]);
  });

  it('CDR-07 of the announced digest is taken', async () => {
    const { download } = await prepare(undefined, { sha256: DIGEST });

    const result = await download();

    expect(result.fetched).toBe(true);
  });

  it.each([
    ['is shorter than announced', CONTENT.subarray(0, 20), {}, 'ended too early'],
    ['is longer than announced', Buffer.concat([CONTENT, Buffer.of(10)]), {}, 'longer than announced'],
    [
      'has another digest than announced',
      CONTENT,
      { sha256: 'f'.repeat(64) },
      'does not have the announced digest',
    ],
    ['is empty', Buffer.alloc(0), {}, 'ended too early'],
  ])('CDR-07 that %s is not kept', async (_, bytes, announced, words) => {
    const { objects, dataDownload, download, key, noted } = await prepare(() => chunked(bytes), announced);

    const error = await thrownBy(download());

    expect([error.name, error.facts.part]).toEqual(['PartIncomplete', 1]);
    expect(error.message).toContain(words);
    expect([objects.objects.has(key), await noted()]).toEqual([false, undefined]);
    expect(dataDownload.bodies.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('CDR-07 that does not end is left as soon as it is too long', async () => {
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 1;
          yield Buffer.alloc(16);
        }
      })(),
      { highWaterMark: 1 },
    );
    const { download } = await prepare(() => endless);

    const error = await thrownBy(download());

    expect([error.name, endless.destroyed]).toEqual(['PartIncomplete', true]);
    expect(given).toBeLessThan(40);
  });

  it.each([
    ['before its first byte', 0, 'ConnectionLost'],
    ['in the middle, and that has to begin anew', 10, 'PartIncomplete'],
  ])('ALL-09 whose connection breaks %s is not kept', async (_, after, name) => {
    const broken = () =>
      Readable.from(
        (async function* () {
          if (after > 0) yield CONTENT.subarray(0, after);
          throw catalogued('ConnectionLost', 'Reset.');
        })(),
      );
    const { objects, download, key } = await prepare(broken);

    const error = await thrownBy(download());

    expect([error.name, objects.objects.has(key)]).toEqual([name, false]);
  });

  it('CDR-07 whose storing fails leaves no connection open', async () => {
    const { objects, dataDownload, download } = await prepare();
    const full = {
      ...objects,
      writeStream: async (_: string, body: Readable) => {
        body.destroy();
        throw new Error('The bucket refuses.');
      },
    };

    await expect(download({}, full)).rejects.toThrow('The bucket refuses.');
    await setImmediate();

    expect(dataDownload.bodies.every(({ destroyed }) => destroyed)).toBe(true);
  });
});

describe('CDR-06 a part that CXone does not have', () => {
  const missing = () => catalogued('PartNotReady', 'No such part.', { requestId: 'r-1' });

  it.each([0, 4])('sends back for the list of parts, %i rounds in', async (partsMissing) => {
    const { download } = await prepare(missing);

    const error = await thrownBy(download({ partsMissing }));

    expect(error.name).toBe('PartNotReady');
  });

  it('ends the window by name after five rounds', async () => {
    const { ledger, claim, download } = await prepare(missing);
    await confirmList(ledger, claim);

    const error = await thrownBy(download({ partsMissing: 5 }));

    expect([error.name, error.facts.requestId]).toEqual(['PartMissing', 'r-1']);
  });

  it('makes the next run ask CXone, not the list that is stored', async () => {
    const { ledger, claim, download } = await prepare(missing);
    await confirmList(ledger, claim);

    await thrownBy(download({ partsMissing: 4 }));
    const kept = await readWindow(ledger, CDR_DATASET, MAY_15);
    await thrownBy(download({ partsMissing: 5 }));
    const forgotten = await readWindow(ledger, CDR_DATASET, MAY_15);

    expect([kept.partsKey, kept.filesDigest]).toEqual(['parts.json', 'digest']);
    expect([forgotten.partsKey, forgotten.filesDigest, forgotten.partCount]).toEqual(
      Array(3).fill(undefined),
    );
    expect(forgotten.attempt).toBe(1);
  });

  it('is not asked for where the list has no such part', async () => {
    const { dataDownload, download } = await prepare();

    const error = await thrownBy(download({ part: 2 }));

    expect([error.name, dataDownload.opened.length]).toEqual(['PartNotReady', 0]);
  });
});

describe('the stored list of parts', () => {
  it('ALL-10 that is not of our form is named', async () => {
    const { ledger, objects, download } = await prepare();
    const key = partListKey(ledger.tenant, CDR_DATASET, MAY_15, 1);
    await objects.writeText(key, '{"parts":[{"part":0}]}', 'application/json');

    const error = await thrownBy(download());

    expect([error.name, error.message.includes(key)]).toEqual(['LedgerUnreadable', true]);
  });
});
