import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CataloguedError, catalogued } from '../model/errors.ts';
import type { ObjectStore } from '../model/ports.ts';
import { blocksOf } from './blocks.ts';
import { CsvIntake } from './csv-intake.ts';
import { exhaustion } from './exhaustion.ts';
import { JsonIntake } from './json-intake.ts';
import type { StoredPart } from './request.ts';

/**
 * A part on the local disk, in a form that DuckDB reads: CSV with a plain header, or JSON split into lines.
 */
export interface LocalPart {
  number: number;
  format: 'csv' | 'json';
  file: string;
  /** Names of the source's columns by position; undefined for a JSON part without records. */
  columns: string[] | undefined;
  /** Lines that the header took in the part as received. */
  headerLines: number;
  /** Lines of the file after the header: as many records, or fewer where records have line feeds in them. */
  lines: number;
  /**
   * Whether the file is known to have no carriage return outside a line end and no quote left open at its
   * end.
   */
  plain: boolean;
  /** Rows that CXone announced for it. */
  announced: number | undefined;
}

/** Bytes that are hashed, looked through and written at once. */
const BLOCK_BYTES = 1024 * 1024;

/** What turns a part's stream into the local file. */
export interface PartIntake {
  /** What is to be written of a chunk. */
  take(chunk: Buffer): Buffer | string;
  /** What is to be written after the last chunk. */
  end(): Buffer | string;
  readonly columns: string[] | undefined;
  readonly headerLines: number;
  readonly lines: number;
  readonly plain: boolean;
}

/**
 * Copies a part from the store to the folder, with memory for a block and a record, and proves that what is
 * read is what was received: throws `PartCorrupted` otherwise, `PartMalformed` where it is not the format,
 * `WindowTooLarge` when the disk is full.
 */
export async function fetchPart(
  part: StoredPart,
  format: 'csv' | 'json',
  folder: string,
  objects: ObjectStore,
): Promise<LocalPart> {
  const file = join(folder, `part-${String(part.number).padStart(5, '0')}.${format}`);
  const intake: PartIntake = format === 'json' ? new JsonIntake() : new CsvIntake();
  try {
    await copyVerified(part, file, objects, intake);
  } catch (error) {
    throw namingPart(error, part.number);
  }
  const { columns, headerLines, lines, plain } = intake;
  return {
    number: part.number,
    format,
    file,
    columns,
    headerLines,
    lines,
    plain,
    announced: part.recordCount,
  };
}

async function copyVerified(
  part: StoredPart,
  file: string,
  objects: ObjectStore,
  intake: PartIntake,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  let malformed: unknown;
  // After a malformed record the rest is still hashed: damaged bytes are to be called so, whatever they look like.
  const unlessMalformed = (take: () => Buffer | string) => {
    try {
      return malformed === undefined ? take() : '';
    } catch (error) {
      malformed = error;
      return '';
    }
  };
  const source = await objects.open(part.key);
  await using target = await open(file, 'w');
  const write = (data: Buffer | string) => target.appendFile(data).catch(exhaustion);
  for await (const block of blocksOf(source, BLOCK_BYTES)) {
    hash.update(block);
    bytes += block.length;
    await write(unlessMalformed(() => intake.take(block)));
  }
  await write(unlessMalformed(() => intake.end()));
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
