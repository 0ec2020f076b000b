import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { faultScenarios } from '../../../local/cxone/scenarios/fault-scenarios.ts';
import { shownScenarios } from './shown-scenarios.ts';
import { answers, connectionError, open, opened, readError, requests, times } from './simulator-client.ts';

const { shows, all } = shownScenarios(faultScenarios);

/** A simulator with a finished job, and the scenario chosen after it: the address of its only part. */
async function finishedThen(...scenarios: string[]) {
  const { client, simulator } = await opened();
  const job = await client.finished();
  simulator.use(scenarios);
  const [file] = job.files ?? [];
  return { client, simulator, file, address: file?.downloadUrl ?? '', requestId: job.id };
}

describe('throttling and server errors', () => {
  shows('throttle-seconds', 'throttles the first calls of each kind, with seconds', async () => {
    const { client } = await opened('throttle-seconds:1');
    const submitted = [await client.submitReply(), await client.wait(30).submitReply()];
    const requestId = String(JSON.parse(submitted[1]?.text ?? '').requestId);

    const polled = [await client.statusReply(requestId), await client.wait(60).statusReply(requestId)];
    const path = `${requests}/${requestId}/file?part=1`;
    const downloaded = [await client.get(path), await client.wait(30).get(path)];

    expect(answers([...submitted, ...polled, ...downloaded])).toEqual([
      [429, '30'],
      [201, null],
      [429, '30'],
      [200, null],
      [429, '30'],
      [200, null],
    ]);
  });

  shows('throttle-date', 'throttles with a date 45 seconds ahead', async () => {
    const { client } = await opened('throttle-date:1');

    const [reply] = await times(client, 1, () => client.submitReply());

    expect(reply?.status).toBe(429);
    expect(Date.parse(reply?.headers.get('retry-after') ?? '') - client.now).toBe(45_000);
  });

  shows('throttle-silent', 'throttles without saying for how long', async () => {
    const { client } = await opened('throttle-silent:1');

    const replies = await times(client, 2, () => client.submitReply());

    expect(answers(replies)).toEqual([
      [429, null],
      [201, null],
    ]);
  });

  shows('throttle-long', 'throttles for 25 hours', async () => {
    const { client } = await opened('throttle-long');

    const [reply] = await times(client, 1, () => client.submitReply());

    expect(Number(reply?.headers.get('retry-after'))).toBe(25 * 3600);
  });

  shows('server-errors', 'fails the first calls of each kind with JSON', async () => {
    const { client, address } = await finishedThen('server-errors:4');

    const replies = await times(client, 5, () => client.get(address));

    expect(replies.map((reply) => reply.status)).toEqual([500, 502, 503, 504, 200]);
    expect(readError(replies[0] ?? (await client.get(address))).errorCode).toBe('SERVER_ERROR');
  });

  shows('html-errors', "fails with a proxy's page", async () => {
    const { client, requestId } = await finishedThen('html-errors:2');

    const replies = await times(client, 3, () => client.statusReply(requestId));

    expect(replies.map((reply) => [reply.status, reply.headers.get('content-type')])).toEqual([
      [502, 'text/html; charset=utf-8'],
      [503, 'text/html; charset=utf-8'],
      [200, 'application/json'],
    ]);
  });

  shows('blocked', 'blocks the address from the first poll on, tokens too', async () => {
    const { client, requestId } = await finishedThen('blocked:900');
    const first = await client.wait(15).statusReply(requestId);

    const during = [await client.wait(899).tokenReply(), await client.statusReply(requestId)];
    const after = await client.wait(1).statusReply(requestId);

    expect([first, ...during].map((reply) => [reply.status, reply.text.slice(0, 15)])).toEqual(
      Array.from({ length: 3 }, () => [403, '<!DOCTYPE html>']),
    );
    expect(after.status).toBe(200);
  });

  shows('rate-limit', 'throttles calls beyond so many in 60 seconds', async () => {
    const { client, simulator } = await opened('rate-limit:3');
    const replies = await times(client, 3, () => client.statusReply('x'));

    const beyond = await client.wait(10).statusReply('x');
    const later = await client.wait(20).statusReply('x');

    expect(replies.map((reply) => reply.status)).toEqual([404, 404, 404]);
    expect(answers([beyond, later])).toEqual([
      [429, '20'],
      [404, null],
    ]);
    expect(simulator.violations.map((violation) => violation.rule)).toEqual(['rate-exceeded']);
  });

  shows('unforgiving', 'blocks an address that ignores Retry-After', async () => {
    const { client, simulator } = await opened('unforgiving:2', 'throttle-seconds:1');
    await client.submitReply();

    const early = [await client.wait(2).submitReply(), await client.wait(2).submitReply()];
    const after = await client.wait(900).submitReply();

    expect(early.map((reply) => reply.status)).toEqual([201, 403]);
    expect(after.status).toBe(201);
    expect(simulator.violations).toEqual([
      { rule: 'retry-after-ignored', at: '2024-05-16T03:00:02.000Z', detail: 'called 28 s too soon' },
      { rule: 'retry-after-ignored', at: '2024-05-16T03:00:04.000Z', detail: 'called 26 s too soon' },
    ]);
  });

  shows('unforgiving', 'bears with calls that were on their way when Retry-After was sent', async () => {
    const { client, simulator } = await opened('unforgiving:1', 'throttle-seconds:1');
    await client.submitReply();

    const onTheirWay = await client.wait(1).submitReply();
    const obedient = await client.wait(29).submitReply();

    expect([onTheirWay.status, obedient.status]).toEqual([201, 201]);
    expect(simulator.violations).toEqual([]);
  });

  shows('fault-rate', 'draws faults by seed: the same calls meet the same', async () => {
    const run = async (seed: string) => {
      const { client, simulator } = await open({ seed, scenarios: ['fault-rate:0.3'] });
      while (client.token === '') await client.authorise().catch(() => undefined);
      for (let turn = 0; turn < 100; turn += 1) await client.statusReply('x').catch(() => undefined);
      return simulator.calls
        .filter((call) => call.kind === 'status')
        .map((call) => `${call.fault} ${call.status}`);
    };

    const [first, again, other] = [await run('one'), await run('one'), await run('two')];

    const faults = first.filter((call) => call.startsWith('fault-rate'));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(faults.length).toBeGreaterThan(10);
    expect(faults.length).toBeLessThan(60);
    expect(new Set(faults).size).toBeGreaterThan(3);
  });
});

describe('connections and bodies', () => {
  shows('reset', 'resets the connection half-way, then before the answer', async () => {
    const { client, address, simulator } = await finishedThen('reset');

    const errors = [await connectionError(client.get(address)), await connectionError(client.get(address))];
    const after = await client.get(address);

    expect(errors).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(simulator.calls.slice(-3).map((call) => [call.status, call.bytes, call.fault])).toEqual([
      [200, after.bytes.length >>> 1, 'reset'],
      [undefined, 0, 'reset'],
      [200, after.bytes.length, undefined],
    ]);
  });

  shows('reset', 'leaves the client with some of the first half, short-body with all of it', async () => {
    const { client, address, simulator, file } = await finishedThen('reset');

    const beforeReset = await client.received(address);
    simulator.use(['reset']);
    const ofLittle = await client.received(address, 'bytes=0-999');
    simulator.use(['short-body']);
    const beforeEnd = await client.received(address);

    const half = (file?.fileSize ?? 0) >>> 1;
    expect(beforeReset).toBeGreaterThan(0);
    expect(beforeReset).toBeLessThanOrEqual(half);
    expect(ofLittle).toBe(500);
    expect(beforeEnd).toBe(half);
  });

  shows('lost-reply', 'accepts the POST and answers nothing', async () => {
    const { client, simulator } = await opened('lost-reply');
    const key = '7d9f7c1e-5d52-4b9e-8d5c-6a1f4f6d2c11';

    const error = await connectionError(client.submitReply(undefined, key));
    const jobs = simulator.jobs.map((job) => job.requestId);
    const again = await client.submitReply(undefined, key);

    expect(error).toBe('ECONNRESET');
    expect(jobs).toHaveLength(1);
    expect([again.status, JSON.parse(again.text).requestId]).toEqual([200, jobs[0]]);
  });

  shows('short-body', 'ends before Content-Length', async () => {
    const { client, address } = await finishedThen('short-body');

    const error = await connectionError(client.get(address));
    const after = await client.get(address);

    expect(error).toBe('UND_ERR_SOCKET');
    expect(after.status).toBe(200);
  });

  shows('clean-short', 'ends cleanly, without Content-Length, short of the file', async () => {
    const { client, address, file } = await finishedThen('clean-short');

    const short = await client.get(address);
    const after = await client.get(address);

    expect([short.status, short.headers.get('content-length')]).toEqual([200, null]);
    expect(short.bytes.length).toBe((file?.fileSize ?? 0) >>> 1);
    expect(after.bytes.length).toBe(file?.fileSize);
  });

  shows('corrupt-body', 'flips one bit', async () => {
    const { client, address, file } = await finishedThen('corrupt-body');

    const corrupt = await client.get(address);
    const after = await client.get(address);

    const differing = corrupt.bytes.filter((byte, position) => byte !== after.bytes[position]);
    expect([corrupt.status, corrupt.bytes.length, differing.length]).toEqual([200, file?.fileSize, 1]);
    expect(createHash('sha256').update(after.bytes).digest('hex')).toBe(file?.sha256);
  });

  all();
});
