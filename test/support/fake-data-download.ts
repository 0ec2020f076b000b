import { Readable } from 'node:stream';
import type { DataDownload, ExportRequest, OpenedPart } from '../../lambdas/cxone/data-download.ts';
import type { JobFile, JobStatus, ListedFile } from '../../lambdas/cxone/job-status.ts';
import { JobId } from '../../lambdas/model/ids.ts';

/** What a call is answered with: a value, or an error to throw. */
export type Answer<Value> = Value | Error;

/** CXone as a test wants it: the same key names the same job, statuses are given in turn, the last one from then on. */
export interface FakeDataDownload extends DataDownload {
  readonly submissions: { request: ExportRequest; key: string }[];
  readonly polled: JobId[];
  readonly opened: JobFile[];
  /** Bodies that were handed out, in turn. */
  readonly bodies: Readable[];
}

/** Makes a CXone of answers. */
export function fakeDataDownload(
  given: { statuses?: Answer<JobStatus>[]; parts?: (file: JobFile) => Answer<Readable | OpenedPart> } = {},
): FakeDataDownload {
  const jobs = new Map<string, JobId>();
  const statuses = [...(given.statuses ?? [])];
  const fake: FakeDataDownload = {
    submissions: [],
    polled: [],
    opened: [],
    bodies: [],
    async submit(request, key) {
      fake.submissions.push({ request, key });
      const job = jobs.get(key) ?? JobId.parse(`job-${jobs.size + 1}`);
      jobs.set(key, job);
      return job;
    },
    async status(job) {
      fake.polled.push(job);
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      if (status === undefined) throw new Error('The test gives no status.');
      if (status instanceof Error) throw status;
      return status;
    },
    async openPart(file) {
      fake.opened.push(file);
      const part = given.parts?.(file) ?? new Error('The test gives no part.');
      if (part instanceof Error) throw part;
      const opened = part instanceof Readable ? { body: part, offset: 0 } : part;
      fake.bodies.push(opened.body);
      return opened;
    },
  };
  return fake;
}

/** A list of files of so many parts, as a status has it. */
export function listedFiles(parts: number, changes: Partial<ListedFile> = {}): ListedFile[] {
  return Array.from({ length: parts }, (_, index) => ({
    fileName: `part${index + 1}.csv`,
    fileSize: 100,
    downloadUrl: `/file?part=${index + 1}`,
    sha256: undefined,
    recordCount: undefined,
    ...changes,
  }));
}

/** A completed job's status. */
export function completed(files?: ListedFile[], recordCount?: number): JobStatus {
  return {
    kind: 'completed',
    terminal: true,
    ...(files === undefined ? {} : { files }),
    ...(recordCount === undefined ? {} : { recordCount }),
  };
}

export const PENDING: JobStatus = { kind: 'pending', terminal: false };
export const PROCESSING: JobStatus = { kind: 'processing', terminal: false };
