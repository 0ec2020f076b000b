import { createHash } from 'node:crypto';
import { pipeline, Transform } from 'node:stream';
import type { DataDownload, OpenedPart } from '../cxone/data-download.ts';
import type { JobFile } from '../cxone/job-status.ts';
import { partListKey, rawPartKey } from '../lake/keys.ts';
import { notePart, readPart, type StoredPart } from '../ledger/parts.ts';
import { forgetPartList } from '../ledger/polls.ts';
import { holdWindow, type WindowLedger } from '../ledger/windows.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { isAsListed, readPartList } from './part-list.ts';
import { resumedPart } from './resumed-part.ts';

/** How often a part may be missing before the window is given up: each time the list of parts is asked for again. */
const MISSING_PART_ROUNDS = 5;

/** Which part, of which attempt. */
export interface DownloadRequest {
  attempt: number;
  part: number;
  /** The n-th fetch: a part stored by an earlier one is fetched again. */
  fetch: number;
  partsMissing: number;
  format: 'csv' | 'json';
}

/**
 * Streams one part to the raw prefix, as it is, and notes its digest and length after the object is durable. A part that is
 * stored already, as the list of now announces it, is left alone. Throws `PartIncomplete` where bytes or digest are not as announced: nothing is visible
 * then; `PartNotReady` where CXone does not have the part, and `PartMissing` after five rounds of that.
 */
export async function downloadPart(
  ports: { ledger: WindowLedger; objects: ObjectStore; dataDownload: DataDownload },
  claim: ClaimedWindow,
  request: DownloadRequest,
): Promise<{ part: number; bytes: number; fetched: boolean }> {
  const { ledger, objects } = ports;
  await holdWindow(ledger, claim);
  const list = await readPartList(
    objects,
    partListKey(ledger.tenant, claim.dataset, claim.day, request.attempt),
  );
  const file = list.parts.find(({ part }) => part === request.part);
  if (file === undefined)
    throw catalogued('PartNotReady', `The list of parts has no part ${request.part}.`, {
      part: request.part,
    });
  const stored = await readPart(ledger, claim, request.attempt, request.part);
  if (
    stored !== undefined &&
    isFetched(stored, claim, request) &&
    isAsListed(stored, file) &&
    (await objects.find(stored.key))?.bytes === stored.bytes
  )
    return { part: request.part, bytes: stored.bytes, fetched: false };
  const opened = await openPart(ports, claim, file, request);
  const key = rawPartKey(
    ledger.tenant,
    claim.dataset,
    claim.day,
    request.attempt,
    request.part,
    request.format,
  );
  const contentType = request.format === 'csv' ? 'text/csv' : 'application/json';
  const written = await objects.writeStream(
    key,
    asAnnounced(file, resumedPart(ports.dataDownload, file, opened), opened),
    contentType,
  );
  await notePart(ledger, claim, request.attempt, {
    part: request.part,
    key,
    ...written,
    fetch: request.fetch,
  });
  return { part: request.part, bytes: written.bytes, fetched: true };
}

/** Whether the part has been fetched as often as is wished for: an earlier claim may have wished for more, too, and in vain. */
function isFetched(stored: StoredPart, { epoch }: ClaimedWindow, { fetch }: DownloadRequest): boolean {
  return fetch === 1 || (stored.epoch === epoch && stored.fetch >= fetch);
}

/** Opens the part. When it is given up, so is the list that has it: the next run asks CXone for the job's status first. */
async function openPart(
  { ledger, dataDownload }: { ledger: WindowLedger; dataDownload: DataDownload },
  claim: ClaimedWindow,
  file: JobFile,
  { attempt, partsMissing }: DownloadRequest,
) {
  try {
    return await dataDownload.openPart(file);
  } catch (error) {
    if (!isError(error, 'PartNotReady') || partsMissing < MISSING_PART_ROUNDS) throw error;
    await forgetPartList(ledger, claim, attempt);
    throw catalogued(
      'PartMissing',
      `CXone lists part ${file.part} and does not have it.`,
      error.facts,
      error,
    );
  }
}

/**
 * The body's bytes; ends well only when they are as many as announced, and those that were announced. Whoever destroys the
 * result, or fails to read on, closes the connection too.
 */
function asAnnounced(file: JobFile, body: AsyncIterable<Buffer>, opened: OpenedPart): Transform {
  // The store takes a digest of what it stores: a second one is taken where there is one to compare with before the object is visible.
  const hash = file.sha256 === undefined ? undefined : createHash('sha256');
  let bytes = 0;
  const facts = () => ({
    part: file.part,
    expected: file.bytes,
    received: bytes,
    requestId: opened.requestId,
  });
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash?.update(chunk);
      // A body that does not end would fill the bucket.
      if (bytes > file.bytes)
        done(catalogued('PartIncomplete', `Part ${file.part} is longer than announced.`, facts()));
      else done(null, chunk);
    },
    flush(done) {
      if (bytes !== file.bytes)
        done(catalogued('PartIncomplete', `Part ${file.part} is shorter than announced.`, facts()));
      else if (hash !== undefined && hash.digest('hex') !== file.sha256)
        done(catalogued('PartIncomplete', `Part ${file.part} does not have the announced digest.`, facts()));
      else done();
    },
  });
  // An error of either side destroys the other and is seen by the reader of the result. A body of which nothing was read yet
  // is not closed by its generator, which has not begun.
  pipeline(body, checked, () => opened.body.destroy());
  return checked;
}
