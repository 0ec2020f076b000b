import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { archiveObjectKey } from '../lake/keys.ts';
import type { Day } from '../model/days.ts';
import type { TenantId } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { type FreshKey, prepareKey, type Sealing } from './keys.ts';
import type { ObjectIdentity } from './package.ts';
import { contentBytesIn, sealedBytes } from './seal-bytes.ts';

/** Most bytes of an object, so that any ordinary JSON library opens it. */
export const OBJECT_BYTES = 64 * 1024 * 1024;

/** Records are compressed in blocks of at least so many bytes; an object ends between two of them. */
const BLOCK_BYTES = 1024 * 1024;

/** Bytes that gzip may still hold back when a block has been written to it, and what it adds at its end. */
const HELD_BACK_BYTES = 512 * 1024;

/** A record to be archived: its id, and itself in canonical form, JSON without a line feed. */
export interface ArchiveRecord {
  id: string;
  line: string;
}

/** An object that is durable. */
export interface SealedObject {
  key: string;
  /** SHA-256 of the records, each with a line feed after it, lower-case hex: in the key, too. */
  sha256: string;
  /** Ids of its records, in their order. */
  ids: readonly string[];
  /** Bytes of its records. */
  plainBytes: number;
  /** Bytes of the object. */
  sealedBytes: number;
  /** False where the object was there already: nothing was uploaded then. */
  uploaded: boolean;
}

/** What sealing needs of the world. */
export interface SealPorts {
  objects: Pick<ObjectStore, 'find' | 'writeStream'>;
  sealing: Sealing;
  /** Until when a new object is locked, epoch milliseconds. Absent: it is not. */
  lockedUntil?: () => number;
}

/**
 * Seals the records of one archive day into objects, and gives each when it is durable. An object's key follows from its
 * records, so the same records in the same order are the same objects, and those that are there are not uploaded again.
 * Memory is bounded by one object's compressed content, whatever the number of records.
 *
 * @param records in batches of any size, a batch being far cheaper than a record at a time; sorted by id, ascending by UTF-16 code units, none twice
 * @param objectBytes most bytes of an object; default: 64 MiB. Objects end between blocks of records of 1 MiB, so a single longer record is an object of its own
 * @throws ArchiveKeyMissing
 */
export async function* sealRecords(
  ports: SealPorts,
  { tenant, day }: { tenant: TenantId; day: Day },
  records: AsyncIterable<readonly ArchiveRecord[]> | Iterable<readonly ArchiveRecord[]>,
  objectBytes: number = OBJECT_BYTES,
): AsyncGenerator<SealedObject> {
  const room = contentBytesIn(objectBytes) - HELD_BACK_BYTES;
  let draft: Draft | undefined;
  for await (const block of blocksOf(records)) {
    // Gzip has worked on the block before while this one was joined.
    await draft?.content.taken();
    if (draft !== undefined && draft.content.compressedBytes + longestGzip(block.bytes.length) > room) {
      yield await store(ports, tenant, day, draft);
      draft = undefined;
    }
    draft ??= { content: new ObjectContent(), keyOf: prepareKey(ports.sealing) };
    draft.content.add(block);
  }
  if (draft !== undefined) yield await store(ports, tenant, day, draft);
}

/** An object that is being made. */
interface Draft {
  content: ObjectContent;
  keyOf: (object: ObjectIdentity) => Promise<FreshKey>;
}

async function store(
  { objects, lockedUntil }: SealPorts,
  tenant: TenantId,
  day: Day,
  { content, keyOf }: Draft,
): Promise<SealedObject> {
  const chunks = await content.end();
  const { ids, plainBytes, sha256 } = content;
  const key = archiveObjectKey(tenant, day, sha256);
  const existing = await objects.find(key);
  if (existing !== undefined)
    return { key, sha256, ids, plainBytes, sealedBytes: existing.bytes, uploaded: false };
  const identity = { tenant, object: key };
  const body = Readable.from(sealedBytes(identity, await keyOf(identity), chunks), { objectMode: false });
  const { bytes } = await objects.writeStream(key, body, 'application/json', {
    lockedUntil: lockedUntil?.(),
  });
  return { key, sha256, ids, plainBytes, sealedBytes: bytes, uploaded: true };
}

interface Block {
  ids: string[];
  bytes: Buffer;
}

/** Whole records, a line each, joined until they are a block. */
async function* blocksOf(
  records: AsyncIterable<readonly ArchiveRecord[]> | Iterable<readonly ArchiveRecord[]>,
): AsyncGenerator<Block> {
  let block = new BlockOfLines();
  let before: string | undefined;
  for await (const batch of records)
    for (const { id, line } of batch) {
      if ((before !== undefined && id <= before) || line.includes('\n'))
        throw new Error('records to be sealed must be sorted by id, none twice, each on one line');
      before = id;
      block.add(id, line);
      if (block.bytes < BLOCK_BYTES) continue;
      yield block.whole();
      block = new BlockOfLines();
    }
  if (block.bytes > 0) yield block.whole();
}

/** Lines written one after the other into one stretch of memory: joined as strings they would be copied three times. */
class BlockOfLines {
  readonly #ids: string[] = [];
  #memory = Buffer.allocUnsafeSlow(BLOCK_BYTES + BLOCK_BYTES / 4);
  bytes = 0;

  add(id: string, line: string): void {
    // UTF-8 has three bytes at most for a unit of UTF-16.
    const needed = this.bytes + line.length * 3 + 1;
    if (needed > this.#memory.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.#memory.length));
      this.#memory.copy(wider, 0, 0, this.bytes);
      this.#memory = wider;
    }
    this.bytes += this.#memory.write(line, this.bytes);
    this.#memory[this.bytes] = LINE_FEED;
    this.bytes += 1;
    this.#ids.push(id);
  }

  whole(): Block {
    return { ids: this.#ids, bytes: this.#memory.subarray(0, this.bytes) };
  }
}

const LINE_FEED = 0x0a;

/** Bytes that gzip makes of so many at most: blocks that do not compress are stored with five bytes before each. */
function longestGzip(bytes: number): number {
  return bytes + 5 * (Math.floor(bytes / 16_383) + 1);
}

/** The content of an object that is being made: compressed, and digested on the way. */
class ObjectContent {
  readonly ids: string[] = [];
  plainBytes = 0;
  /** Of the chunks: three bytes are four characters of base64. */
  readonly #gzip = createGzip({ chunkSize: 3 * 65_536 });
  readonly #chunks: Buffer[] = [];
  readonly #hash = createHash('sha256');
  #emitted = 0;
  #taken = Promise.resolve();

  constructor() {
    this.#gzip.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#emitted += chunk.length;
    });
  }

  /** Bytes that gzip has given out. It may hold back some. */
  get compressedBytes(): number {
    return this.#emitted + this.#gzip.readableLength;
  }

  /** SHA-256 of the records, hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Takes a block. The one before must have been taken. */
  add({ ids, bytes }: Block): void {
    this.#taken = new Promise<void>((resolve, reject) => {
      this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    // Whoever waits for it hears of it.
    this.#taken.catch(() => undefined);
    this.#hash.update(bytes);
    for (const id of ids) this.ids.push(id);
    this.plainBytes += bytes.length;
  }

  /** Resolves when gzip has taken the last block in whole. */
  taken(): Promise<void> {
    return this.#taken;
  }

  /** The compressed content. Nothing can be added afterwards. */
  async end(): Promise<readonly Buffer[]> {
    await this.#taken;
    await new Promise<void>((resolve, reject) => {
      this.#gzip.once('error', reject);
      this.#gzip.once('end', resolve);
      this.#gzip.end();
    });
    return this.#chunks;
  }
}
