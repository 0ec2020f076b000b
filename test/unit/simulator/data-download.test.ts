import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { open, readError, requests, submission } from './simulator-client.ts';

describe('submitting', () => {
  it('CDR-02 creates a job with 201 and PENDING', async () => {
    const { client, simulator } = await open();
    await client.authorise();

    const reply = await client.submitReply();

    expect(reply.status).toBe(201);
    expect(JSON.parse(reply.text)).toEqual({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'PENDING',
    });
    expect(simulator.jobs).toHaveLength(1);
  });

  it('CDR-02 gives the same job for the same X-Request-Id, also when it is finished, failed or gone', async () => {
    const { client, simulator } = await open({ scenarios: ['job-failed'], rows: 10 });
    await client.authorise();
    const key = randomUUID();
    const requestId = await client.submit({}, key);

    const pending = await client.submitReply(submission(), key.toUpperCase());
    const failed = await client.wait(60).submitReply(submission(), key);
    await client.wait(25 * 3600).authorise();
    const gone = await client.submitReply(submission(), key);

    expect([pending, failed, gone].map((reply) => [reply.status, JSON.parse(reply.text)])).toEqual([
      [200, { requestId, status: 'PENDING' }],
      [200, { requestId, status: 'FAILED' }],
      [200, { requestId, status: 'FAILED' }],
    ]);
    expect((await client.statusReply(requestId)).status).toBe(404);
    expect(simulator.jobs).toHaveLength(1);
    expect(simulator.violations).toEqual([]);
  });

  it('CDR-02 notes another request under a used X-Request-Id', async () => {
    const { client, simulator } = await open();
    await client.authorise();
    const key = randomUUID();
    const requestId = await client.submit({}, key);

    const again = await client.submit({ format: 'json' }, key);

    expect(again).toBe(requestId);
    expect(simulator.violations).toEqual([
      { rule: 'idempotency-key-reused', at: '2024-05-16T03:00:00.000Z', detail: `${key} with another body` },
    ]);
  });

  it.each([
    ['an unknown reportType', { reportType: 'agents' }, 'reportType'],
    ['microseconds', { fromDate: '2024-05-15T00:00:00.000000Z' }, 'fromDate'],
    ['a date that no calendar has', { fromDate: '2023-02-29T00:00:00.000Z' }, 'fromDate'],
    ['an end before the start', { toDate: '2024-05-14T23:59:59.999Z' }, 'toDate'],
    ['part of a day', { toDate: '2024-05-15T11:59:59.999Z' }, 'whole UTC days'],
    ['an unknown format', { format: 'xlsx' }, 'format'],
    ['an unknown column', { columns: ['CallId', 'Mood'] }, 'unknown column Mood'],
    ['a column twice', { columns: ['CallId', 'CallId'] }, 'columns'],
    [
      'over 100 columns',
      { columns: Array.from({ length: 101 }, (_, place) => `CustomAttribute${place + 1}`) },
      'at most 100 columns',
    ],
    ['an unknown filter', { filters: { agents: ['x'] } }, 'filters'],
    ['a field that nobody knows', { priority: 1 }, 'priority'],
  ])('refuses %s with 400 and a JSON body', async (_case, changes, message) => {
    const { client, simulator } = await open();
    await client.authorise();

    const reply = await client.submitReply(submission(changes));

    expect(reply.status).toBe(400);
    expect(readError(reply)).toEqual({
      errorCode: 'INVALID_REQUEST',
      message: expect.stringContaining(message),
      requestId: reply.headers.get('x-request-id'),
    });
    expect(simulator.jobs).toEqual([]);
  });

  it.each(['', 'not-a-uuid', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'])(
    'CDR-02 refuses %j as X-Request-Id',
    async (key) => {
      const { client } = await open();
      await client.authorise();

      const reply = await client.submitReply(submission(), key);

      expect([reply.status, readError(reply).message]).toEqual([
        400,
        'X-Request-Id has to be a version 4 UUID',
      ]);
    },
  );

  it('takes the filters of the contract', async () => {
    const { client, simulator } = await open({ rows: 500 });
    const filters = { skillGroups: ['Support'], segments: ['retail'] };

    const job = await client.finished({ filters });

    const { day } = simulator.jobs[0] ?? { day: '' };
    expect(job.recordCount).toBe((await simulator.expectedDay(day, { filters })).rows);
    expect(job.recordCount).toBeGreaterThan(0);
  });
});

describe('polling', () => {
  it('CDR-04 goes from PENDING to PROCESSING after 20 s and to COMPLETED after 60 s', async () => {
    const { client } = await open({ rows: 10 });
    await client.authorise();
    const requestId = await client.submit();

    const first = await client.wait(19.999).status(requestId);
    const second = await client.wait(15).status(requestId);
    const third = await client.wait(25.001).status(requestId);

    expect(first).toEqual({ id: requestId, status: 'PENDING', createdAt: '2024-05-16T03:00:00.000Z' });
    expect(second).toEqual({ ...first, status: 'PROCESSING' });
    expect(third).toMatchObject({ ...first, status: 'COMPLETED', completedAt: '2024-05-16T03:01:00.000Z' });
  });

  it('CDR-13 describes every file as it is', async () => {
    const { client } = await open({ rows: 1000, parts: 2, duplicates: 5 });

    const job = await client.finished();

    const parts = await client.parts(job);
    expect(job.recordCount).toBe(1005);
    expect(job.files).toEqual(
      parts.map((part, position) => ({
        fileName: `cdr_export_20240515_part00${position + 1}.csv`,
        fileSize: part.length,
        downloadUrl: `${requests}/${job.id}/file?part=${position + 1}`,
        sha256: createHash('sha256').update(part).digest('hex'),
        recordCount: part.toString().trimEnd().split('\n').length - 1,
      })),
    );
  });

  it('CDR-03 answers 429 under 15 s, notes it, and blocks the address for 15 minutes at the third', async () => {
    const { client, simulator } = await open();
    await client.authorise();
    const requestId = await client.submit();
    await client.wait(20).status(requestId);

    const soon = await client.wait(14.999).statusReply(requestId);
    const sooner = [await client.statusReply(requestId), await client.statusReply(requestId)];
    const blocked = await client.wait(899).statusReply(requestId);
    const forgiven = await client.wait(1).statusReply(requestId);

    expect([soon.status, soon.headers.get('retry-after')]).toEqual([429, '1']);
    expect(sooner.map((reply) => reply.status)).toEqual([429, 429]);
    expect([blocked.status, blocked.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(forgiven.status).toBe(200);
    expect(simulator.violations.map((violation) => violation.rule)).toEqual(
      Array.from({ length: 3 }, () => 'polled-too-soon'),
    );
  });

  it('CDR-03 lets 15 s pass, and does not count a poll that was answered 401', async () => {
    const { client, simulator } = await open();
    await client.authorise();
    const requestId = await client.submit();
    await client.status(requestId);
    simulator.revokeTokens();

    const rejected = await client.wait(15).statusReply(requestId);
    await client.authorise();
    const repeated = await client.statusReply(requestId);

    expect([rejected.status, repeated.status]).toEqual([401, 200]);
    expect(simulator.violations).toEqual([]);
  });

  it('keeps a completed job for 24 hours', async () => {
    const { client } = await open({ rows: 10 });
    const job = await client.finished();
    const file = job.files?.[0]?.downloadUrl ?? '';
    await client.wait(24 * 3600 - 1).authorise();

    const kept = [await client.statusReply(job.id), await client.get(file)];
    client.wait(1);
    const gone = [await client.statusReply(job.id), await client.get(file)];

    expect(kept.map((reply) => reply.status)).toEqual([200, 200]);
    expect(gone.map((reply) => reply.status)).toEqual([429, 404]);
    expect((await client.wait(15).statusReply(job.id)).status).toBe(404);
  });

  it('ALL-15 knows a job for the client only that submitted it', async () => {
    const credentials = ['one', 'two'].map((name) => ({ clientId: name, clientSecret: `${name}-secret` }));
    const { client } = await open({ credentials, rows: 10 });
    await client.authorise(credentials[0]);
    const requestId = await client.submit();
    await client.authorise(credentials[1]);

    const reply = await client.statusReply(requestId);

    expect(reply.status).toBe(404);
  });
});
