import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { open, readError, requests } from './simulator-client.ts';

describe('downloading', () => {
  it('CDR-07 sends the part with its length, type and name', async () => {
    const { client } = await open({ rows: 100, parts: 1 });
    const job = await client.finished();
    const file = job.files?.[0];

    const reply = await client.get(file?.downloadUrl ?? '', { accept: 'application/octet-stream' });

    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('text/csv');
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename="part001.csv"');
    expect(reply.headers.get('content-length')).toBe(String(file?.fileSize));
    expect(reply.headers.get('accept-ranges')).toBe('bytes');
    expect(reply.bytes).toHaveLength(file?.fileSize ?? 0);
  });

  it.each([
    ['bytes=100-199', 100, 200],
    ['bytes=6000-', 6000, undefined],
    ['bytes=-50', -50, undefined],
    ['bytes=0-99999999', 0, undefined],
  ])('CDR-07 sends %s with 206', async (range, from, to) => {
    const { client } = await open({ rows: 100, parts: 1 });
    const job = await client.finished();
    const [whole = Buffer.alloc(0)] = await client.parts(job);

    const reply = await client.get(job.files?.[0]?.downloadUrl ?? '', { range });

    const wanted = whole.subarray(from, to);
    const start = whole.length - whole.subarray(from).length;
    expect(reply.status).toBe(206);
    expect(reply.bytes.equals(wanted)).toBe(true);
    expect(reply.headers.get('content-range')).toBe(
      `bytes ${start}-${start + wanted.length - 1}/${whole.length}`,
    );
  });

  it.each([
    ['bytes=99999999-', 416],
    ['bytes=-0', 416],
    ['bytes=5-4', 200],
    ['lines=1-2', 200],
    ['bytes=0-1,4-5', 200],
  ])('answers %s with %i', async (range, status) => {
    const { client } = await open({ rows: 100, parts: 1 });
    const job = await client.finished();

    const reply = await client.get(job.files?.[0]?.downloadUrl ?? '', { range });

    expect(reply.status).toBe(status);
  });

  it('answers 416 to a range that begins where the part ends', async () => {
    const { client } = await open({ rows: 100, parts: 1 });
    const job = await client.finished();
    const [file] = job.files ?? [];

    const replies = [
      await client.get(file?.downloadUrl ?? '', { range: `bytes=${(file?.fileSize ?? 0) - 1}-` }),
      await client.get(file?.downloadUrl ?? '', { range: `bytes=${file?.fileSize}-` }),
    ];

    expect(replies.map((reply) => reply.status)).toEqual([206, 416]);
    expect(replies[1]?.headers.get('content-range')).toBe(`bytes */${file?.fileSize}`);
  });

  it('CDR-07 joins a part from ranges of any length', async () => {
    const { client } = await open({ rows: 20_000, parts: 1 });
    const job = await client.finished();
    const file = job.files?.[0];
    const lengths = [1, 262_143, 262_145, 700_001, 1_000_000_000];
    const pieces: Buffer[] = [];

    for (const length of lengths) {
      const from = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const headers = { range: `bytes=${from}-${from + length - 1}` };
      pieces.push((await client.get(file?.downloadUrl ?? '', headers)).bytes);
    }

    const digest = createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
    expect(digest).toBe(file?.sha256);
  });

  it.each(['part=0', 'part=4', 'part=x', ''])('CDR-06 answers 404 to ?%s', async (query) => {
    const { client } = await open({ rows: 10 });
    const job = await client.finished();

    const reply = await client.get(`${requests}/${job.id}/file?${query}`);

    expect([reply.status, readError(reply).errorCode]).toEqual([404, 'NOT_FOUND']);
  });

  it('CDR-06 answers 404 before the job is completed', async () => {
    const { client } = await open({ rows: 10 });
    await client.authorise();
    const requestId = await client.submit();

    const reply = await client.wait(59).get(`${requests}/${requestId}/file?part=1`);

    expect(reply.status).toBe(404);
  });

  it('CDR-14 sends JSON arrays for format json', async () => {
    const { client } = await open({ rows: 100, parts: 2 });

    const job = await client.finished({ format: 'json' });

    const reply = await client.get(job.files?.[0]?.downloadUrl ?? '');
    expect(job.files?.[0]?.fileName).toBe('cdr_export_20240515_part001.json');
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(reply.text)).toHaveLength(50);
    expect(JSON.parse(reply.text)).toContainEqual(
      expect.objectContaining({ CallId: '024051500000000', Duration: expect.any(Number) }),
    );
  });
});
