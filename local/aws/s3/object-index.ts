import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** A file that holds an object's bytes, or a stretch of them. */
const segment = z.object({ file: z.string(), bytes: z.number() });

const facts = z.object({
  /** With the quotes. */
  etag: z.string(),
  bytes: z.number(),
  /** Epoch milliseconds. */
  modified: z.number(),
  /** Headers that come back with the object as they were sent. */
  headers: z.record(z.string(), z.string()),
  checksum: z.object({ algorithm: z.enum(['CRC32', 'SHA1', 'SHA256']), value: z.string() }).optional(),
  segments: z.array(segment),
});

/** An object without its bytes. */
export type ObjectFacts = z.infer<typeof facts>;
export type Segment = z.infer<typeof segment>;

const upload = z.object({
  bucket: z.string(),
  key: z.string(),
  started: z.number(),
  headers: z.record(z.string(), z.string()),
  algorithm: z.enum(['CRC32', 'SHA1', 'SHA256']).optional(),
});

/** A multipart upload that has neither been completed nor aborted. */
export type Upload = z.infer<typeof upload>;

const jsonRow = z.object({ facts: z.string() });
const keyRow = z.object({ key: z.string(), facts: z.string() });
const partRow = z.object({ number: z.number(), facts: z.string() });
const uploadRow = z.object({ id: z.string(), facts: z.string() });
const nameRow = z.object({ name: z.string() });

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (bucket, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (upload, number)
  ) WITHOUT ROWID;
`;

/**
 * What exists: buckets, objects, uploads and parts, in one SQLite file; the bytes are in files beside it. A write is
 * one transaction after the bytes are in their files, so that a process that dies leaves the state before or after it.
 * SQLite compares text by its UTF-8 bytes, which is S3's order of keys.
 */
export class ObjectIndex {
  readonly #database: DatabaseSync;
  readonly #dataFolder: string;

  /** Opens the index under `folder` and removes files that no object and no part refers to. */
  constructor(folder: string) {
    this.#dataFolder = join(folder, 'data');
    mkdirSync(this.#dataFolder, { recursive: true, mode: 0o700 });
    this.#database = new DatabaseSync(join(folder, 'index.db'));
    this.#database.exec(schema);
    this.#removeOrphans();
  }

  /** Where a file of the index is. */
  pathOf(file: string): string {
    return join(this.#dataFolder, file);
  }

  #removeOrphans(): void {
    const rows = this.#database
      .prepare('SELECT facts FROM objects UNION ALL SELECT facts FROM parts')
      .iterate();
    const referred = new Set<string>();
    for (const row of rows) for (const { file } of parseFacts(row).segments) referred.add(file);
    for (const file of readdirSync(this.#dataFolder)) if (!referred.has(file)) this.removeFiles([{ file }]);
  }

  /** Removes files whose bytes nothing refers to any more. Readers that hold them open read on. */
  removeFiles(files: readonly { file: string }[]): void {
    for (const { file } of files) rmSync(this.pathOf(file), { force: true });
  }

  /** Runs the changes as one transaction. */
  atomically<Result>(changes: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = changes();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  buckets(): string[] {
    const rows = this.#database.prepare('SELECT name FROM buckets ORDER BY name').all();
    return rows.map((row) => nameRow.parse(row).name);
  }

  hasBucket(name: string): boolean {
    return this.#database.prepare('SELECT 1 FROM buckets WHERE name = ?').get(name) !== undefined;
  }

  addBucket(name: string): void {
    this.#database.prepare("INSERT OR IGNORE INTO buckets VALUES (?, '{}')").run(name);
  }

  object(bucket: string, key: string): ObjectFacts | undefined {
    const row = this.#database
      .prepare('SELECT facts FROM objects WHERE bucket = ? AND key = ?')
      .get(bucket, key);
    return row && parseFacts(row);
  }

  putObject(bucket: string, key: string, object: ObjectFacts): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?)')
      .run(bucket, key, JSON.stringify(object));
  }

  deleteObject(bucket: string, key: string): void {
    this.#database.prepare('DELETE FROM objects WHERE bucket = ? AND key = ?').run(bucket, key);
  }

  /** The first object whose key comes after `after` in S3's order. */
  next(bucket: string, after: string): { key: string; object: ObjectFacts } | undefined {
    const statement = this.#database.prepare(
      'SELECT key, facts FROM objects WHERE bucket = ? AND key > ? ORDER BY key LIMIT 1',
    );
    const row = statement.get(bucket, after);
    return row && { key: keyRow.parse(row).key, object: parseFacts(row) };
  }

  upload(id: string): Upload | undefined {
    const row = this.#database.prepare('SELECT facts FROM uploads WHERE id = ?').get(id);
    return row && upload.parse(JSON.parse(jsonRow.parse(row).facts));
  }

  uploads(bucket: string): (Upload & { id: string })[] {
    const rows = this.#database.prepare('SELECT id, facts FROM uploads ORDER BY id').all();
    const all = rows.map((row) => {
      const { id, facts: text } = uploadRow.parse(row);
      return { id, ...upload.parse(JSON.parse(text)) };
    });
    return all.filter((candidate) => candidate.bucket === bucket);
  }

  putUpload(id: string, started: Upload): void {
    this.#database.prepare('INSERT INTO uploads VALUES (?, ?)').run(id, JSON.stringify(started));
  }

  /** Forgets an upload and its parts; their files stay. */
  deleteUpload(id: string): void {
    this.#database.prepare('DELETE FROM uploads WHERE id = ?').run(id);
    this.#database.prepare('DELETE FROM parts WHERE upload = ?').run(id);
  }

  /** An upload's parts, by number. */
  parts(id: string): { number: number; part: ObjectFacts }[] {
    const rows = this.#database
      .prepare('SELECT number, facts FROM parts WHERE upload = ? ORDER BY number')
      .all(id);
    return rows.map((row) => ({ number: partRow.parse(row).number, part: parseFacts(row) }));
  }

  putPart(id: string, number: number, part: ObjectFacts): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO parts VALUES (?, ?, ?)')
      .run(id, number, JSON.stringify(part));
  }

  close(): void {
    this.#database.close();
  }
}

function parseFacts(row: unknown): ObjectFacts {
  return facts.parse(JSON.parse(jsonRow.parse(row).facts));
}
