import { promisify } from 'node:util';
import { constants, gzip as gzipCallback } from 'node:zlib';
import { blocksOf } from './blocks.ts';

const gzip = promisify(gzipCallback);

/**
 * Uncompressed bytes of a member, and how many are compressed side by side: 1.75 times as fast as one stream
 * on two cores.
 */
const MEMBER_BYTES = 1024 * 1024;
const MEMBERS_IN_FLIGHT = 3;

const FAST_LEVEL = 3;

/** The byte of a gzip header that names the operating system, and its value for "unknown". */
const SYSTEM_AT = 9;
const SYSTEM_UNKNOWN = 255;

/**
 * Compresses a stream into a gzip file of independent members. The same bytes give the same file however they
 * are cut into chunks: no time, no name and no system is in it. No bytes give one empty member.
 */
export function gzipMembers(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  return membersOf(source, constants.Z_DEFAULT_COMPRESSION);
}

/**
 * One member of a gzip file, packed fast: for raw parts, which are read once or twice and kept for some weeks. Of interactions level 3 makes 12 %
 * of their bytes, in the time of level 1 (14 %) and in two fifths of that of the default (11 %).
 */
export function fastGzipMember(bytes: Buffer): Promise<Buffer> {
  return memberOf(bytes, FAST_LEVEL);
}

async function* membersOf(source: AsyncIterable<Buffer>, level: number): AsyncGenerator<Buffer> {
  const inFlight: Promise<Buffer>[] = [];
  try {
    let members = 0;
    for await (const block of blocksOf(source, MEMBER_BYTES)) {
      members++;
      inFlight.push(memberOf(block, level));
      const oldest = inFlight.length >= MEMBERS_IN_FLIGHT ? inFlight.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
    if (members === 0) yield await memberOf(Buffer.alloc(0), level);
    while (inFlight.length > 0) yield await (inFlight.shift() ?? Buffer.alloc(0));
  } finally {
    await Promise.allSettled(inFlight);
  }
}

async function memberOf(block: Buffer, level: number): Promise<Buffer> {
  const member = await gzip(block, { level });
  member[SYSTEM_AT] = SYSTEM_UNKNOWN;
  return member;
}
