import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { archiveObjectKey } from '../lake/keys.ts';
import type { Day } from '../model/days.ts';
import type { TenantId } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { type ArchiveRecord, type Block, blocksOf } from './blocks.ts';
import { GzipMember } from './gzip-member.ts';
import { type FreshKey, prepareKey, type Sealing } from './keys.ts';
import type { ObjectIdentity } from './package.ts';
import { contentBytesIn, sealedBytes } from './seal-bytes.ts';
import { Spool } from './spool.ts';

/** Most bytes of an object, so that any ordinary JSON library opens it. */
export const OBJECT_BYTES = 64 * 1024 * 1024;

/** An object that is durable. */
export interface SealedObject {
  key: string;
  /** SHA-256 of the records, each with a line feed after it, lower-case hex: in the key, too. */
  sha256: string;
  /** How many. */
  records: number;
  /** Id of the last of them. */
  lastId: string;
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
  /** On the local disk, where an object's compressed content waits until the object has its name: 48 MiB at most for objects of 64 MiB. */
  workFolder: string;
  /** Until when a new object is locked, epoch milliseconds. Absent: it is not. */
  lockedUntil?: () => number;
}

/**
 * Seals the records of one archive day into objects, and gives each when it is durable. An object's key follows from its
 * records, so the same records in the same order are the same objects, and those that are there are not uploaded again.
 * Memory is bounded by some blocks of 1 MiB, whatever the number of records; an object's compressed content waits on the local disk.
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
  const room = contentBytesIn(objectBytes);
  let draft: Draft | undefined;
  try {
    for await (const block of blocksOf(records)) {
      if (draft !== undefined && !(await draft.content.takes(block, room))) {
        const whole = draft;
        draft = undefined;
        yield await store(ports, tenant, day, whole);
      }
      draft ??= await beginDraft(ports);
      await draft.content.add(block);
    }
    if (draft !== undefined) yield await store(ports, tenant, day, draft);
  } finally {
    await draft?.content[Symbol.asyncDispose]();
  }
}

/** An object that is being made. */
interface Draft {
  content: ObjectContent;
  keyOf: (object: ObjectIdentity) => Promise<FreshKey>;
}

async function beginDraft({ sealing, workFolder }: SealPorts): Promise<Draft> {
  return { content: new ObjectContent(await Spool.open(workFolder)), keyOf: prepareKey(sealing) };
}

async function store(
  { objects, lockedUntil }: SealPorts,
  tenant: TenantId,
  day: Day,
  { content: draft, keyOf }: Draft,
): Promise<SealedObject> {
  await using content = draft;
  const compressed = await content.end();
  const { records, lastId, plainBytes, sha256 } = content;
  const key = archiveObjectKey(tenant, day, sha256);
  const sealed = { key, sha256, records, lastId, plainBytes };
  const existing = await objects.find(key);
  if (existing !== undefined) return { ...sealed, sealedBytes: existing.bytes, uploaded: false };
  const identity = { tenant, object: key };
  const body = Readable.from(sealedBytes(identity, await keyOf(identity), compressed()), {
    objectMode: false,
  });
  const { bytes } = await objects.writeStream(key, body, 'application/json', {
    lockedUntil: lockedUntil?.(),
  });
  return { ...sealed, sealedBytes: bytes, uploaded: true };
}

/** The content of an object that is being made: compressed on the local disk, and digested on the way. */
class ObjectContent implements AsyncDisposable {
  records = 0;
  lastId = '';
  plainBytes = 0;
  readonly #spool: Spool;
  readonly #member: GzipMember;
  readonly #hash = createHash('sha256');

  constructor(spool: Spool) {
    this.#spool = spool;
    this.#member = new GzipMember(spool);
  }

  /** SHA-256 of the records, hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Whether a further block leaves the content within so many bytes, whatever it compresses to. */
  takes({ bytes }: Block, room: number): Promise<boolean> {
    return this.#member.takes(bytes.length, room);
  }

  /** Takes a block, and resolves when it may take the next one. */
  async add({ records, lastId, bytes, release }: Block): Promise<void> {
    const compressing = this.#member.add(bytes, release);
    this.#hash.update(bytes);
    this.records += records;
    this.lastId = lastId;
    this.plainBytes += bytes.length;
    await compressing;
  }

  /** Ends the content, to which nothing can be added afterwards, and gives what reads it, compressed. */
  async end(): Promise<() => AsyncIterable<Buffer>> {
    await this.#member.end();
    return () => this.#spool.read();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#spool[Symbol.asyncDispose]();
  }
}
