import type { IncomingMessage } from 'node:http';
import { s3Fault } from './fault.ts';

/** The operations that the embedded S3 has. */
export type S3Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'DeleteObjects'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

interface Route {
  operation: S3Operation;
  method: string;
  /** What the path names. */
  scope: 'service' | 'bucket' | 'object';
  /** Query parameters that single the operation out. */
  needs: readonly string[];
  /** Query parameters that it may have besides. */
  takes: readonly string[];
}

const route = (
  operation: S3Operation,
  method: string,
  scope: Route['scope'],
  needs: readonly string[] = [],
  takes: readonly string[] = [],
): Route => ({ operation, method, scope, needs, takes });

const routes: readonly Route[] = [
  route('ListBuckets', 'GET', 'service'),
  route('CreateBucket', 'PUT', 'bucket'),
  route('HeadBucket', 'HEAD', 'bucket'),
  route(
    'ListObjectsV2',
    'GET',
    'bucket',
    ['list-type'],
    ['prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after'],
  ),
  route('ListMultipartUploads', 'GET', 'bucket', ['uploads'], ['prefix']),
  route('DeleteObjects', 'POST', 'bucket', ['delete']),
  route('UploadPart', 'PUT', 'object', ['partNumber', 'uploadId']),
  route('PutObject', 'PUT', 'object'),
  route('ListParts', 'GET', 'object', ['uploadId']),
  route('GetObject', 'GET', 'object'),
  route('HeadObject', 'HEAD', 'object'),
  route('AbortMultipartUpload', 'DELETE', 'object', ['uploadId']),
  route('DeleteObject', 'DELETE', 'object'),
  route('CreateMultipartUpload', 'POST', 'object', ['uploads']),
  route('CompleteMultipartUpload', 'POST', 'object', ['uploadId']),
];

/** A request to S3, understood. */
export interface S3Request {
  operation: S3Operation;
  /** Empty where the operation is of no bucket. */
  bucket: string;
  /** Empty where the operation is of no object. */
  key: string;
  query: URLSearchParams;
  message: IncomingMessage;
}

// Request headers beginning with x-amz- that an operation may carry: what is not here would be ignored, so it is refused.
const knownHeader =
  /^x-amz-(date|content-sha256|user-agent|security-token|decoded-content-length|trailer|meta-.+|checksum-(crc32|sha1|sha256|algorithm|mode|type)|sdk-checksum-algorithm|server-side-encryption(-aws-kms-key-id|-bucket-key-enabled|-context)?|object-lock-(mode|retain-until-date))$/;

/** Longest key, in bytes of UTF-8. */
const longestKey = 1024;

/**
 * Understands a path-style request. Throws `NotImplemented` for an operation, query parameter or header that is not
 * embedded.
 */
export function routeRequest(message: IncomingMessage): S3Request {
  // Not parsed as a URL, which would take `.` and `..` in keys for directions.
  const [path = '/', search = ''] = (message.url ?? '/').split('?', 2);
  const [, bucketPart = '', keyPart = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const bucket = decodeURIComponent(bucketPart);
  const key = decodeURIComponent(keyPart);
  if (Buffer.byteLength(key) > longestKey) throw s3Fault('KeyTooLongError', 'Your key is too long.');
  const query = new URLSearchParams(search);
  query.delete('x-id');
  const names = [...query.keys()];
  const scope = key !== '' ? 'object' : bucket !== '' ? 'bucket' : 'service';
  const found = routes.find(
    (candidate) =>
      candidate.method === message.method &&
      candidate.scope === scope &&
      candidate.needs.every((name) => query.has(name)) &&
      names.every((name) => candidate.needs.includes(name) || candidate.takes.includes(name)),
  );
  if (!found)
    throw s3Fault(
      'NotImplemented',
      `${message.method} on a ${scope} with [${names.join(', ')}] is not embedded.`,
    );
  const unknown = Object.keys(message.headers).filter(
    (name) => name.startsWith('x-amz-') && !knownHeader.test(name),
  );
  if (unknown.length > 0)
    throw s3Fault('NotImplemented', `These headers are not embedded: ${unknown.join(', ')}.`);
  return { operation: found.operation, bucket, key, query, message };
}
