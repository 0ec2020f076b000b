import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const suffix = '.json';

/**
 * Small JSON documents by name, in a folder: each write replaces one document whole, by rename, before it returns, so
 * that the end of the process at any instant leaves the old or the new one. Names may hold any characters.
 */
export class Documents<Document> {
  readonly #folder: string;
  readonly #documents = new Map<string, Document>();

  /** Opens the folder, making it where it is missing. Throws on a file that does not fit the schema. */
  constructor(folder: string, schema: z.ZodType<Document>) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stored = z.object({ name: z.string(), document: schema });
    for (const file of readdirSync(folder)) {
      const path = join(folder, file);
      if (!file.endsWith(suffix)) {
        rmSync(path, { force: true });
        continue;
      }
      const parsed = stored.safeParse(JSON.parse(readFileSync(path, 'utf8')));
      if (!parsed.success)
        throw new Error(`${path} is not as this version writes it: ${parsed.error.message}`);
      this.#documents.set(parsed.data.name, parsed.data.document);
    }
  }

  get(name: string): Document | undefined {
    return this.#documents.get(name);
  }

  has(name: string): boolean {
    return this.#documents.has(name);
  }

  /** All documents by name, in the order of the names' UTF-16 code units. */
  entries(): [string, Document][] {
    return [...this.#documents].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  /** Stores a document. It is on disk when this returns; readable by the owner alone. */
  put(name: string, document: Document): void {
    const path = this.#path(name);
    writeFileSync(`${path}.new`, JSON.stringify({ name, document }), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.#documents.set(name, document);
  }

  delete(name: string): void {
    rmSync(this.#path(name), { force: true });
    this.#documents.delete(name);
  }

  // A digest keeps any name a legal file name; the name itself is inside.
  #path(name: string): string {
    return join(this.#folder, `${createHash('sha256').update(name).digest('hex')}${suffix}`);
  }
}
