import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '../../../local/aws/s3/aws-chunked.ts';

const encode = (chunks: readonly Uint8Array[], trailers: Record<string, string>) =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)};chunk-signature=0\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(
      `0\r\n${Object.entries(trailers)
        .map(([name, value]) => `${name}:${value}\r\n`)
        .join('')}\r\n`,
    ),
  ]);

const cutAt = (bytes: Buffer, cuts: readonly number[]) => {
  const places = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right),
    bytes.length,
  ];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 6 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe('CDR-07 the aws-chunked encoding', () => {
  it('gives the bytes and the trailers back, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, cuts, async (parts, places) => {
        const encoded = encode(parts, { 'X-Amz-Checksum-CRC32': 'abc=' });
        const decoder = new AwsChunkedDecoder();

        const decoded = await buffer(Readable.from(cutAt(encoded, places)).pipe(decoder));

        expect(decoded).toEqual(Buffer.concat(parts));
        expect([...decoder.trailers]).toEqual([['x-amz-checksum-crc32', 'abc=']]);
      }),
    );
  });

  it('refuses a body that ends before its last chunk', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat(), async (parts, cut) => {
        const encoded = encode(parts, {});
        const beforeEnd = encoded.length - '\r\n'.length - '0\r\n'.length;
        const short = encoded.subarray(0, cut % (beforeEnd + 1));

        const decoding = buffer(Readable.from([short]).pipe(new AwsChunkedDecoder()));

        await expect(decoding).rejects.toMatchObject({ name: 'IncompleteBody' });
      }),
    );
  });

  it.each(['zz\r\nab\r\n', '\r\n', '1\r\nab\r\n', `${'1'.repeat(5000)}\r\n`])(
    'refuses the malformed %j',
    async (body) => {
      const decoding = buffer(Readable.from([Buffer.from(body)]).pipe(new AwsChunkedDecoder()));

      await expect(decoding).rejects.toMatchObject({ name: 'IncompleteBody' });
    },
  );
});
