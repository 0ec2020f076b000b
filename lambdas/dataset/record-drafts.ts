import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { catalogued } from '../model/errors.ts';
import type { ObjectStore } from '../model/ports.ts';
import { type DraftFiles, type Drafting, DraftWriter } from './draft-writer.ts';
import { namingPart } from './parts.ts';
import type { RecordRows } from './record-rows.ts';
import { LINE_FEED, RECORD_BYTES, recordTooLong } from './records.ts';
import type { StoredPart } from './request.ts';

/** A line that is longer is not held to see where it ends. */
const LINE_BYTES = 4 * RECORD_BYTES;
const CHUNK_BYTES = 256 * 1024;

/**
 * Types the records of parts, gzipped JSON Lines, into drafts, and proves that what is read is what was stored: throws
 * `PartCorrupted` otherwise, `PartMalformed` for a part that is no gzip or no UTF-8, `SumsDisagree` where a part does not have the
 * records that were counted as it was stored. Holds a chunk and a record.
 */
export async function draftRecords(
  parts: readonly StoredPart[],
  rows: RecordRows,
  objects: ObjectStore,
  drafting: Drafting,
): Promise<DraftFiles> {
  const writer = new DraftWriter(drafting);
  try {
    for (const part of parts.toSorted((left, right) => left.number - right.number))
      await takePart(part, rows, writer, objects).catch((error: unknown) => {
        throw namingPart(error, part.number);
      });
    return await writer.end();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Reads a part line by line. */
async function takePart(
  part: StoredPart,
  rows: RecordRows,
  writer: DraftWriter,
  objects: ObjectStore,
): Promise<void> {
  const received = { hash: createHash('sha256'), bytes: 0 };
  let line = 0;
  let records = 0;
  const source = await objects.open(part.key);
  try {
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          received.hash.update(chunk);
          received.bytes += chunk.length;
          yield chunk;
        }
      },
      createGunzip({ chunkSize: CHUNK_BYTES }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const bytes of wholeLines(chunks)) {
          for (let from = 0; from < bytes.length; ) {
            const to = lineEnd(bytes, from);
            line++;
            if (to > from) {
              records++;
              writer.take(rows, bytes, { from, to }, { part: part.number, line });
            }
            from = to + 1;
          }
          await writer.relieve();
        }
      },
    );
  } catch (error) {
    if (!isGzipError(error)) throw error;
    requireStored(part, await digestOf(part, objects));
    throw catalogued('PartMalformed', 'The part is not gzip.', {}, error);
  }
  requireStored(part, { bytes: received.bytes, sha256: received.hash.digest('hex') });
  if (part.recordCount !== undefined && part.recordCount !== records)
    throw catalogued('SumsDisagree', 'A part does not have the records that were counted as it was stored.', {
      stored: part.recordCount,
      records,
    });
}

function lineEnd(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(LINE_FEED, from);
  return at < 0 ? bytes.length : at;
}

/** The chunks cut anew, where lines end: each is whole lines, and UTF-8. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let open: Buffer[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const first = held > 0 ? chunk.indexOf(LINE_FEED) + 1 : 0;
      if (first > 0) yield utf8(Buffer.concat([...open, chunk.subarray(0, first)]));
      if (first < end) yield utf8(chunk.subarray(first, end));
      open = [];
      held = 0;
    }
    if (end < chunk.length) open.push(Buffer.from(chunk.subarray(end)));
    held += chunk.length - end;
    if (held > LINE_BYTES) throw recordTooLong();
  }
  if (held > 0) yield utf8(Buffer.concat(open));
}

function utf8(bytes: Buffer): Buffer {
  if (!isUtf8(bytes)) throw catalogued('PartMalformed', 'The part is not UTF-8.');
  return bytes;
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

async function digestOf({ key }: StoredPart, objects: ObjectStore) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of await objects.open(key)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function requireStored(part: StoredPart, { bytes, sha256 }: { bytes: number; sha256: string }): void {
  if (bytes === part.bytes && sha256 === part.sha256) return;
  throw catalogued(
    'PartCorrupted',
    `The object ${part.key} reads back as ${bytes} bytes with SHA-256 ${sha256}; ${part.bytes} bytes with ${part.sha256} were stored.`,
  );
}
