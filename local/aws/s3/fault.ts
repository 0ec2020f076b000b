import { randomUUID } from 'node:crypto';
import { type Reply, ServiceFault } from '../reply.ts';

/** An S3 error by its code, with the status that S3 gives it. */
export function s3Fault(code: keyof typeof statuses, message: string): ServiceFault {
  return new ServiceFault(code, message, statuses[code]);
}

const statuses = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
  XAmzContentSHA256Mismatch: 400,
} as const;

/** Text made safe inside an XML element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text out of an XML element. */
export function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return named[name] ?? whole;
  });
}

/** A reply whose body is XML. */
export function xmlReply(status: number, xml: string, headers: Record<string, string> = {}): Reply {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** S3's form of an error; to a HEAD request the status alone. */
export function faultReply(fault: ServiceFault, method: string | undefined, resource: string): Reply {
  if (method === 'HEAD' || fault.status === 304) return { status: fault.status, headers: {} };
  const fields = {
    Code: fault.name,
    Message: fault.message,
    Resource: resource,
    RequestId: randomUUID(),
  };
  const elements = Object.entries(fields).map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`);
  return xmlReply(fault.status, `<Error>${elements.join('')}</Error>`);
}
