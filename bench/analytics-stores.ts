import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore, Table } from '../lambdas/model/ports.ts';
import { memoryTable } from '../test/support/memory-table.ts';

/** Objects as files in a folder. */
export function fileStore(folder: string): ObjectStore & { bytesWritten(): number } {
  const at = (key: string) => join(folder, key);
  let written = 0;
  return {
    bytesWritten: () => written,
    open: async (key) => createReadStream(at(key), { highWaterMark: 1024 * 1024 }),
    readText: async (key) => readFileSync(at(key), 'utf8'),
    async writeText(key, text) {
      mkdirSync(dirname(at(key)), { recursive: true });
      writeFileSync(at(key), text);
      return { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };
    },
    async writeStream(key, body) {
      mkdirSync(dirname(at(key)), { recursive: true });
      const hash = createHash('sha256');
      let bytes = 0;
      await pipeline(
        body,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            bytes += chunk.length;
            yield chunk;
          }
        },
        createWriteStream(at(key)),
      );
      written += bytes;
      return { bytes, sha256: hash.digest('hex') };
    },
    find: async (key) => (existsSync(at(key)) ? { key, bytes: statSync(at(key)).size } : undefined),
    async *list() {},
  };
}

/** A ledger that the next process finds again: every write is kept in a file, and repeated when it is opened. */
export function fileTable(file: string): Table {
  const table = memoryTable();
  const writes: string[] = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const repeated = Promise.all(
    writes.map((write) => {
      const [key, update] = JSON.parse(write);
      return table.update(key, update);
    }),
  );
  return {
    async get(key) {
      await repeated;
      return table.get(key);
    },
    async update(key, update) {
      await repeated;
      writes.push(JSON.stringify([key, update]));
      writeFileSync(file, `${writes.join('\n')}\n`);
      return table.update(key, update);
    },
    async *query(pk, range) {
      await repeated;
      yield* table.query(pk, range);
    },
  };
}
