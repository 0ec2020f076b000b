import { createHash } from 'node:crypto';

/**
 * A 32-bit number drawn for an index: the same for the same seed and index, on every machine and in any order, so
 * that a row can be made without making those before it. The finaliser is MurmurHash3's (Austin Appleby, public domain).
 */
export function drawNumber(seed: number, index: number): number {
  let bits = Math.imul(index ^ seed, 0x9e3779b1) ^ seed;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A 32-bit seed from words, for example the simulator's seed, a day and what is drawn. */
export function seedOf(...words: readonly string[]): number {
  return createHash('sha256').update(words.join('\n')).digest().readUInt32LE(0);
}

/** A version 4 shaped UUID that is the same for the same words. */
export function uuidOf(...words: readonly string[]): string {
  const hex = createHash('sha256').update(words.join('\n')).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
