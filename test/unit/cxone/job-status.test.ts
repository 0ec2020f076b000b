import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeFiles, fileListDigest, JobStatusBody } from '../../../lambdas/cxone/job-status.ts';

const file = (part: number, rest: Record<string, unknown> = {}) => ({
  fileName: `cdr_export_20240515_part${String(part).padStart(3, '0')}.csv`,
  fileSize: 1_000 + part,
  downloadUrl: `/api/v2/data/download/requests/r1/file?part=${part}`,
  ...rest,
});
const completed = (files: unknown, rest: Record<string, unknown> = {}) =>
  completeFiles(JobStatusBody.parse({ id: 'r1', status: 'COMPLETED', files, ...rest }));

describe('the status of a job', () => {
  it.each([
    ['PENDING', 'pending', false],
    ['processing', 'processing', false],
    ['COMPLETED', 'completed', true],
    ['FAILED', 'failed', true],
    ['ARCHIVING', 'unknown', false],
  ])('CDR-04 reads %s as %s, terminal: %s', (status, kind, terminal) => {
    const read = JobStatusBody.parse({ id: 'r1', status });

    expect(read).toMatchObject({ kind, terminal });
  });

  it('CDR-04 keeps the text of an unknown state', () => {
    const read = JobStatusBody.parse({ status: 'ARCHIVING' });

    expect(read).toEqual({ kind: 'unknown', terminal: false, text: 'ARCHIVING' });
  });

  it('CDR-06 keeps CXone’s own words and times of a failure, without credentials', () => {
    const read = JobStatusBody.parse({
      status: 'FAILED',
      errorCode: 'INTERNAL_SERVER_ERROR',
      message: 'worker died\nBearer abcdef0123456789',
      createdAt: '2024-05-16T00:00:00.000Z',
      completedAt: '2024-05-16T00:15:00.000Z',
    });

    expect(read).toEqual({
      kind: 'failed',
      terminal: true,
      errorCode: 'INTERNAL_SERVER_ERROR',
      message: 'worker died Bearer (redacted)',
      createdAt: '2024-05-16T00:00:00.000Z',
      completedAt: '2024-05-16T00:15:00.000Z',
    });
  });

  it('CDR-04 is read in spite of fields of another form', () => {
    const read = JobStatusBody.parse({
      status: 'PENDING',
      files: 'soon',
      recordCount: -1,
      createdAt: 7,
      extra: [],
    });

    expect(read).toEqual({ kind: 'pending', terminal: false });
  });

  it('CDR-04 is no status without its text', () => {
    const parsed = JobStatusBody.safeParse({ id: 'r1' });

    expect(parsed.success).toBe(false);
  });
});

describe('the list of files', () => {
  it('CDR-04 is complete with sizes, addresses and parts from 1 without gap, in any order', () => {
    const list = completed([file(3), file(1, { recordCount: 5, sha256: 'A'.repeat(64) }), file(2)], {
      recordCount: 9,
    });

    expect(list).toMatchObject({
      complete: true,
      recordCount: 9,
      files: [{ part: 1, bytes: 1_001, recordCount: 5, sha256: 'a'.repeat(64) }, { part: 2 }, { part: 3 }],
    });
  });

  it.each([
    ['no list at all', undefined, {}],
    ['null', null, {}],
    ['an empty list without a record count', [], {}],
    ['an empty list with records', [], { recordCount: 5 }],
    ['a size of 0', [file(1), file(2, { fileSize: 0 })], {}],
    ['no size', [file(1, { fileSize: undefined })], {}],
    ['no address', [file(1, { downloadUrl: undefined })], {}],
    ['a gap', [file(1), file(3)], {}],
    ['the first part missing', [file(2), file(3)], {}],
    ['a part twice', [file(1), file(2), file(2)], {}],
    ['part 0', [file(0), file(1)], {}],
    ['an entry that is no object', [file(1), 'part2'], {}],
  ])('CDR-04 is not complete with %s', (_, files, rest) => {
    const list = completed(files, rest);

    expect(list).toEqual({ complete: false, reason: expect.any(String) });
  });

  it('CDR-14 is complete when empty beside a record count of 0', () => {
    const list = completed([], { recordCount: 0 });

    expect(list).toEqual({ complete: true, files: [], recordCount: 0 });
  });

  it.each([
    ['the address before the name', '/file?x=1&part=1', 'part002.csv', 1],
    ['the name', '/file/abc', 'cdr_part001.csv', 1],
    ['the name’s last number', '/file/abc', 'part7_export_part-001.csv.gz', 1],
    ['its being the only one', '/file/abc', 'export.csv', 1],
    ['not the middle of a parameter’s name', '/file?counterpart=9', 'part001.csv', 1],
  ])('CDR-04 takes a part’s number from %s', (_, downloadUrl, fileName, part) => {
    const list = completed([{ fileName, fileSize: 5, downloadUrl }]);

    expect(list).toMatchObject({ complete: true, files: [{ part }] });
  });

  it('CDR-04 is asked of a completed job alone', () => {
    const list = completeFiles(JobStatusBody.parse({ status: 'PROCESSING', files: [file(1)] }));

    expect(list).toEqual({ complete: false, reason: 'the job is processing' });
  });

  it('CDR-04 is complete for exactly the permutations of 1 to n', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 6 }), (parts) => {
        const list = completed(parts.map((part) => file(part)));

        const whole = [...parts].sort((a, b) => a - b).every((part, index) => part === index + 1);
        expect(list.complete).toBe(whole);
      }),
    );
  });

  it('CDR-04 is the same list under newly signed addresses, another with any other promise', () => {
    const digest = (part: Record<string, unknown>) => {
      const list = completed([file(1, part)]);
      return list.complete ? fileListDigest(list.files) : 'incomplete';
    };

    const digests = [{}, { downloadUrl: '/file?part=1&sig=2' }, { fileSize: 7 }, { recordCount: 1 }].map(
      digest,
    );

    expect([digests[0] === digests[1], new Set(digests).size]).toEqual([true, 3]);
  });
});
