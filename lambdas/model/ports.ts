import type { Readable } from 'node:stream';
import type { RunArn } from './ids.ts';

/** The only source of time for code that decides by it. */
export interface Clock {
  /** The instant, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after that many milliseconds; rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** What is known of a stored object without reading it. */
export interface ObjectFacts {
  key: string;
  bytes: number;
}

/** What a write left behind. */
export interface WrittenObject {
  bytes: number;
  /** SHA-256 of the bytes, lower-case hex. */
  sha256: string;
}

/** Until when nobody may change or remove an object, epoch milliseconds: the bucket must have Object Lock. Absent: not locked. */
export interface Protection {
  lockedUntil?: number | undefined;
}

/** The lake's bucket as domain code sees it. Keys are whole S3 keys. */
export interface ObjectStore {
  /** Opens the object. Throws `ObjectMissing` where there is none. */
  open(key: string): Promise<Readable>;
  /** The whole object as text, for small objects (manifests). Throws `ObjectMissing`. */
  readText(key: string): Promise<string>;
  /**
   * Stores a small object, whole. Repeating it with the same bytes changes nothing that a reader sees.
   */
  writeText(key: string, text: string, contentType: string, protection?: Protection): Promise<WrittenObject>;
  /**
   * Stores a stream, in parts, with bounded memory. Nothing becomes visible when the stream fails: the error of the
   * stream is thrown and the upload is aborted.
   */
  writeStream(
    key: string,
    body: Readable,
    contentType: string,
    protection?: Protection,
  ): Promise<WrittenObject>;
  /** Facts of an object, or undefined where there is none. */
  find(key: string): Promise<ObjectFacts | undefined>;
  /** All objects under a prefix, in the order of their keys. */
  list(prefix: string): AsyncIterable<ObjectFacts>;
}

/** A key that authenticates messages, and never leaves the service that keeps it. */
export interface MacKey {
  /** The MAC of a message of at most 4,096 bytes, in base64. The same message always has the same. */
  generate(message: string): Promise<string>;
  /** Whether the MAC is this key's for the message. */
  verify(message: string, mac: string): Promise<boolean>;
}

/** Where an item lies in the ledger. */
export interface ItemKey {
  /** `<tenant>#<kind>#…`: a function reaches only the kinds that it needs. */
  pk: string;
  sk: string;
}

/** An item as stored: plain values, numbers as numbers, string sets as `Set<string>`. */
export type Item = Record<string, unknown>;

/** A conditional write of one item, in DynamoDB's expression language. */
export interface ItemUpdate {
  update: string;
  condition?: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

/** The ledger's table. Single-item writes only; every read is consistent. */
export interface Table {
  get(key: ItemKey): Promise<Item | undefined>;
  /** The item as it is after the update, or `'conditionFailed'`. A retry of a lost reply may fail the condition: read again before concluding. */
  update(key: ItemKey, update: ItemUpdate): Promise<Item | 'conditionFailed'>;
  /** Items of one partition in the order of `sk`, both bounds inclusive. */
  query(pk: string, range?: { from?: string; to?: string; descending?: boolean }): AsyncIterable<Item>;
}

/** What is known of an execution. */
export interface ExecutionFacts {
  run: RunArn;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt?: number;
  input: string;
  error?: string;
  cause?: string;
  redrives: number;
}
