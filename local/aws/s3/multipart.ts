import { createHash, randomUUID } from 'node:crypto';
import { header, type Reply, readBody } from '../reply.ts';
import { type Algorithm, algorithmNamed, checksumHeader, compositeChecksum } from './checksums.ts';
import { escapeXml, s3Fault, unescapeXml, xmlReply } from './fault.ts';
import type { ObjectFacts, ObjectIndex, Upload } from './object-index.ts';
import { encryptionHeaders, keptHeaders, replaceObject, requireBucket } from './objects.ts';
import { receiveBody } from './receive.ts';
import type { S3Request } from './route.ts';

/** Smallest part but the last, as on S3: 5 MiB. */
const smallestPart = 5 * 1024 * 1024;
const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** CreateMultipartUpload. */
export function createUpload(index: ObjectIndex, request: S3Request, now: () => number): Reply {
  requireBucket(index, request.bucket);
  const algorithm = header(request.message, 'x-amz-checksum-algorithm');
  if (header(request.message, 'x-amz-checksum-type') === 'FULL_OBJECT') {
    throw s3Fault('NotImplemented', 'Checksums over all parts as one are not embedded.');
  }
  const id = randomUUID();
  const headers = keptHeaders(request);
  index.putUpload(id, {
    bucket: request.bucket,
    key: request.key,
    started: now(),
    headers,
    ...(algorithm === undefined ? {} : { algorithm: algorithmNamed(algorithm) }),
  });
  const fields = { Bucket: request.bucket, Key: request.key, UploadId: id };
  return xmlReply(200, element('InitiateMultipartUploadResult', fields), {
    ...encryptionHeaders(headers),
    ...(algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm }),
  });
}

/** UploadPart; a part that comes again replaces the one before. */
export async function uploadPart(index: ObjectIndex, request: S3Request, now: () => number): Promise<Reply> {
  const id = requireUpload(index, request).id;
  const number = Number(request.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw s3Fault('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  }
  const file = randomUUID();
  const received = await receiveBody(request.message, index.pathOf(file));
  const part: ObjectFacts = {
    etag: `"${received.md5}"`,
    bytes: received.bytes,
    modified: now(),
    headers: {},
    segments: [{ file, bytes: received.bytes }],
    ...(received.checksum ? { checksum: received.checksum } : {}),
  };
  const replaced = index.atomically(() => {
    // The upload may have been aborted or completed while the bytes came in.
    if (!index.upload(id)) return undefined;
    const before = index.parts(id).find((candidate) => candidate.number === number)?.part;
    index.putPart(id, number, part);
    return before ?? 'none';
  });
  if (replaced === undefined) index.removeFiles(part.segments);
  if (replaced === undefined) throw noSuchUpload();
  if (replaced !== 'none') index.removeFiles(replaced.segments);
  const { checksum } = part;
  return {
    status: 200,
    headers: {
      etag: part.etag,
      ...(checksum ? { [checksumHeader(checksum.algorithm)]: checksum.value } : {}),
    },
  };
}

/** CompleteMultipartUpload: the parts' files become the object's, in one transaction. */
export async function completeUpload(
  index: ObjectIndex,
  request: S3Request,
  now: () => number,
): Promise<Reply> {
  const listed = listedParts((await readBody(request.message)).toString('utf8'));
  const upload = requireUpload(index, request);
  const stored = new Map(index.parts(upload.id).map(({ number, part }) => [number, part]));
  const parts = listed.map((wanted) => matchingPart(wanted, stored.get(wanted.number)));
  checkPartSizes(parts);
  const { algorithm } = upload;
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag.replaceAll('"', ''), 'hex')));
  const checksum = algorithm && combinedChecksum(algorithm, parts);
  const object: ObjectFacts = {
    etag: `"${createHash('md5').update(digests).digest('hex')}-${parts.length}"`,
    bytes: parts.reduce((total, part) => total + part.bytes, 0),
    modified: now(),
    headers: upload.headers,
    segments: parts.flatMap((part) => part.segments.filter((segment) => segment.bytes > 0)),
    ...(checksum ? { checksum } : {}),
  };
  replaceObject(index, request, object, () => index.deleteUpload(upload.id));
  const used = new Set(object.segments.map((segment) => segment.file));
  const unused = [...stored.values()].flatMap((part) => part.segments).filter(({ file }) => !used.has(file));
  index.removeFiles(unused);
  const fields = {
    Location: `/${request.bucket}/${request.key}`,
    Bucket: request.bucket,
    Key: request.key,
    ETag: object.etag,
    ...(checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: 'COMPOSITE' } : {}),
  };
  return xmlReply(200, element('CompleteMultipartUploadResult', fields), encryptionHeaders(upload.headers));
}

/** AbortMultipartUpload. */
export function abortUpload(index: ObjectIndex, request: S3Request): Reply {
  const { id } = requireUpload(index, request);
  const parts = index.atomically(() => {
    const found = index.parts(id);
    index.deleteUpload(id);
    return found;
  });
  index.removeFiles(parts.flatMap(({ part }) => part.segments));
  return { status: 204, headers: {} };
}

/** ListParts; all of them, never truncated. */
export function listParts(index: ObjectIndex, request: S3Request): Reply {
  const upload = requireUpload(index, request);
  const parts = index.parts(upload.id).map(({ number, part }) =>
    element('Part', {
      PartNumber: String(number),
      ETag: part.etag,
      Size: String(part.bytes),
      LastModified: new Date(part.modified).toISOString(),
    }),
  );
  const fields = { Bucket: upload.bucket, Key: upload.key, UploadId: upload.id, IsTruncated: 'false' };
  return xmlReply(200, element('ListPartsResult', fields, parts.join('')));
}

/** ListMultipartUploads; all of them, never truncated. */
export function listUploads(index: ObjectIndex, request: S3Request): Reply {
  requireBucket(index, request.bucket);
  const prefix = request.query.get('prefix') ?? '';
  const uploads = index
    .uploads(request.bucket)
    .filter((upload) => upload.key.startsWith(prefix))
    .map((upload) =>
      element('Upload', {
        Key: upload.key,
        UploadId: upload.id,
        Initiated: new Date(upload.started).toISOString(),
      }),
    );
  const fields = { Bucket: request.bucket, IsTruncated: 'false' };
  return xmlReply(200, element('ListMultipartUploadsResult', fields, uploads.join('')));
}

function element(name: string, fields: Record<string, string>, inner = ''): string {
  const children = Object.entries(fields).map(([field, text]) => `<${field}>${escapeXml(text)}</${field}>`);
  const attributes = name.endsWith('Result') ? ` ${namespace}` : '';
  return `<${name}${attributes}>${children.join('')}${inner}</${name}>`;
}

function noSuchUpload() {
  return s3Fault(
    'NoSuchUpload',
    'The specified upload does not exist. It may have been aborted or completed, or never have been.',
  );
}

function requireUpload(index: ObjectIndex, request: S3Request): Upload & { id: string } {
  requireBucket(index, request.bucket);
  const id = request.query.get('uploadId') ?? '';
  const upload = index.upload(id);
  if (!upload || upload.bucket !== request.bucket || upload.key !== request.key) throw noSuchUpload();
  return { id, ...upload };
}

interface ListedPart {
  number: number;
  etag: string;
  /** The checksum that the list states, in whichever algorithm. */
  checksum?: string;
}

function listedParts(xml: string): ListedPart[] {
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, inner = '']) => {
    const field = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(inner)?.[1];
    const checksum = /<Checksum\w+>(.*?)<\/Checksum/s.exec(inner)?.[1];
    return {
      number: Number(field('PartNumber')),
      etag: unescapeXml(field('ETag') ?? ''),
      ...(checksum === undefined ? {} : { checksum: unescapeXml(checksum) }),
    };
  });
  if (parts.length === 0) throw s3Fault('MalformedXML', 'The list of parts is empty or not well-formed.');
  if (parts.some((part, at) => at > 0 && part.number <= (parts[at - 1]?.number ?? 0))) {
    throw s3Fault('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  return parts;
}

function matchingPart(listed: ListedPart, stored: ObjectFacts | undefined): ObjectFacts {
  const sameTag = stored?.etag.replaceAll('"', '') === listed.etag.replaceAll('"', '');
  const sameChecksum = listed.checksum === undefined || listed.checksum === stored?.checksum?.value;
  if (stored && sameTag && sameChecksum) return stored;
  throw s3Fault('InvalidPart', `Part ${listed.number} could not be found or is not as listed.`);
}

function checkPartSizes(parts: readonly ObjectFacts[]): void {
  const small = parts.findIndex((part, at) => at < parts.length - 1 && part.bytes < smallestPart);
  if (small !== -1)
    throw s3Fault('EntityTooSmall', `Part ${small + 1} is smaller than the minimum allowed size.`);
}

function combinedChecksum(algorithm: Algorithm, parts: readonly ObjectFacts[]) {
  const values = parts.map((part) => {
    if (part.checksum?.algorithm === algorithm) return part.checksum.value;
    throw s3Fault(
      'InvalidRequest',
      `Every part needs the ${algorithm} checksum that the upload was started with.`,
    );
  });
  return { algorithm, value: compositeChecksum(algorithm, values) };
}
