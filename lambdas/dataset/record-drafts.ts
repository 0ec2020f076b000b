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
        for await (const lines of linesOf(chunks)) {
          for (const text of lines) {
            line++;
            if (text === '') continue;
            records++;
            writer.take(rows.take(text, { part: part.number, line }));
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

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let open: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end < 0) open = Buffer.concat([open, chunk]);
    else {
      const lines = textOf(Buffer.concat([open, chunk.subarray(0, end)])).split('\n');
      open = Buffer.from(chunk.subarray(end + 1));
      yield lines;
    }
    if (open.length > LINE_BYTES) throw recordTooLong();
  }
  if (open.length > 0) yield [textOf(open)];
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw catalogued('PartMalformed', 'The part is not UTF-8.');
  return bytes.toString('utf8');
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
