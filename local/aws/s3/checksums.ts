import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { s3Fault } from './fault.ts';

/** Checksum algorithms that are verified; CRC32C and CRC64NVME are refused. */
export const algorithms = ['CRC32', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof algorithms)[number];

/** The header that carries a checksum. */
export function checksumHeader(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The algorithm by S3's name. Throws `NotImplemented` for one that cannot be verified here. */
export function algorithmNamed(name: string): Algorithm {
  const found = algorithms.find((algorithm) => algorithm === name.toUpperCase());
  if (!found) throw s3Fault('NotImplemented', `Checksums by ${name} are not embedded.`);
  return found;
}

/** A checksum that takes bytes as they flow. */
export interface RunningChecksum {
  update(bytes: Buffer): void;
  /** The checksum of all bytes so far; nothing can be added after it. */
  digest(): Buffer;
}

/** Starts a checksum. */
export function startChecksum(algorithm: Algorithm): RunningChecksum {
  if (algorithm !== 'CRC32') return startHash(createHash(algorithm));
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function startHash(hash: Hash): RunningChecksum {
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
}

/** S3's checksum of checksums for an object of parts: `<base64>-<number of parts>`. */
export function compositeChecksum(algorithm: Algorithm, parts: readonly string[]): string {
  const running = startChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part, 'base64'));
  return `${running.digest().toString('base64')}-${parts.length}`;
}
