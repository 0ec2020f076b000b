import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { header, ServiceFault } from '../reply.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { type Algorithm, algorithmNamed, algorithms, checksumHeader, startChecksum } from './checksums.ts';
import { s3Fault } from './fault.ts';

/** What was received into a file. */
export interface Received {
  bytes: number;
  /** MD5 of the bytes, lower-case hex: S3's ETag of a single upload. */
  md5: string;
  /** The checksum that the caller sent, verified. */
  checksum?: { algorithm: Algorithm; value: string };
}

/**
 * Streams a request's body into a new file and verifies every length and digest that the caller sent. On any failure
 * the file is removed and `BadDigest`, `XAmzContentSHA256Mismatch` or `IncompleteBody` is thrown.
 */
export async function receiveBody(message: IncomingMessage, path: string): Promise<Received> {
  const chunked = header(message, 'content-encoding')?.split(',').at(0)?.trim() === 'aws-chunked';
  const algorithm = announcedAlgorithm(message);
  const md5 = createHash('md5');
  const checksum = algorithm && startChecksum(algorithm);
  const payloadDigest = header(message, 'x-amz-content-sha256') ?? '';
  const sha256 = /^[0-9a-f]{64}$/.test(payloadDigest) ? createHash('sha256') : undefined;
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      md5.update(chunk);
      sha256?.update(chunk);
      checksum?.update(chunk);
      done(null, chunk);
    },
  });
  const decoder = chunked ? new AwsChunkedDecoder() : undefined;
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await (decoder ? pipeline(message, decoder, meter, file) : pipeline(message, meter, file));
    const digest = md5.digest();
    checkLength(message, bytes, chunked);
    checkMd5(message, digest);
    if (sha256 && sha256.digest('hex') !== payloadDigest) {
      throw s3Fault('XAmzContentSHA256Mismatch', 'The body does not match x-amz-content-sha256.');
    }
    const received = { bytes, md5: digest.toString('hex') };
    if (!algorithm || !checksum) return received;
    const value = checksum.digest().toString('base64');
    const name = checksumHeader(algorithm);
    const sent = decoder?.trailers.get(name) ?? header(message, name);
    if (sent !== value)
      throw s3Fault('BadDigest', `The ${algorithm} you specified did not match what we received.`);
    return { ...received, checksum: { algorithm, value } };
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof ServiceFault) throw error;
    if (message.destroyed && !message.complete) throw s3Fault('IncompleteBody', 'The body ended too early.');
    throw error;
  }
}

function announcedAlgorithm(message: IncomingMessage): Algorithm | undefined {
  const trailer = header(message, 'x-amz-trailer');
  if (trailer !== undefined) return algorithmNamed(trailer.trim().replace(/^x-amz-checksum-/i, ''));
  return algorithms.find((algorithm) => header(message, checksumHeader(algorithm)) !== undefined);
}

function checkLength(message: IncomingMessage, bytes: number, chunked: boolean): void {
  const expected = header(message, chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (expected === undefined) throw s3Fault('InvalidRequest', 'You must provide the content length.');
  if (Number(expected) !== bytes)
    throw s3Fault('IncompleteBody', `The body holds ${bytes} bytes, not ${expected}.`);
}

function checkMd5(message: IncomingMessage, digest: Buffer): void {
  const expected = header(message, 'content-md5');
  if (expected !== undefined && expected !== digest.toString('base64')) {
    throw s3Fault('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}
