import { Readable } from 'node:stream';
import type { Analytics, ExportOrder } from '../../lambdas/cxone/analytics.ts';
import type { JobStatus } from '../../lambdas/cxone/job-status.ts';
import { JobId } from '../../lambdas/model/ids.ts';
import type { Answer } from './fake-data-download.ts';

/** CXone as a test wants it: every submission is a job, statuses are given in turn, pages by their cursors. */
export interface FakeAnalytics extends Analytics {
  readonly orders: ExportOrder[];
  readonly polled: JobId[];
  /** Cursors of the pages that were asked for, an empty text for the first. */
  readonly asked: string[];
}

/** A page as CXone writes it: records as JSON texts. */
export function pageOf(records: readonly string[], next: string | null): string {
  return `{"data":[${records.join(',')}],"nextPageToken":${JSON.stringify(next)}}`;
}

/** Makes a CXone of answers. */
export function fakeAnalytics(
  given: {
    submit?: (submission: number) => Answer<string>;
    statuses?: Answer<JobStatus>[];
    page?: (cursor: string) => Answer<string>;
  } = {},
): FakeAnalytics {
  const statuses = [...(given.statuses ?? [])];
  const fake: FakeAnalytics = {
    orders: [],
    polled: [],
    asked: [],
    async submit(order) {
      fake.orders.push(order);
      const answer = given.submit?.(fake.orders.length) ?? `export-${fake.orders.length}`;
      if (answer instanceof Error) throw answer;
      return JobId.parse(answer);
    },
    async status(job) {
      fake.polled.push(job);
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      if (status === undefined) throw new Error('The test gives no status.');
      if (status instanceof Error) throw status;
      return status;
    },
    async openPage(_job, { cursor = '' }) {
      fake.asked.push(cursor);
      const page = given.page?.(cursor) ?? new Error('The test gives no page.');
      if (page instanceof Error) throw page;
      return { body: Readable.from([Buffer.from(page)]) };
    },
    async openFile() {
      throw new Error('The test gives no file.');
    },
  };
  return fake;
}
