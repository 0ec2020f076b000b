import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { catalogued } from '../../lambdas/model/errors.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';

/**
 * An object store in memory, and what was done to it: `writes` lists the keys in the order in which they
 * became visible.
 */
export interface MemoryObjectStore extends ObjectStore {
  readonly objects: Map<string, Buffer>;
  readonly writes: string[];
}

/**
 * Makes an empty store. Bytes are handed out in chunks of `chunkBytes`, so that readers meet every boundary.
 */
export function memoryObjectStore(chunkBytes = 64 * 1024): MemoryObjectStore {
  const objects = new Map<string, Buffer>();
  const writes: string[] = [];
  const bytesOf = (key: string): Buffer => {
    const bytes = objects.get(key);
    if (bytes === undefined) throw catalogued('ObjectMissing', `There is no object ${key}.`);
    return bytes;
  };
  const store = (key: string, bytes: Buffer) => {
    objects.set(key, bytes);
    writes.push(key);
    return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  return {
    objects,
    writes,
    async open(key) {
      return Readable.from(chunksOf(bytesOf(key), chunkBytes));
    },
    async readText(key) {
      return bytesOf(key).toString('utf8');
    },
    async writeText(key, text) {
      return store(key, Buffer.from(text, 'utf8'));
    },
    async writeStream(key, body) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      return store(key, Buffer.concat(chunks));
    },
    async find(key) {
      const bytes = objects.get(key);
      return bytes === undefined ? undefined : { key, bytes: bytes.length };
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].toSorted())
        if (key.startsWith(prefix)) yield { key, bytes: bytesOf(key).length };
    },
  };
}

function* chunksOf(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}
