import { describe, expect, it } from 'vitest';
import { storeJob } from '../../../lambdas/ledger/jobs.ts';
import { notePoll } from '../../../lambdas/ledger/polls.ts';
import { readRange, storeExportIntent } from '../../../lambdas/ledger/ranges.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import { ANALYTICS_DATASET } from '../../../lambdas/model/payloads.ts';
import { fetchPages } from '../../../lambdas/paged-export/fetch.ts';
import { fakeAnalytics, pageOf } from '../../support/fake-analytics.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { claimedRange, THREE_DAYS } from '../../support/range-ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import { runCalled, windowLedger } from '../../support/window-ledger.ts';

const ATTEMPT = 1;
const record = (id: number) => `{"id":"${id}","startTime":"2024-05-13T0${id}:00:00.000Z"}`;

/** An export that is complete, of three pages of one record; its second page is answered with `second` once. */
async function prepare(second: string) {
  const { ledger } = windowLedger(memoryTable());
  const claim = await claimedRange(ledger, runCalled('night'));
  const state = await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS);
  await storeExportIntent(ledger, claim, state, { attempt: ATTEMPT, jobKey: 'key' });
  await storeJob(ledger, claim, { jobId: JobId.parse('export-1'), jobKey: 'key', nextPollAt: 0 });
  await notePoll(ledger, claim, ATTEMPT, { jobState: 'completed' });
  const answers = [second];
  const analytics = fakeAnalytics({
    page(cursor) {
      if (cursor === '') return pageOf([record(1)], '2');
      if (cursor === '2') return answers.shift() ?? pageOf([record(2)], '3');
      return pageOf([record(3)], null);
    },
  });
  const ports = { ledger, objects: memoryObjectStore(), analytics, remainingMilliseconds: () => 900_000 };
  const request = { attempt: ATTEMPT, pageSize: 1, instantPaths: ['startTime'] };
  return { fetch: () => fetchPages(ports, claim, request), ledger };
}

describe('ANA-05 the last page of an export', () => {
  it.each([
    ['has no cursor at all', '{"data":[]}'],
    ['has records and no cursor', `{"data":[${record(2)}]}`],
    ['has an empty cursor', '{"data":[],"nextPageToken":""}'],
  ])(
    'ANA-05 is not one that %s: the export is not loaded short, and the page is asked for again',
    async (_, page) => {
      const { fetch, ledger } = await prepare(page);

      const error = await thrownBy(fetch());
      const short = await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS);
      const again = await fetch();

      expect(error.name).toBe('PageMalformed');
      expect(short.loadedAt).toBeUndefined();
      expect(again).toMatchObject({ more: false, pages: 3, records: 3 });
    },
  );
});
