import { createHash } from 'node:crypto';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { open } from './simulator-client.ts';

const megabyte = 1024 * 1024;

describe('a big day', () => {
  it('CDR-07 is sent as a stream: 200 MB leave the memory flat', async () => {
    const { client, simulator } = await open({ rows: 1_500_000, parts: 1, duplicates: 1000 });
    const job = await client.finished();
    const [file] = job.files ?? [];
    const headers = {
      authorization: `Bearer ${client.token}`,
      'x-simulated-time': new Date(client.now).toISOString(),
    };
    const digest = createHash('sha256');
    const before = process.memoryUsage().rss;
    const resident: number[] = [];
    let length = 0;

    const { body } = await request(new URL(file?.downloadUrl ?? '', simulator.url), { headers });
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk);
      digest.update(bytes);
      if (Math.floor(length / megabyte) < Math.floor((length + bytes.length) / megabyte)) {
        resident.push(process.memoryUsage().rss);
      }
      length += bytes.length;
    }

    const half = resident.length >>> 1;
    expect(Math.max(...resident)).toBeLessThan(before + 160 * megabyte);
    expect(length).toBeGreaterThan(200 * 1_000_000);
    expect([length, digest.digest('hex')]).toEqual([file?.fileSize, file?.sha256]);
    expect(Math.max(...resident.slice(half))).toBeLessThan(
      Math.max(...resident.slice(0, half)) + 48 * megabyte,
    );
  });
});
