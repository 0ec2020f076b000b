import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { catalogued } from '../../model/errors.ts';
import type { Mapping } from '../../model/mapping.ts';
import type { ObjectStore } from '../../model/ports.ts';
import { exhaustion } from '../exhaustion.ts';
import { resultRecords } from './result-records.ts';

/** A result file as it was stored. */
export interface StoredResult {
  key: string;
  bytes: number;
  /** SHA-256 of the bytes received, lower-case hex. */
  sha256: string;
  format: 'csv' | 'xlsx';
}

/**
 * The records of a stored result file, as `resultRecords` gives them, by a copy in the folder, which is removed in the end. Throws
 * `PartCorrupted` where the file does not read back as it was stored, `WindowTooLarge` where the disk is full, and what `resultRecords`
 * throws.
 */
export async function* storedResultRecords(
  { key, bytes, sha256, format }: StoredResult,
  mapping: Mapping,
  { objects, folder }: { objects: ObjectStore; folder: string },
): AsyncGenerator<string[]> {
  const file = join(folder, `result.${format}`);
  const hash = createHash('sha256');
  let read = 0;
  try {
    await pipeline(
      await objects.open(key),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          read += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(file),
    ).catch(exhaustion);
    if (read !== bytes || hash.digest('hex') !== sha256)
      throw catalogued('PartCorrupted', `The object ${key} does not read back as it was stored.`);
    yield* resultRecords(file, format, mapping);
  } finally {
    await rm(file, { force: true });
  }
}
