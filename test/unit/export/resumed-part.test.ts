import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { OpenedPart } from '../../../lambdas/cxone/data-download.ts';
import type { JobFile } from '../../../lambdas/cxone/job-status.ts';
import { resumedPart } from '../../../lambdas/export/resumed-part.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';

const CONTENT = Buffer.from('CallId,StartTime\n1,2024-05-15T00:00:00.000Z\n2,2024-05-15T00:00:01.000Z\n');
const FILE: JobFile = { part: 1, fileName: 'part001.csv', bytes: CONTENT.length, url: '/file?part=1' };

/** A body that hands bytes out up to an end, and breaks there where it is to. */
function body(from: number, to: number, breaks: boolean): Readable {
  async function* bytes() {
    yield CONTENT.subarray(from, to);
    if (breaks) throw catalogued('ConnectionLost', 'The connection broke.');
  }
  return Readable.from(bytes());
}

/** A server that gives a few more bytes each time; `knowsRanges` false begins at 0 whatever is asked for. */
function server(step: number, { breaks, knowsRanges }: { breaks: boolean; knowsRanges: boolean }) {
  const opened: OpenedPart[] = [];
  const asked: number[] = [];
  return {
    opened,
    asked,
    openPart: (_: JobFile, range: { from: number } = { from: 0 }): Promise<OpenedPart> => {
      asked.push(range.from);
      const offset = knowsRanges ? range.from : 0;
      const to = Math.min(CONTENT.length, offset + step);
      const part = { body: body(offset, to, breaks && to < CONTENT.length), offset };
      opened.push(part);
      return Promise.resolve(part);
    },
  };
}

async function received(from: ReturnType<typeof server>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of resumedPart(from, FILE, await from.openPart(FILE))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('CDR-07 a part whose connection ends too early', () => {
  it.each([{ breaks: true }, { breaks: false }])(
    'is taken up where it ended (breaks: $breaks)',
    async ({ breaks }) => {
      const source = server(30, { breaks, knowsRanges: true });

      const bytes = await received(source);

      expect(bytes).toEqual(CONTENT);
      expect(source.asked).toEqual([0, 30, 60]);
    },
  );

  it('is left to be fetched from the start where the server knows no ranges', async () => {
    const source = server(30, { breaks: true, knowsRanges: false });

    await expect(received(source)).rejects.toMatchObject({ name: 'PartIncomplete', facts: { received: 30 } });

    expect(source.opened.every(({ body: each }) => each.destroyed)).toBe(true);
  });

  it('is taken up three times at most in one invocation', async () => {
    const source = server(10, { breaks: true, knowsRanges: true });

    await expect(received(source)).rejects.toMatchObject({ name: 'PartIncomplete', facts: { received: 40 } });

    expect(source.asked).toEqual([0, 10, 20, 30]);
  });

  it('breaks as it is where nothing has arrived', async () => {
    const source = server(0, { breaks: true, knowsRanges: true });

    await expect(received(source)).rejects.toMatchObject({ name: 'ConnectionLost' });
  });

  it('closes the connection when the reader stops', async () => {
    const source = server(30, { breaks: false, knowsRanges: true });

    for await (const chunk of resumedPart(source, FILE, await source.openPart(FILE)))
      if (chunk.length > 0) break;

    expect(source.opened.map(({ body: each }) => each.destroyed)).toEqual([true]);
  });
});
