import { type CipherGCM, createCipheriv, createHash, type KeyObject, randomBytes } from 'node:crypto';
import type { KeyReference, ObjectIdentity } from './package.ts';
import { authenticatedData, beginningOf, endingOf, keyCheck, NONCE_BYTES, TAG_BYTES } from './package.ts';

/** Of a package, beside its ciphertext: names of tenant, object, secret and keys are far shorter together. */
const HEAD_BYTES = 32_768;

/** Bytes of content that a package of so many bytes holds at least: base64 makes four characters of three bytes. */
export function contentBytesIn(packageBytes: number): number {
  return Math.floor((packageBytes - HEAD_BYTES) / 4) * 3 - TAG_BYTES;
}

/**
 * Seals content as the bytes of a package, with a nonce of its own, chunk by chunk.
 *
 * @param key used for this object and no other
 */
export async function* sealedBytes(
  identity: ObjectIdentity,
  { key, reference }: { key: KeyObject; reference: KeyReference },
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(authenticatedData(identity));
  const digest = createHash('sha256');
  const beginning = Buffer.from(beginningOf({ ...identity, reference, check: keyCheck(key), nonce }));
  digest.update(beginning);
  yield beginning;
  for await (const text of inBase64(ciphertextOf(cipher, content))) {
    digest.update(text);
    yield text;
  }
  const { covered } = endingOf('');
  yield Buffer.from(covered + endingOf(digest.update(covered).digest('hex')).rest);
}

async function* ciphertextOf(
  cipher: CipherGCM,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  for await (const chunk of content) yield cipher.update(chunk);
  yield Buffer.concat([cipher.final(), cipher.getAuthTag()]);
}

/** Bytes that are written in base64 at once: texts of this length are cheap to the garbage collector, those of a whole chunk are not. */
const SLICE_BYTES = 3 * 4_096;

/** The base64 of bytes whose number three divides. */
function base64Of(bytes: Buffer): Buffer {
  const text = Buffer.allocUnsafe((bytes.length / 3) * 4);
  let length = 0;
  for (let from = 0; from < bytes.length; from += SLICE_BYTES)
    length += text.write(bytes.toString('base64', from, from + SLICE_BYTES), length, 'latin1');
  return text;
}

/** One base64 text over all chunks: three bytes are four characters, so what is over waits for the next chunk. */
async function* inBase64(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    waiting = bytes.subarray(whole);
    if (whole > 0) yield base64Of(bytes.subarray(0, whole));
  }
  if (waiting.length > 0) yield Buffer.from(waiting.toString('base64'), 'latin1');
}
