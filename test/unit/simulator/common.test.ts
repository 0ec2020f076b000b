import { describe, expect, it } from 'vitest';
import { type LoggedCall, startSimulator } from '../../../local/cxone/index.ts';
import { day, open, readError, requests, submission } from './simulator-client.ts';

describe('every family', () => {
  it('OPS-06 introduces itself as a simulator that takes a clock', async () => {
    const { client, simulator } = await open();

    const reply = await client.send('/simulator');

    expect(JSON.parse(reply.text)).toEqual({
      simulator: 'cxone-export',
      takesClock: true,
      scenarios: expect.arrayContaining(['normal', 'bom', 'throttle-date']),
    });
    expect(simulator.calls).toEqual([]);
  });

  it('ALL-10 gives every answer an X-Request-Id of its own', async () => {
    const { client } = await open();
    await client.authorise();

    const replies = [
      await client.submitReply(),
      await client.submitReply(submission({ format: 'x' })),
      await client.statusReply('unknown'),
      await client.send('/nowhere'),
      await client.send('/simulator'),
    ];

    const ids = replies.map((reply) => reply.headers.get('x-request-id'));
    expect(ids.every((id) => /^[0-9a-f]{8}-/.test(id ?? ''))).toBe(true);
    expect(new Set(ids.slice(0, 4)).size).toBe(4);
    expect(replies[0]?.headers.get('x-correlation-id')).toBe(ids[0]);
  });

  it.each([
    ['no token', {}],
    ['an unknown token', { authorization: 'Bearer nobody-issued-this' }],
    ['another scheme', { authorization: 'Basic c2ltOnNpbQ==' }],
  ])('ALL-07 answers 401 to %s', async (_case, headers) => {
    const { client } = await open();

    const reply = await client.send(`${requests}/unknown`, { headers });

    expect([reply.status, readError(reply).errorCode]).toEqual([401, 'UNAUTHORIZED']);
  });

  it('ALL-09 names the missing scope in a 403', async () => {
    const { client } = await open();
    const { access_token } = JSON.parse((await client.tokenReply({ scope: 'data:download:read' })).text);
    client.token = String(access_token);

    const reply = await client.submitReply();

    expect([reply.status, readError(reply).message]).toEqual([
      403,
      'the scope data:download:write is missing',
    ]);
  });

  it('answers 404 to other paths, 405 to other methods, 413 to endless bodies', async () => {
    const { client } = await open();
    await client.authorise();

    const nowhere = await client.get('/v2/nowhere');
    const method = await client.send(requests, { method: 'DELETE' });
    const endless = await client.send(requests, { method: 'POST', body: 'x'.repeat(1_048_577) });

    expect([nowhere.status, method.status, endless.status]).toEqual([404, 405, 413]);
    expect(method.headers.get('allow')).toBe('POST');
  });

  it('OPS-06 takes its time from calls, the greatest seen, and never goes back', async () => {
    const { client, simulator } = await open({ clock: { now: () => 1_000_000 } });
    const before = simulator.now();
    await client.send('/nowhere');
    const first = simulator.now();

    await client.wait(-3600).send('/nowhere');

    expect(before).toBe(1_000_000);
    expect(new Date(first).toISOString()).toBe('2024-05-16T03:00:00.000Z');
    expect(simulator.now()).toBe(first);
    expect(simulator.calls.map((call) => call.at)).toEqual([
      '2024-05-16T03:00:00.000Z',
      '2024-05-16T02:00:00.000Z',
    ]);
  });

  it('OPS-06 dates its answers by simulated time and refuses a time that is none', async () => {
    const { client, simulator } = await open();

    const dated = await client.send('/nowhere');
    const refused = await fetch(`${simulator.url}/nowhere`, { headers: { 'x-simulated-time': 'soon' } });

    expect(dated.headers.get('date')).toBe('Thu, 16 May 2024 03:00:00 GMT');
    expect(refused.status).toBe(400);
  });

  it('logs each call with all that a test asks for, and tells it', async () => {
    const told: LoggedCall[] = [];
    const { client, simulator } = await open({ rows: 10, onCall: (call) => told.push(call) });
    const job = await client.finished();

    await client.parts(job);

    expect(simulator.calls.map(({ order, kind, method, status }) => [order, kind, method, status])).toEqual([
      [1, 'token', 'POST', 200],
      [2, 'submit', 'POST', 201],
      [3, 'status', 'GET', 200],
      [4, 'download', 'GET', 200],
      [5, 'download', 'GET', 200],
      [6, 'download', 'GET', 200],
    ]);
    expect(simulator.calls[1]).toEqual({
      order: 2,
      at: '2024-05-16T03:00:00.000Z',
      host: 'api',
      kind: 'submit',
      method: 'POST',
      path: requests,
      query: {},
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      idempotencyKey: simulator.jobs[0]?.idempotencyKey,
      bearer: expect.stringMatching(/^[0-9a-f]{64}$/),
      body: submission(),
      day,
      status: 201,
      bytes: expect.any(Number),
      fault: undefined,
      duration: expect.any(Number),
    });
    expect(simulator.calls.at(-1)).toMatchObject({ query: { part: '3' }, bytes: job.files?.[2]?.fileSize });
    expect(told.length).toBeGreaterThanOrEqual(5);
  });

  it('goes on when a client hangs up in the middle of a part', async () => {
    let ended: (call: LoggedCall) => void = () => undefined;
    const hungUp = new Promise<LoggedCall>((resolve) => {
      ended = resolve;
    });
    const onCall = (call: LoggedCall) => (call.kind === 'download' ? ended(call) : undefined);
    const { client, simulator } = await open({ rows: 300_000, parts: 1, onCall });
    const job = await client.finished();
    const { body } = await fetch(new URL(job.files?.[0]?.downloadUrl ?? '', simulator.url), {
      headers: { authorization: `Bearer ${client.token}` },
    });

    await body?.cancel();
    const call = await hungUp;

    expect(call.bytes).toBeLessThan(job.files?.[0]?.fileSize ?? 0);
    expect((await client.wait(15).statusReply(job.id)).status).toBe(200);
  });

  it('refuses options that cannot be, all at once', async () => {
    const start = startSimulator({ rows: -1, parts: 0, port: 70_000, scenariosByDay: { '2024-02-30': [] } });

    await expect(start).rejects.toMatchObject({
      issues: ['rows', 'parts', 'port', 'scenariosByDay'].map((name) =>
        expect.objectContaining({ path: expect.arrayContaining([name]) }),
      ),
    });
  });
});
