import type { Reply } from '../reply.ts';
import { escapeXml, s3Fault, xmlReply } from './fault.ts';
import type { ObjectFacts, ObjectIndex } from './object-index.ts';
import { requireBucket } from './objects.ts';
import type { S3Request } from './route.ts';

/** Most keys on one page, as on S3. */
const largestPage = 1000;

// Sorts after every character that keys are made of, so that a search past `<prefix>` + this skips all keys under it.
const lastCharacter = '\u{10FFFF}';

interface Page {
  objects: { key: string; object: ObjectFacts }[];
  prefixes: string[];
  /** Where the next page goes on: after this key or prefix. */
  next?: string;
}

/** ListObjectsV2: keys in the order of their UTF-8 bytes. */
export function listObjects(index: ObjectIndex, request: S3Request): Reply {
  requireBucket(index, request.bucket);
  const { query } = request;
  if (query.get('list-type') !== '2')
    throw s3Fault('NotImplemented', 'Only version 2 of the list is embedded.');
  const asked = Number(query.get('max-keys') ?? largestPage);
  if (!Number.isInteger(asked) || asked < 0)
    throw s3Fault('InvalidArgument', 'max-keys is not a number of keys.');
  const token = query.get('continuation-token');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const page = readPage(index, request.bucket, {
    prefix,
    delimiter,
    after:
      token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString('utf8'),
    limit: Math.min(asked, largestPage),
  });
  return xmlReply(200, pageXml(request, { prefix, delimiter, token, asked }, page));
}

function readPage(
  index: ObjectIndex,
  bucket: string,
  wanted: { prefix: string; delimiter: string; after: string; limit: number },
): Page {
  const page: Page = { objects: [], prefixes: [] };
  const { prefix, delimiter, limit } = wanted;
  let position = wanted.after;
  // The index has no "from here on": what sorts just before the prefix is the prefix less its last step.
  let found = position < prefix ? first(index, bucket, prefix) : index.next(bucket, position);
  while (found?.key.startsWith(prefix)) {
    if (page.objects.length + page.prefixes.length === limit) return { ...page, next: position };
    const cut = delimiter === '' ? -1 : found.key.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      page.objects.push(found);
      position = found.key;
    } else {
      const common = found.key.slice(0, cut + delimiter.length);
      page.prefixes.push(common);
      position = `${common}${lastCharacter}`;
    }
    found = index.next(bucket, position);
  }
  return page;
}

function first(index: ObjectIndex, bucket: string, prefix: string) {
  const exact = prefix === '' ? undefined : index.object(bucket, prefix);
  return exact ? { key: prefix, object: exact } : index.next(bucket, prefix);
}

function pageXml(
  request: S3Request,
  asked: { prefix: string; delimiter: string; token: string | null; asked: number },
  page: Page,
): string {
  const field = (name: string, text: string) => `<${name}>${escapeXml(text)}</${name}>`;
  const objects = page.objects.map(
    ({ key, object }) =>
      `<Contents>${field('Key', key)}${field('LastModified', new Date(object.modified).toISOString())}` +
      `${field('ETag', object.etag)}<Size>${object.bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const prefixes = page.prefixes.map(
    (prefix) => `<CommonPrefixes>${field('Prefix', prefix)}</CommonPrefixes>`,
  );
  return [
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    field('Name', request.bucket),
    field('Prefix', asked.prefix),
    asked.delimiter === '' ? '' : field('Delimiter', asked.delimiter),
    field('MaxKeys', String(asked.asked)),
    field('KeyCount', String(page.objects.length + page.prefixes.length)),
    field('IsTruncated', String(page.next !== undefined)),
    asked.token === null ? '' : field('ContinuationToken', asked.token),
    page.next === undefined
      ? ''
      : field('NextContinuationToken', Buffer.from(page.next).toString('base64url')),
    ...objects,
    ...prefixes,
    '</ListBucketResult>',
  ].join('');
}
