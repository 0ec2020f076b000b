import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { toldIn } from '../support/alarm-evaluation.ts';
import { type Night, prepareNights } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  mostCallsInAMinute,
  shortestPollDistance,
  truthOf,
} from '../support/night-expectations.ts';
import { recordOf, storesOf } from '../support/night-findings.ts';
import { failedWindowsOf, statesOf } from '../support/night-history.ts';

const RANGE = { from: '2024-04-01', to: '2024-04-09' };
const RANGE_DAYS = Array.from({ length: 8 }, (_, index) => `2024-04-0${index + 1}`);

const nights = await prepareNights({ simulator: { rows: 60, parts: 2 }, cdr: { windowsAtOnce: 8 } });
const slow = await prepareNights({
  simulator: { rows: 60, parts: 2 },
  cdr: { windowsAtOnce: 8 },
  family: { rate: { requests: 12, seconds: 60 } },
});

afterAll(async () => {
  await nights.close();
  await slow.close();
});

/** What runs have told of their waiting, in seconds. */
function queueWaitsTold(night: Night): number[] {
  return toldIn(night.folder).flatMap(({ name, value }) => (name === 'QueueWaitSeconds' ? [value] : []));
}

describe('the calls of a run', () => {
  it('ALL-08 keep the rate of the configuration in every minute, however many windows run, by Wait states', async () => {
    const night = await slow.open({ scenarios: ['rate-limit:12'] });

    const ended = await night.run(RANGE);

    expect(ended.status).toBe('SUCCEEDED');
    expect(mostCallsInAMinute(night.calls())).toBeLessThanOrEqual(12);
    expect(shortestPollDistance(night.calls())).toBeGreaterThanOrEqual(15_000);
    expect(night.calls().filter(({ status }) => status === 429)).toEqual([]);
    expect(night.violations()).toEqual([]);
    expect(statesOf(night, ended.run).some((state) => state.startsWith('ThrottledIn'))).toBe(true);
    for (const day of RANGE_DAYS) await expectCommitted(night, await truthOf(night, day));
    await night.close();
  });

  it('ALL-07 share one token, and renew it once when it is revoked under all of them', async () => {
    const night = await nights.open({ scenarios: ['token-revoked:12'] });

    const ended = await night.run(RANGE);

    const calls = night.calls();
    expect(ended.status).toBe('SUCCEEDED');
    expect(calls.filter(({ status }) => status === 401)).not.toEqual([]);
    expect(calls.filter(({ kind }) => kind === 'token')).toHaveLength(2);
    for (const day of RANGE_DAYS) await expectCommitted(night, await truthOf(night, day));
    expectGoodManners(night);
    await night.close();
  });

  it('CDR-03 CDR-05 ask a queued job every ten minutes, as waiting, and never replace it', async () => {
    const night = await nights.open({ scenarios: ['queue-wait:14400'] });
    const truth = await truthOf(night, night.day());

    const ended = await night.run();

    const polls = night.calls().filter(({ kind }) => kind === 'status');
    expect(ended.status).toBe('SUCCEEDED');
    expect(statesOf(night, ended.run).filter((state) => state === 'WaitInQueue').length).toBeGreaterThan(15);
    expect(polls.length).toBeLessThan(60);
    await expectCommitted(night, truth);
    expect((await recordOf(night, ended.run)).windows[0]?.queueWaitMilliseconds).toBeGreaterThan(14_400_000);
    const [waited = 0] = queueWaitsTold(night);
    expect(waited).toBeGreaterThan(14_400);
    expect(waited).toBeLessThan(16_000);
    expectGoodManners(night);
    await night.close();
  });

  it('CDR-05 go on with a job that is still queued, also when the next run asks for a refresh', async () => {
    const night = await nights.open({ scenarios: ['queue-wait:100000'] });
    const day = night.day();
    const given = await night.run();

    const waited = queueWaitsTold(night);
    const refreshed = await night.run({ date: day, refresh: true });

    expect(waited[0], 'of a job that is still queued').toBeGreaterThanOrEqual(86_400);
    expect(failedWindowsOf(night, given.run)).toEqual([{ day, error: 'QueueSaturated', state: 'Poll' }]);
    expect(refreshed.status).toBe('SUCCEEDED');
    await expectCommitted(night, await truthOf(night, day), 1);
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-11 are counted in the record: answers, retries, throttled time, rows, bytes, stages, cost', async () => {
    const night = await nights.open({ scenarios: ['throttle-seconds', 'short-body', 'duplicates:4'] });
    const truth = await truthOf(night, night.day());

    const ended = await night.run();

    const record = await recordOf(night, ended.run);
    const answered = night.calls().filter(({ kind, status }) => kind !== 'token' && status === 429).length;
    expect(record.answers['429']).toBe(answered);
    expect(record.throttledSeconds).toBeGreaterThanOrEqual(30);
    expect(record.retries).toBeGreaterThan(0);
    expect(record).toMatchObject({ outcome: 'SUCCEEDED', integrity: 1, input: {}, redrives: 0 });
    expect(record.totals).toMatchObject({ rowsIn: truth.counts.parsed, rowsOut: 60, duplicates: 4 });
    expect(record.totals.bytesIn).toBeGreaterThan(0);
    expect(record.costUsd).toBeGreaterThan(0);
    expect(Object.keys(record.windows[0]?.stages ?? {})).toEqual(
      expect.arrayContaining(['claim', 'submit', 'poll', 'download', 'transform', 'commit', 'publish']),
    );
    await night.close();
  });

  it('CDR-08 a stored part that does not read back as it was received ends by PartCorrupted', async () => {
    const opened: { night?: Night } = {};
    const night = await nights.open({
      onEffect: async (phase, { service, resource }) => {
        if (phase !== 'after' || service !== 's3' || !resource.endsWith('/a1/part-00002.csv')) return;
        const { night: there } = opened;
        delete opened.night;
        if (there !== undefined) await spoil(there, resource.slice(resource.indexOf('/') + 1));
      },
    });
    opened.night = night;
    const day = night.day();

    const failed = await night.run();
    const refreshed = await night.run({ date: day, refresh: true });

    expect(failedWindowsOf(night, failed.run)).toEqual([{ day, error: 'PartCorrupted', state: 'Transform' }]);
    expect(refreshed.status).toBe('SUCCEEDED');
    await expectCommitted(night, await truthOf(night, day), 2);
    await night.close();
  });
});

/** Stores the object with one character changed. */
async function spoil(night: Night, key: string): Promise<void> {
  const { clients, objects } = storesOf(night);
  const text = await objects.readText(key);
  const changed = `${text.slice(0, -3)}#${text.slice(-2)}`;
  await clients.s3.send(new PutObjectCommand({ Bucket: night.platform.bucket, Key: key, Body: changed }));
}
