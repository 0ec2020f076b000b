import { createHash } from 'node:crypto';
import type { Analytics, OpenedResult } from '../cxone/analytics.ts';
import { type PageInPlace, pageInPlace } from '../dataset/page.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { JobId } from '../model/ids.ts';

/** Longest page that is read into memory: 5,000 records of 25 KB. */
const PAGE_BYTES = 128 * 1_048_576;

/** A page as it was received. */
export interface FetchedPage extends PageInPlace {
  /** SHA-256 of its body, lower-case hex. */
  sha256: string;
}

/**
 * Fetches the page that a cursor names, its records noted by the wanted keys. Nothing else than a cursor that is null says that a page is the
 * last: an export announces no total. Throws `PageMalformed` for JSON of another form than a page's, and `ServerFault` for a
 * body that is no JSON at all: it was cut short on its way, or comes from a proxy, and is asked for again.
 */
export async function fetchPage(
  analytics: Analytics,
  job: JobId,
  page: { cursor?: string | undefined; pageSize: number; wanted: readonly string[] },
): Promise<FetchedPage> {
  const opened = await analytics.openPage(job, page);
  const body = await wholeBody(opened);
  const sha256 = createHash('sha256').update(body).digest('hex');
  try {
    return { ...pageInPlace(body, page.wanted, { cursor: 'required' }), sha256 };
  } catch (error) {
    if (!isError(error, 'PageMalformed') || isJson(body)) throw error;
    throw catalogued(
      'ServerFault',
      'CXone answered data with a body that is not JSON.',
      { requestId: opened.requestId },
      error,
    );
  }
}

async function wholeBody({ body, requestId }: OpenedResult): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > PAGE_BYTES)
      throw catalogued('PageMalformed', `A page of results has more than ${PAGE_BYTES} bytes.`, {
        requestId,
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
