import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { factIn } from '../../../lambdas/model/errors.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import { json } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  client,
  discarded,
  JOB,
  OWN_PART,
  own,
  part,
  request,
  SECRET,
  token,
} from './data-download-under-test.ts';

describe('submitting', () => {
  it('CDR-01 CDR-02 posts the whole UTC day under the idempotency key', async () => {
    own.answer((_, response) => json(response, 201, { requestId: 'r1', status: 'PENDING' }));

    const job = await client().submit({ ...request, filters: { segments: ['s1'] } }, 'uuid-1');

    const seen = own.seen.at(-1);
    expect([job, seen?.method, seen?.path]).toEqual(['r1', 'POST', '/api/v2/data/download/requests']);
    expect(seen?.headers).toMatchObject({
      'x-request-id': 'uuid-1',
      'content-type': 'application/json',
      authorization: `Bearer ${SECRET}`,
    });
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      reportType: 'callDetailRecords',
      reportId: 'default',
      fromDate: '2024-05-15T00:00:00.000Z',
      toDate: '2024-05-15T23:59:59.999Z',
      format: 'csv',
      columns: ['CallId', 'StartTime'],
      filters: { segments: ['s1'] },
    });
  });

  it('CDR-02 takes 200 for a job that exists already', async () => {
    own.answer((_, response) => json(response, 200, { requestId: 'r1', status: 'FAILED' }));

    const job = await client().submit(request, 'uuid-1');

    expect([job, own.seen.at(-1)?.body.includes('filters')]).toEqual(['r1', false]);
  });

  it('ALL-09 holds an answer without a job to be a fault of the server', async () => {
    own.answer((_, response) => json(response, 201, { status: 'PENDING' }));

    const error = await thrownBy(client().submit(request, 'uuid-1'));

    expect(error.name).toBe('ServerFault');
  });

  it('ALL-07 discards the token after a 403, since scopes may just have been granted', async () => {
    own.answer((_, response) => json(response, 403, { message: 'scope' }));

    const error = await thrownBy(client().submit(request, 'uuid-1'));

    expect([error.name, discarded]).toEqual(['ScopeMissing', [token.fingerprint]]);
  });

  it('ALL-07 says so where the token could not be discarded', async () => {
    own.answer((_, response) => json(response, 403, { message: 'scope' }));

    const error = await thrownBy(client({ discardFails: true }).submit(request, 'uuid-1'));

    expect([error.name, error.cause]).toEqual(['ScopeMissing', new Error('the ledger is away')]);
    expect(error.message).toMatch(/data:download:write.*could not be discarded.*status=403/);
  });

  it.each([
    [false, 'TokenRejected'],
    [true, 'TokenRejectedTwice'],
  ])('ALL-07 after a 401 with renewed %s throws %s and discards nothing', async (renewed, name) => {
    own.answer((_, response) => json(response, 401, {}));

    const error = await thrownBy(client({ renewed }).submit(request, 'uuid-1'));

    expect([error.name, discarded]).toEqual([name, []]);
  });
});

describe('asking for the status', () => {
  it('CDR-03 names the job in the path', async () => {
    own.answer((_, response) => json(response, 200, { id: 'r1', status: 'PENDING' }));

    const status = await client().status(JOB);

    expect([status.kind, own.seen.at(-1)?.path]).toEqual([
      'pending',
      '/api/v2/data/download/requests/job%2F1%20%C3%BC',
    ]);
  });

  it('CDR-06 takes 404 for an expired job', async () => {
    own.answer((_, response) => json(response, 404, {}, { 'x-request-id': 'q1' }));

    const error = await thrownBy(client().status(JOB));

    expect([error.name, factIn(error.message, 'requestId'), factIn(error.message, 'status')]).toEqual([
      'JobExpired',
      'q1',
      '404',
    ]);
  });

  it('OPS-01 works behind a base URL with a path', async () => {
    own.answer((_, response) => json(response, 200, { status: 'PENDING' }));

    await client({ baseUrl: `${own.url}/gateway` }).status(JobId.parse('r1'));

    expect(own.seen.at(-1)?.path).toBe('/gateway/api/v2/data/download/requests/r1');
  });
});

describe('opening a part', () => {
  it('CDR-07 from its start', async () => {
    own.answer((_, response) =>
      response.writeHead(200, { 'content-length': 10, etag: '"v1"', 'x-request-id': 'q2' }).end('0123456789'),
    );

    const opened = await client().openPart(part(OWN_PART));

    const { body, ...head } = opened;
    expect([head, await text(body)]).toEqual([
      { offset: 0, announcedBytes: 10, validator: '"v1"', requestId: 'q2' },
      '0123456789',
    ]);
    expect(own.seen.at(-1)?.headers).toMatchObject({
      accept: 'application/octet-stream',
      authorization: `Bearer ${SECRET}`,
    });
    expect(own.seen.at(-1)?.headers).not.toHaveProperty('range');
  });

  it('CDR-07 from a byte on, of the very same content', async () => {
    own.answer((_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 4-9/10', 'content-length': 6 }).end('456789'),
    );

    const { body, ...head } = await client().openPart(part(OWN_PART), { from: 4, validator: '"v1"' });

    expect([head, await text(body)]).toEqual([{ offset: 4, announcedBytes: 6 }, '456789']);
    expect(own.seen.at(-1)?.headers).toMatchObject({ range: 'bytes=4-', 'if-range': '"v1"' });
  });

  it('CDR-07 from its start where the server knows no ranges', async () => {
    own.answer((_, response) => response.writeHead(200).end('0123456789'));

    const { body, ...head } = await client().openPart(part(OWN_PART), { from: 4 });

    expect([head, await text(body)]).toEqual([{ offset: 0 }, '0123456789']);
  });

  it.each<[string, number, Record<string, string>, number]>([
    ['another start', 206, { 'content-range': 'bytes 3-9/10' }, 4],
    ['no range', 206, {}, 4],
    ['a range that is none', 206, { 'content-range': 'bytes 4-x/10' }, 4],
    ['an end before the part’s', 206, { 'content-range': 'bytes 4-8/10' }, 4],
    ['an end before its start', 206, { 'content-range': 'bytes 4-3/*' }, 4],
    ['another length', 206, { 'content-range': 'bytes 4-9/10', 'content-length': '5' }, 4],
    ['a range that nobody asked for', 206, { 'content-range': 'bytes 0-9/10' }, 0],
    ['no content', 204, {}, 0],
    ['a page', 200, { 'content-type': 'text/html' }, 0],
  ])('CDR-07 refuses an answer with %s', async (_, status, headers, from) => {
    own.answer((_, response) =>
      response
        .writeHead(status, headers)
        .end(status === 204 ? undefined : '456789'.slice(0, Number(headers['content-length'] ?? 6))),
    );

    const error = await thrownBy(client().openPart(part(OWN_PART), { from }));

    expect([error.name, factIn(error.message, 'part')]).toEqual(['ServerFault', '1']);
  });

  it('CDR-07 refuses to go on behind the end of a part that has become shorter', async () => {
    own.answer((_, response) => response.writeHead(416, { 'content-range': 'bytes */3' }).end());

    const error = await thrownBy(client().openPart(part(OWN_PART), { from: 4 }));

    expect(error.name).toBe('PartIncomplete');
  });

  it('CDR-06 takes 404 for a part that is not there yet', async () => {
    own.answer((_, response) => json(response, 404, {}, { 'x-request-id': 'q3' }));

    const error = await thrownBy(client().openPart(part(OWN_PART)));

    expect([error.name, factIn(error.message, 'requestId')]).toEqual(['PartNotReady', 'q3']);
  });
});
