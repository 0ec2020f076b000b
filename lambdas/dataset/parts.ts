import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CataloguedError, catalogued } from '../model/errors.ts';
import type { ObjectStore } from '../model/ports.ts';
import { exhaustion } from './database.ts';
import { JsonArraySplitter } from './json-array.ts';
import { headerOf } from './records.ts';
import type { StoredPart } from './request.ts';

/** A part on the local disk, in a form that DuckDB reads: the CSV as received, or the JSON split into lines. */
export interface LocalPart {
  number: number;
  format: 'csv' | 'json';
  file: string;
  /** Names of the source's columns by position; undefined for a JSON part without records. */
  columns: string[] | undefined;
  /** Rows that CXone announced for it. */
  announced: number | undefined;
}

/**
 * Copies a part from the store to the folder, with memory for a chunk and a record, and proves that what is read is what was received: throws
 * `PartCorrupted` otherwise, `PartMalformed` where it is not the format, `WindowTooLarge` when the disk is full.
 */
export async function fetchPart(
  part: StoredPart,
  format: 'csv' | 'json',
  folder: string,
  objects: ObjectStore,
): Promise<LocalPart> {
  const file = join(folder, `part-${String(part.number).padStart(5, '0')}.${format}`);
  const splitter = format === 'json' ? new JsonArraySplitter() : undefined;
  const local = { number: part.number, format, file, announced: part.recordCount };
  try {
    await copyVerified(part, file, objects, splitter);
    splitter?.end();
    if (splitter !== undefined)
      return { ...local, columns: splitter.columns.length > 0 ? splitter.columns : undefined };
    return { ...local, columns: await headerOf(file) };
  } catch (error) {
    throw namingPart(error, part.number);
  }
}

async function copyVerified(
  part: StoredPart,
  file: string,
  objects: ObjectStore,
  splitter: JsonArraySplitter | undefined,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  let malformed: unknown;
  const source = await objects.open(part.key);
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        if (splitter === undefined) yield chunk;
        else if (malformed === undefined) {
          try {
            yield splitter.split(chunk);
          } catch (error) {
            // The rest is still hashed: bytes that were damaged are to be called so, whatever they look like.
            malformed = error;
          }
        }
      }
    },
    createWriteStream(file),
  ).catch(exhaustion);
  const sha256 = hash.digest('hex');
  if (bytes !== part.bytes || sha256 !== part.sha256)
    throw catalogued(
      'PartCorrupted',
      `The object ${part.key} reads back as ${bytes} bytes with SHA-256 ${sha256}; ${part.bytes} bytes with ${part.sha256} were received.`,
    );
  if (malformed !== undefined) throw malformed;
}

/** The error with the part's number among its facts. */
export function namingPart(error: unknown, part: number): unknown {
  if (!(error instanceof CataloguedError) || error.facts.part !== undefined) return error;
  const sentence = error.message.replace(/ \[[^[\]]*\]$/, '');
  return catalogued(error.name, `Part ${part}: ${sentence}`, { ...error.facts, part }, error);
}
