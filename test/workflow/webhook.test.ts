import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Examination } from '../../lambdas/model/doctor.ts';
import { main } from '../../local/command/program.ts';
import { prepareNights } from '../support/night.ts';
import { generationsOf, recordOf, rowsOf, windowOf } from '../support/night-findings.ts';
import { statesOf } from '../support/night-history.ts';
import { openReceiver } from '../support/webhook-receiver.ts';
import { recordedOutputs } from '../unit/command/recorded-output.ts';

const receiver = await openReceiver();
const nights = await prepareNights({
  simulator: { rows: 230, parts: 2, duplicates: 3 },
  cdr: { outputs: ['parquet', 'jsonl'] },
  webhook: {
    url: receiver.url,
    certificateAuthority: receiver.certificateAuthority,
    networks: ['127.0.0.0/8'],
    records: ['cdr'],
    batchRecords: 50,
    tries: 4,
  },
});

afterAll(async () => {
  await nights.close();
  await receiver.close();
});
afterEach(() => receiver.answer((_, response) => response.writeHead(204).end()));

const idsOf = (records: readonly Record<string, unknown>[]) => records.map(({ call_id }) => call_id).sort();

async function committedIds(night: Awaited<ReturnType<typeof nights.open>>, day: string) {
  return (await rowsOf(night, day)).map(({ CallId }) => CallId).sort();
}

describe('the webhook of a tenant', () => {
  it('ALL-13 ANA-08 is sent the committed records in batches, signed, with generation, batch numbers and ids', async () => {
    const night = await nights.open();

    const { status, run } = await night.run();

    const day = night.day();
    const [generation] = await generationsOf(night, day);
    const posts = receiver.posts.filter(({ message }) => message.day === day);
    expect(status).toBe('SUCCEEDED');
    expect(receiver.unverified).toBe(0);
    expect(posts.map(({ message }) => [message.batch, message.batches, message.count])).toEqual([
      [1, 5, 50],
      [2, 5, 50],
      [3, 5, 50],
      [4, 5, 50],
      [5, 5, 30],
    ]);
    expect(posts.every(({ message, headers }) => headers['webhook-id'] === message.delivery)).toBe(true);
    expect(posts[0]?.message).toMatchObject({
      type: 'records',
      dataset: 'cdr',
      commit: 1,
      generation,
      replaces: null,
    });
    expect(idsOf(receiver.recordsOf('cdr', day))).toEqual(await committedIds(night, day));
    expect((await recordOf(night, run)).windows[0]?.delivery).toEqual({
      commit: 1,
      state: 'delivered',
      batches: 5,
      records: 230,
    });
    await night.close();
  });

  it('ALL-13 is waited for by a Wait state for as long as it asks, without giving up', async () => {
    const night = await nights.open();
    let refused = 0;
    receiver.answer((_, response) => {
      if (refused++ === 0) response.writeHead(429, { 'retry-after': '7200' }).end();
      else response.writeHead(204).end();
    });

    const { status, run } = await night.run();

    const window = await windowOf(night, night.day());
    expect(status).toBe('SUCCEEDED');
    expect(statesOf(night, run).filter((state) => state === 'WaitForReceiver')).toHaveLength(1);
    expect(night.platform.clock.now() - (window.committedAt ?? 0)).toBeGreaterThanOrEqual(7_200_000);
    expect(window.delivery).toMatchObject({ state: 'delivered' });
    await night.close();
  });

  it('ALL-13 that stays down costs a dead letter and no commit; retried, it gets what it missed, from that batch on', async () => {
    const night = await nights.open();
    const day = night.day();
    let posts = 0;
    receiver.answer((_, response) => response.writeHead(posts++ < 2 ? 204 : 503).end());

    const { status, run } = await night.run();

    const { delivery, generation } = await windowOf(night, day);
    expect([status, delivery]).toMatchObject([
      'SUCCEEDED',
      { state: 'dead', reason: 'HTTP 503', batches: 5 },
    ]);
    expect(generation).toBeDefined();
    expect((await recordOf(night, run)).windows[0]).toMatchObject({
      outcome: 'committed',
      delivery: { state: 'dead' },
    });
    receiver.answer((_, response) => response.writeHead(204).end());
    const before = receiver.posts.length;

    const retried = await night.deliverAgain();

    expect(retried.status).toBe('SUCCEEDED');
    expect(receiver.posts.slice(before).map(({ message }) => message.batch)).toEqual([3, 4, 5]);
    expect(idsOf(receiver.recordsOf('cdr', day))).toEqual(await committedIds(night, day));
    expect((await windowOf(night, day)).delivery).toMatchObject({ state: 'delivered' });
    await night.close();
  });

  it('ALL-13 that was down gets what it missed by deliver --retry on the command line, by the secret that the folder has', async () => {
    const night = await nights.open();
    const day = night.day();
    receiver.answer((_, response) => response.writeHead(503).end());
    await night.run();
    const committed = await committedIds(night, day);
    await night.close();
    receiver.answer((_, response) => response.writeHead(204).end());
    const config = join(night.folder, '..', 'configuration.json');
    const deliver = ['deliver', '--retry', '--config', config, '--data', night.folder];
    const outputs = recordedOutputs();

    const code = await main(deliver, outputs);

    expect([code, outputs.stdout]).toEqual([0, '1 delivered, 0 given up again.\n']);
    expect(idsOf(receiver.recordsOf('cdr', day))).toEqual(committed);
  });

  it('ALL-13 is told which generation a refreshed day replaces, and ends with the later one', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const before = await windowOf(night, day);
    nights.simulator.use(['duplicates:9', 'superseded:4']);

    await night.run({ date: day, refresh: true });

    const after = await windowOf(night, day);
    const last = receiver.posts.at(-1)?.message;
    expect(after.generation).not.toBe(before.generation);
    expect(last).toMatchObject({ commit: 2, generation: after.generation, replaces: before.generation });
    expect(idsOf(receiver.recordsOf('cdr', day))).toEqual(await committedIds(night, day));
    await night.close();
  });

  it('ALL-13 OPS-07 is told of a rollback as of any commit, and the rollback says what is current when that is done', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const { generation: good } = await windowOf(night, day);
    nights.simulator.use(['duplicates:9', 'superseded:4']);
    await night.run({ date: day, refresh: true });
    const { generation: bad } = await windowOf(night, day);

    const { status, output = '' } = await night.operate({ rollback: { dataset: 'cdr', day } });

    const last = receiver.posts.at(-1)?.message;
    expect([status, JSON.parse(output)]).toEqual([
      'SUCCEEDED',
      { operation: 'rolledBack', dataset: 'cdr', day, generation: good, replaced: bad },
    ]);
    expect(last).toMatchObject({ commit: 3, generation: good, replaces: bad });
    await night.close();
  });

  it('OPS-08 is tried by the doctor, which says what is wrong and does not fail for it', async () => {
    const night = await nights.open();
    const well = await night.operate({ doctor: {} });
    receiver.answer((_, response) => response.writeHead(403).end());

    const refused = await night.operate({ doctor: {} });

    const examinations = [well, refused].map(({ output = '' }) => Examination.parse(JSON.parse(output)));
    expect([well.status, refused.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(examinations.map(({ healthy }) => healthy)).toEqual([true, false]);
    expect(examinations[1]?.findings.flatMap(({ error }) => error ?? [])).toEqual(['WebhookUnauthorized']);
    expect(receiver.posts.slice(-2).map(({ message }) => message.type)).toEqual(['test', 'test']);
    await night.close();
  });

  it('ALL-13 is told of a run that failed, by name, once', async () => {
    const night = await nights.open({ scenarios: ['job-failed:9'] });
    const before = receiver.posts.length;

    const { status, run } = await night.run();

    const failures = receiver.posts.slice(before).map(({ message }) => message);
    expect(status).toBe('FAILED');
    expect(failures).toEqual([
      expect.objectContaining({
        type: 'failed',
        pipeline: 'cdr-export',
        run,
        outcome: 'FAILED',
        error: expect.objectContaining({ name: 'WindowsFailed', acts: 'operator' }),
      }),
    ]);
    await night.close();
  });
});
