import type { Day } from '../model/days.ts';
import type { DatasetId, TenantId } from '../model/ids.ts';
import type { Mapping } from '../model/mapping.ts';
import type { OutputFormat, Thresholds } from '../model/pipelines.ts';
import type { Clock, ObjectStore } from '../model/ports.ts';
import type { RejectReason } from '../model/run-record.ts';
import type { PrivacyKey } from './privacy.ts';

/** A part of the window's job, as it was stored. */
export interface StoredPart {
  /** The part's number in its job, from 1. */
  number: number;
  /** S3 key of the bytes as received. */
  key: string;
  bytes: number;
  /** SHA-256 of the bytes received, lower-case hex. */
  sha256: string;
  /** Rows that CXone announced for the part, where it did. */
  recordCount?: number | undefined;
}

/** Where a window's objects go, without the generation: each ends in `/`, `gen=<generation>/` is appended. */
export interface WindowPrefixes {
  lake: string;
  export: string;
  quarantine: string;
}

/** All that the transform of one window is told. */
export interface TransformRequest {
  tenant: TenantId;
  dataset: DatasetId;
  day: Day;
  /** Format of the parts. */
  format: 'csv' | 'json';
  /** In any order; none for a day that CXone calls empty. */
  parts: readonly StoredPart[];
  /** Rows that CXone announced for the whole window, where it did. */
  recordCount?: number | undefined;
  mapping: Mapping;
  /** Lake columns that tell two records apart. They are required of every row. */
  key: readonly string[];
  outputs: readonly OutputFormat[];
  thresholds: Thresholds;
  prefixes: WindowPrefixes;
  /** The key of columns that are hashed. */
  privacyKey?: PrivacyKey | undefined;
  /** What the tenant calls that key: told in the manifest, nothing more. */
  hashKey?: string | undefined;
  /** A folder that the transform may empty and fill: nobody else's. */
  workFolder: string;
  /** What the whole process may take: half of it is given to DuckDB. At least 256. */
  memoryLimitMegabytes: number;
  /** What the work folder may take. */
  diskLimitMegabytes: number;
}

/** What the transform needs of the world. */
export interface TransformPorts {
  objects: ObjectStore;
  /** Times the stages; nothing of it reaches a file. */
  clock: Clock;
  /** Is told why rows were rejected, before their number is held against the threshold; of no rejects too. */
  tellRejects?: ((reasons: readonly RejectReason[]) => Promise<void>) | undefined;
}
