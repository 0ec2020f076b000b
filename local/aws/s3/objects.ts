import { randomUUID } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { header, type Reply } from '../reply.ts';
import { checksumHeader } from './checksums.ts';
import { s3Fault } from './fault.ts';
import type { ObjectFacts, ObjectIndex, Segment } from './object-index.ts';
import { receiveBody } from './receive.ts';
import type { S3Request } from './route.ts';

// What S3 keeps of an upload's headers and gives back with the object.
const keptHeader =
  /^(content-type|content-language|content-disposition|cache-control|expires|x-amz-meta-.+|x-amz-server-side-encryption(-aws-kms-key-id|-bucket-key-enabled)?|x-amz-object-lock-(mode|retain-until-date))$/;

/** The headers of an upload that come back with the object. */
export function keptHeaders(request: S3Request): Record<string, string> {
  const kept = Object.entries(request.message.headers).filter(([name]) => keptHeader.test(name));
  const encoding = header(request.message, 'content-encoding')
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked');
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    ...(encoding?.length ? { 'content-encoding': encoding.join(',') } : {}),
  };
}

/** The encryption headers among those of an object: S3 answers an upload with them. */
export function encryptionHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side-')),
  );
}

/** PutObject, with `If-Match` and `If-None-Match`. */
export async function putObject(index: ObjectIndex, request: S3Request, now: () => number): Promise<Reply> {
  const { bucket, message } = request;
  requireBucket(index, bucket);
  const file = randomUUID();
  const received = await receiveBody(message, index.pathOf(file));
  const object: ObjectFacts = {
    etag: `"${received.md5}"`,
    bytes: received.bytes,
    modified: now(),
    headers: keptHeaders(request),
    segments: [{ file, bytes: received.bytes }],
    ...(received.checksum ? { checksum: received.checksum } : {}),
  };
  try {
    replaceObject(index, request, object);
  } catch (error) {
    index.removeFiles(object.segments);
    throw error;
  }
  const { checksum } = object;
  return {
    status: 200,
    headers: {
      etag: object.etag,
      ...encryptionHeaders(object.headers),
      ...(checksum ? { [checksumHeader(checksum.algorithm)]: checksum.value } : {}),
    },
  };
}

/** Makes an object the current one under the request's conditions, and lets go of the one before. */
export function replaceObject(
  index: ObjectIndex,
  request: S3Request,
  object: ObjectFacts,
  also?: () => void,
): void {
  const { bucket, key, message } = request;
  const replaced = index.atomically(() => {
    const before = index.object(bucket, key);
    checkWriteConditions(header(message, 'if-match'), header(message, 'if-none-match'), before);
    if (before && before.etag !== object.etag) refuseLocked(before, object.modified);
    index.putObject(bucket, key, object);
    also?.();
    return before;
  });
  if (replaced) index.removeFiles(replaced.segments);
}

function checkWriteConditions(
  match: string | undefined,
  noneMatch: string | undefined,
  before?: ObjectFacts,
): void {
  const failed = (condition: string) =>
    s3Fault(
      'PreconditionFailed',
      `At least one of the pre-conditions you specified did not hold: ${condition}`,
    );
  if (noneMatch !== undefined && noneMatch !== '*')
    throw s3Fault('NotImplemented', 'If-None-Match takes * alone here.');
  if (noneMatch === '*' && before) throw failed('If-None-Match');
  if (match === undefined) return;
  if (!before) throw s3Fault('NoSuchKey', 'The specified key does not exist.');
  if (match.replaceAll('"', '') !== before.etag.replaceAll('"', '')) throw failed('If-Match');
}

/** GetObject, with `Range`, `If-Match` and `If-None-Match`; bytes flow from the files as the caller takes them. */
export function getObject(index: ObjectIndex, request: S3Request): Reply {
  const object = requireObject(index, request);
  const range = readRange(header(request.message, 'range'), object.bytes);
  const headers = objectHeaders(object, request, range === undefined);
  if (object.bytes === 0) return { status: 200, headers: { ...headers, 'content-length': 0 } };
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  const body = readStretches(index, stretchesOf(object.segments, start, end));
  return {
    status: range ? 206 : 200,
    headers: {
      ...headers,
      'content-length': end - start + 1,
      ...(range ? { 'content-range': `bytes ${start}-${end}/${object.bytes}` } : {}),
    },
    body,
  };
}

/** HeadObject. */
export function headObject(index: ObjectIndex, request: S3Request): Reply {
  const object = requireObject(index, request);
  return {
    status: 200,
    headers: { ...objectHeaders(object, request, true), 'content-length': object.bytes },
  };
}

/**
 * A locked object keeps its bytes. S3 would add a version beside the locked one; here are no versions, so what would lose the
 * locked one is refused.
 */
function refuseLocked({ headers }: ObjectFacts, now: number): void {
  const until = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '');
  if (until > now) throw s3Fault('AccessDenied', 'The object is locked, and no versions are kept here.');
}

/** DeleteObject; deleting what is not there succeeds, as on S3. */
export function deleteObject(index: ObjectIndex, bucket: string, key: string, now: number): void {
  requireBucket(index, bucket);
  const before = index.object(bucket, key);
  if (before) refuseLocked(before, now);
  index.deleteObject(bucket, key);
  if (before) index.removeFiles(before.segments);
}

/** Throws `NoSuchBucket`. */
export function requireBucket(index: ObjectIndex, bucket: string): void {
  if (!index.hasBucket(bucket)) throw s3Fault('NoSuchBucket', 'The specified bucket does not exist.');
}

function requireObject(index: ObjectIndex, request: S3Request): ObjectFacts {
  const { bucket, key, message } = request;
  requireBucket(index, bucket);
  const object = index.object(bucket, key);
  // S3 says NoSuchKey only to who may list the whole bucket: to roles that may list some prefixes, as those of all functions, this.
  if (!object) throw s3Fault('AccessDenied', 'Access Denied');
  const match = header(message, 'if-match');
  const noneMatch = header(message, 'if-none-match');
  if (match !== undefined && match !== object.etag) throw s3Fault('PreconditionFailed', 'If-Match');
  if (noneMatch !== undefined && noneMatch === object.etag) throw s3Fault('NotModified', 'If-None-Match');
  for (const name of ['if-modified-since', 'if-unmodified-since'] as const) {
    if (message.headers[name] !== undefined) throw s3Fault('NotImplemented', `${name} is not embedded.`);
  }
  return object;
}

function objectHeaders(object: ObjectFacts, request: S3Request, whole: boolean): Record<string, string> {
  const wantsChecksum = whole && header(request.message, 'x-amz-checksum-mode') === 'ENABLED';
  const { checksum } = object;
  return {
    ...object.headers,
    etag: object.etag,
    'last-modified': new Date(object.modified).toUTCString(),
    'accept-ranges': 'bytes',
    ...(wantsChecksum && checksum
      ? {
          [checksumHeader(checksum.algorithm)]: checksum.value,
          'x-amz-checksum-type': checksum.value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT',
        }
      : {}),
  };
}

/** The range that a header asks for; undefined for the whole object. Throws `InvalidRange`. */
export function readRange(
  range: string | undefined,
  bytes: number,
): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (start > end || (first === '' && Number(last) === 0)) {
    throw s3Fault('InvalidRange', 'The requested range is not satisfiable');
  }
  return { start, end };
}

interface Stretch {
  file: string;
  /** First and last byte within the file. */
  start: number;
  end: number;
}

function stretchesOf(segments: readonly Segment[], start: number, end: number): Stretch[] {
  const stretches: Stretch[] = [];
  let offset = 0;
  for (const { file, bytes } of segments) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, bytes - 1);
    if (from <= to) stretches.push({ file, start: from, end: to });
    offset += bytes;
  }
  return stretches;
}

const blockBytes = 1024 * 1024;

// All files are opened at once: an object that is replaced while it is read is read to its end.
function readStretches(index: ObjectIndex, stretches: readonly Stretch[]): Readable {
  const files = stretches.map(({ file, start, end }) => {
    const path = index.pathOf(file);
    return createReadStream(path, { fd: openSync(path, 'r'), start, end, highWaterMark: blockBytes });
  });
  const body = Readable.from(inTurn(files), { objectMode: false, highWaterMark: blockBytes });
  body.once('close', () => {
    for (const file of files) file.destroy();
  });
  return body;
}

async function* inTurn(files: readonly Readable[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* file;
}
