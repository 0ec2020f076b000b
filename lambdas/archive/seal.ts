import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { archiveObjectKey } from '../lake/keys.ts';
import type { Day } from '../model/days.ts';
import type { TenantId } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { freshKey, type Sealing } from './keys.ts';
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
  objects: ObjectStore;
  sealing: Sealing;
}

/**
 * Seals the records of one archive day into objects, and gives each when it is durable. An object's key follows from its
 * records, so the same records in the same order are the same objects, and those that are there are not uploaded again.
 * Memory is bounded by one object's compressed content, whatever the number of records.
 *
 * @param records sorted by id, ascending by UTF-16 code units, none twice
 * @param objectBytes most bytes of an object; default: 64 MiB. Objects end between blocks of records of 1 MiB, so a single longer record is an object of its own
 * @throws ArchiveKeyMissing
 */
export async function* sealRecords(
  ports: SealPorts,
  { tenant, day }: { tenant: TenantId; day: Day },
  records: AsyncIterable<ArchiveRecord> | Iterable<ArchiveRecord>,
  objectBytes: number = OBJECT_BYTES,
): AsyncGenerator<SealedObject> {
  const room = contentBytesIn(objectBytes) - HELD_BACK_BYTES;
  let content = new ObjectContent();
  for await (const block of blocksOf(records)) {
    if (content.ids.length > 0 && content.compressedBytes + longestGzip(block.bytes.length) > room) {
      yield await store(ports, tenant, day, content);
      content = new ObjectContent();
    }
    await content.add(block);
  }
  if (content.ids.length > 0) yield await store(ports, tenant, day, content);
}

async function store(
  { objects, sealing }: SealPorts,
  tenant: TenantId,
  day: Day,
  content: ObjectContent,
): Promise<SealedObject> {
  const chunks = await content.end();
  const { ids, plainBytes, sha256 } = content;
  const key = archiveObjectKey(tenant, day, sha256);
  const existing = await objects.find(key);
  if (existing !== undefined)
    return { key, sha256, ids, plainBytes, sealedBytes: existing.bytes, uploaded: false };
  const identity = { tenant, object: key };
  const fresh = await freshKey(sealing, identity);
  const body = Readable.from(sealedBytes(identity, fresh, chunks), { objectMode: false });
  const { bytes } = await objects.writeStream(key, body, 'application/json');
  return { key, sha256, ids, plainBytes, sealedBytes: bytes, uploaded: true };
}

interface Block {
  ids: string[];
  bytes: Buffer;
}

/** Whole records, joined until they are a block. */
async function* blocksOf(
  records: AsyncIterable<ArchiveRecord> | Iterable<ArchiveRecord>,
): AsyncGenerator<Block> {
  let ids: string[] = [];
  let lines: string[] = [];
  let characters = 0;
  let before: string | undefined;
  for await (const { id, line } of records) {
    if ((before !== undefined && id <= before) || line.includes('\n'))
      throw new Error('records to be sealed must be sorted by id, none twice, each on one line');
    before = id;
    ids.push(id);
    lines.push(line, '\n');
    characters += line.length + 1;
    if (characters < BLOCK_BYTES) continue;
    yield { ids, bytes: Buffer.from(lines.join('')) };
    ids = [];
    lines = [];
    characters = 0;
  }
  if (ids.length > 0) yield { ids, bytes: Buffer.from(lines.join('')) };
}

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

  async add({ ids, bytes }: Block): Promise<void> {
    const taken = new Promise<void>((resolve, reject) => {
      this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    // While gzip works on its own thread.
    this.#hash.update(bytes);
    for (const id of ids) this.ids.push(id);
    this.plainBytes += bytes.length;
    await taken;
  }

  /** The compressed content. Nothing can be added afterwards. */
  async end(): Promise<readonly Buffer[]> {
    await new Promise<void>((resolve, reject) => {
      this.#gzip.once('error', reject);
      this.#gzip.once('end', resolve);
      this.#gzip.end();
    });
    return this.#chunks;
  }
}
