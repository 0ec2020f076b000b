import { mkdir, rm } from 'node:fs/promises';
import { storedResultRecords } from '../dataset/result-files/stored-result.ts';
import { rawResultKey } from '../lake/keys.ts';
import { beginPart, type DayPart, keepPages, notePartsOf, readStoredPages } from '../ledger/pages.ts';
import {
  forgetFile,
  holdRange,
  noteFile,
  noteLoaded,
  type RangeState,
  rangeOf,
  type StoredFile,
} from '../ledger/ranges.ts';
import { isError } from '../model/errors.ts';
import type { JobId } from '../model/ids.ts';
import type { Mapping } from '../model/mapping.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { forgotten } from './expiry.ts';
import { besideOthers, completedJob, type FetchPorts, type FetchProgress, progressOf } from './fetch.ts';
import { RecordInstants } from './record-instants.ts';
import { RecordSpool, SPOOLED_BYTES, storeDays } from './record-spool.ts';

/** Which export, in which form, and how its cells are read. */
export interface FetchFileRequest {
  attempt: number;
  format: 'csv' | 'xlsx';
  mapping: Mapping;
  instantPaths: readonly string[];
  /** A folder on local disk of this invocation's own. */
  folder: string;
}

/**
 * Stores the file of a csv or xlsx export as it is received, then its records by day, as pages are: the file is its one page.
 * It is fetched once, and again where it was none; whoever is stopped while it is taken apart begins with the stored file again, and the
 * objects of before are never read. Throws `JobExpired`, `PartMalformed`, `PartCorrupted`, `WindowTooLarge` and `TimestampNotUtc`.
 */
export function fetchFile(
  ports: FetchPorts,
  claim: ClaimedRange,
  request: FetchFileRequest,
): Promise<FetchProgress> {
  return besideOthers(() => fetchWhole(ports, claim, request));
}

async function fetchWhole(
  ports: FetchPorts,
  claim: ClaimedRange,
  request: FetchFileRequest,
): Promise<FetchProgress> {
  const { ledger } = ports;
  let state = await holdRange(ledger, claim);
  if (state.loadedAt !== undefined) return progressOf(state, false);
  const jobId = completedJob(state, claim, request.attempt);
  const [stored] = await readStoredPages(ledger, claim, state);
  if (stored !== undefined) await notePartsOf(ledger, claim, state.attempt, stored);
  else {
    const file = state.file ?? (await storeFile(ports, claim, request, state, jobId));
    state = await storeRecords(ports, claim, request, state, file);
  }
  await noteLoaded(ledger, claim, state);
  return progressOf(state, false);
}

async function storeFile(
  { ledger, objects, analytics }: FetchPorts,
  claim: ClaimedRange,
  { format }: FetchFileRequest,
  state: RangeState,
  jobId: JobId,
): Promise<StoredFile> {
  const opened = await analytics.openFile(jobId).catch(async (error: unknown) => {
    throw isError(error, 'JobExpired') ? await forgotten(ledger, claim, state, error) : error;
  });
  const key = rawResultKey(ledger.tenant, claim.of, claim.day, state.attempt, format);
  const contentType =
    format === 'csv' ? 'text/csv' : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  const file = { key, ...(await objects.writeStream(key, opened.body, contentType)) };
  await noteFile(ledger, claim, state.attempt, file);
  return file;
}

async function storeRecords(
  ports: FetchPorts,
  claim: ClaimedRange,
  { format, mapping, instantPaths, folder }: FetchFileRequest,
  state: RangeState,
  file: StoredFile,
): Promise<RangeState> {
  const { ledger, objects } = ports;
  const days: DayPart[] = [];
  let spool = new RecordSpool(rangeOf(claim));
  const instants = new RecordInstants(instantPaths);
  let part = 0;
  let records = 0;
  const flush = async () => {
    part = await beginPart(ledger, claim, state.attempt);
    const cut = { attempt: state.attempt, part };
    for (const day of await storeDays(ports, claim, cut, spool.taken())) days.push({ ...day, part });
    spool = new RecordSpool(rangeOf(claim));
  };
  await mkdir(folder, { recursive: true });
  try {
    for await (const batch of storedResultRecords({ ...file, format }, mapping, { objects, folder })) {
      await spool.addTexts(batch, instants);
      records += batch.length;
      if (spool.bytes >= SPOOLED_BYTES) await flush();
    }
    await flush();
  } catch (error) {
    // It may have been cut short on its way: a redrive fetches it anew. Why it failed is what the machine decides by.
    if (isError(error, 'PartMalformed'))
      await forgetFile(ledger, claim, state.attempt).catch(() => undefined);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const page = { page: 1, sha256: file.sha256, records, next: null };
  return keepPages(ledger, claim, state, { part, pages: [page], days }, null);
}
