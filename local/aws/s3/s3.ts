import type { IncomingMessage } from 'node:http';
import { type Backend, header, type Reply, readBody } from '../reply.ts';
import { escapeXml, faultReply, s3Fault, unescapeXml, xmlReply } from './fault.ts';
import { listObjects } from './listing.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from './multipart.ts';
import { ObjectIndex } from './object-index.ts';
import { deleteObject, getObject, headObject, putObject, requireBucket } from './objects.ts';
import { routeRequest, type S3Request } from './route.ts';

/** S3 on disk: streamed in both directions, so that memory does not grow with objects. */
export interface S3 {
  readonly backend: Backend;
  /** Makes the bucket unless it exists. Throws `InvalidBucketName`. */
  ensureBucket(name: string): void;
  close(): void;
}

/**
 * Opens the buckets kept under `folder`. Path-style requests; writes are atomic and conditional, lengths and digests
 * verified, encryption headers given back without encrypting. Versions, tags, copies, policies and lifecycle are refused.
 */
export function openS3(folder: string, now: () => number): S3 {
  const index = new ObjectIndex(folder);
  return {
    backend: {
      service: 's3',
      accepts: (request) => header(request, 'x-amz-target') === undefined,
      async prepare(message) {
        const request = routeRequest(message);
        const within = request.key === '' ? (request.query.get('prefix') ?? '') : request.key;
        const resource = within === '' ? request.bucket : `${request.bucket}/${within}`;
        return { operation: request.operation, resource, perform: () => perform(index, request, now) };
      },
      refuse: (fault, message: IncomingMessage) => faultReply(fault, message.method, message.url ?? '/'),
    },
    ensureBucket(name) {
      checkBucketName(name);
      index.addBucket(name);
    },
    close: () => index.close(),
  };
}

async function perform(index: ObjectIndex, request: S3Request, now: () => number): Promise<Reply> {
  switch (request.operation) {
    case 'ListBuckets':
      return listBuckets(index);
    case 'CreateBucket':
      return createBucket(index, request.bucket);
    case 'HeadBucket':
      requireBucket(index, request.bucket);
      return { status: 200, headers: {} };
    case 'ListObjectsV2':
      return listObjects(index, request);
    case 'ListMultipartUploads':
      return listUploads(index, request);
    case 'DeleteObjects':
      return deleteObjects(index, request, now);
    case 'PutObject':
      return putObject(index, request, now);
    case 'GetObject':
      return getObject(index, request);
    case 'HeadObject':
      return headObject(index, request);
    case 'DeleteObject':
      deleteObject(index, request.bucket, request.key, now());
      return { status: 204, headers: {} };
    case 'CreateMultipartUpload':
      return createUpload(index, request, now);
    case 'UploadPart':
      return uploadPart(index, request, now);
    case 'ListParts':
      return listParts(index, request);
    case 'CompleteMultipartUpload':
      return completeUpload(index, request, now);
    case 'AbortMultipartUpload':
      return abortUpload(index, request);
  }
}

function listBuckets(index: ObjectIndex): Reply {
  const buckets = index.buckets().map((name) => `<Bucket><Name>${escapeXml(name)}</Name></Bucket>`);
  return xmlReply(
    200,
    `<ListAllMyBucketsResult><Buckets>${buckets.join('')}</Buckets></ListAllMyBucketsResult>`,
  );
}

function createBucket(index: ObjectIndex, name: string): Reply {
  checkBucketName(name);
  if (index.hasBucket(name)) {
    throw s3Fault('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded.');
  }
  index.addBucket(name);
  return { status: 200, headers: { location: `/${name}` } };
}

function checkBucketName(name: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..')) {
    throw s3Fault('InvalidBucketName', `The specified bucket is not valid: ${name}`);
  }
}

async function deleteObjects(index: ObjectIndex, request: S3Request, now: () => number): Promise<Reply> {
  requireBucket(index, request.bucket);
  const xml = (await readBody(request.message)).toString('utf8');
  const keys = [...xml.matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key = '']) => unescapeXml(key));
  if (keys.length === 0 || keys.length > 1000)
    throw s3Fault('MalformedXML', 'A request deletes 1 to 1000 keys.');
  for (const key of keys) deleteObject(index, request.bucket, key, now());
  const quiet = /<Quiet>true<\/Quiet>/.test(xml);
  const deleted = quiet ? [] : keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`);
  return xmlReply(
    200,
    `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deleted.join('')}</DeleteResult>`,
  );
}
