import { createHash } from 'node:crypto';
import { z } from 'zod';
import { oneLine, redactor } from './redaction.ts';

const count = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(0));
const optionalText = z.string().min(1).optional().catch(undefined);

const FileEntry = z.object({
  fileName: z.string().catch(''),
  fileSize: count.catch(0),
  downloadUrl: z.string().catch(''),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i)
    .transform((digest) => digest.toLowerCase())
    .optional()
    .catch(undefined),
  recordCount: count.optional().catch(undefined),
});

const StatusBody = z.object({
  status: z.string(),
  createdAt: optionalText,
  completedAt: optionalText,
  errorCode: optionalText,
  message: optionalText,
  errorMessage: optionalText,
  files: z.array(FileEntry).optional().catch(undefined),
  recordCount: count.optional().catch(undefined),
});

/** A file as the status lists it: what is missing or of the wrong form there is an empty string or 0 here. */
export type ListedFile = z.output<typeof FileEntry>;

/** How CXone says that a job stands. States come in any order; one that is not terminal is asked again. */
export type JobStatus =
  | { kind: 'pending'; terminal: false }
  | { kind: 'processing'; terminal: false }
  | { kind: 'completed'; terminal: true; files?: ListedFile[]; recordCount?: number }
  | {
      kind: 'failed';
      terminal: true;
      errorCode?: string;
      /** CXone's own words, bounded and free of credentials. */
      message?: string;
      /** As CXone says it, ISO 8601. */
      createdAt?: string;
      completedAt?: string;
    }
  | { kind: 'unknown'; terminal: false; text: string };

/** Reads the answer to a status call, leniently: a job is not lost for a field that has another form than it should. */
export const JobStatusBody = StatusBody.transform(statusOf);

function statusOf(body: z.output<typeof StatusBody>): JobStatus {
  const redact = redactor([]);
  switch (body.status.toUpperCase()) {
    case 'PENDING':
      return { kind: 'pending', terminal: false };
    case 'PROCESSING':
      return { kind: 'processing', terminal: false };
    case 'COMPLETED':
      return {
        kind: 'completed',
        terminal: true,
        ...(body.files ? { files: body.files } : {}),
        ...(body.recordCount === undefined ? {} : { recordCount: body.recordCount }),
      };
    case 'FAILED': {
      const message = body.message ?? body.errorMessage;
      return {
        kind: 'failed',
        terminal: true,
        ...(body.errorCode === undefined ? {} : { errorCode: oneLine(redact(body.errorCode), 100) }),
        ...(message === undefined ? {} : { message: oneLine(redact(message)) }),
        ...(body.createdAt === undefined ? {} : { createdAt: body.createdAt }),
        ...(body.completedAt === undefined ? {} : { completedAt: body.completedAt }),
      };
    }
    default:
      return { kind: 'unknown', terminal: false, text: oneLine(redact(body.status), 100) };
  }
}

/** One part of a completed job. */
export interface JobFile {
  /** Number of the part, from 1. */
  part: number;
  fileName: string;
  /** Size that the status announces, above 0. */
  bytes: number;
  url: string;
  /** Lower-case hex, where the status announces it. */
  sha256?: string;
  recordCount?: number;
}

/** Whether a job's list of files can be relied on, and if not, why. */
export type FileList =
  | { complete: true; files: JobFile[]; recordCount?: number }
  | { complete: false; reason: string };

/**
 * The parts of a job in their order. Complete is a list where every entry has a size above 0 and an address, and where the
 * part numbers run from 1 without gap; an empty list only beside `recordCount: 0`. That two answers agree is for the caller
 * to see (`fileListDigest`).
 */
export function completeFiles(status: JobStatus): FileList {
  if (status.kind !== 'completed') return { complete: false, reason: `the job is ${status.kind}` };
  const { files: listed, recordCount } = status;
  if (!listed) return { complete: false, reason: 'no list of files' };
  if (listed.length === 0 && recordCount !== 0)
    return { complete: false, reason: 'no files, and no record count of 0' };
  const empty = listed.findIndex(({ fileSize }) => fileSize === 0);
  if (empty >= 0) return { complete: false, reason: `entry ${empty + 1} has no size` };
  const nowhere = listed.findIndex(({ downloadUrl }) => downloadUrl === '');
  if (nowhere >= 0) return { complete: false, reason: `entry ${nowhere + 1} has no address` };
  const files = listed.map((file) => partOf(file, listed.length === 1)).sort((a, b) => a.part - b.part);
  const gap = files.findIndex(({ part }, index) => part !== index + 1);
  if (gap >= 0) return { complete: false, reason: `no single part ${gap + 1} among ${files.length}` };
  return { complete: true, files, ...(recordCount === undefined ? {} : { recordCount }) };
}

function partOf(file: ListedFile, only: boolean): JobFile {
  const number = numberInUrl(file.downloadUrl) ?? numberInName(file.fileName);
  return {
    part: number ?? (only ? 1 : 0),
    fileName: file.fileName,
    bytes: file.fileSize,
    url: file.downloadUrl,
    ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    ...(file.recordCount === undefined ? {} : { recordCount: file.recordCount }),
  };
}

function numberInUrl(url: string): number | undefined {
  return wholeNumber(/[?&]part=(\d+)(?=[&#]|$)/.exec(url)?.[1]);
}

function numberInName(name: string): number | undefined {
  return wholeNumber(/part[-_ ]?(\d+)(?!.*part[-_ ]?\d)/i.exec(name)?.[1]);
}

function wholeNumber(digits: string | undefined): number | undefined {
  const number = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Names a list of files by what it promises, so that two answers can be compared. Addresses are left out: they may be signed anew for each answer. */
export function fileListDigest(files: readonly JobFile[]): string {
  const promised = files.map(({ part, fileName, bytes, sha256, recordCount }) => [
    part,
    fileName,
    bytes,
    sha256 ?? null,
    recordCount ?? null,
  ]);
  return createHash('sha256').update(JSON.stringify(promised)).digest('hex');
}
