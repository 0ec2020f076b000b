import { afterAll, describe, expect, it } from 'vitest';
import { lastSettledDay } from '../../lambdas/model/days.ts';
import type { StoredNight } from '../support/night.ts';
import { rowsOf, windowOf } from '../support/night-findings.ts';
import { openReceiver } from '../support/webhook-receiver.ts';
import { openBench } from './crash-bench.ts';
import { type Crash, wordsFor } from './crash-points.ts';
import { NIGHT_BEGINS } from './living-stores.ts';

const DAY = lastSettledDay(NIGHT_BEGINS, 2 * 3_600_000);

const receiver = await openReceiver();
let posts = 0;
receiver.answer((_, response) => {
  posts += 1;
  // One acknowledgement in five is lost on its way: the post itself has been taken in.
  if (posts % 5 === 0) response.destroy();
  else response.writeHead(204).end();
});
const bench = await openBench({
  pipeline: 'cdr-export',
  simulator: { rows: 120, parts: 2, duplicates: 3, scenarios: ['queue-wait:5', 'processing-time:5'] },
  cdr: { outputs: ['parquet', 'jsonl'] },
  webhook: {
    url: receiver.url,
    certificateAuthority: receiver.certificateAuthority,
    networks: ['127.0.0.0/8'],
    records: ['cdr'],
    batchRecords: 30,
  },
  receiver,
});
const clean = await bench.runClean();
const batches = [...new Set(clean.trace.effects.map(({ request }) => request))].filter((request) =>
  request.startsWith('webhook '),
);
const crashes = batches.flatMap((request, index): Crash[] => [
  { point: { request, occurrence: 1, phase: 'before' }, action: index % 2 === 0 ? 'start' : 'redrive' },
  { point: { request, occurrence: 1, phase: 'after' }, action: index % 2 === 0 ? 'redrive' : 'start' },
]);

async function expectEveryRecordOnce(night: StoredNight): Promise<void> {
  const committed = (await rowsOf(night, DAY)).map(({ CallId }) => CallId).toSorted();
  const received = receiver.recordsOf('cdr', DAY).map(({ call_id }) => call_id);
  expect(received.toSorted()).toEqual(committed);
  expect(await windowOf(night, DAY)).toMatchObject({
    delivery: { commit: 1, state: 'delivered', batches: batches.length, records: committed.length },
    unaudited: new Set(),
  });
}

describe('ALL-13 ANA-08 a receiver that loses one acknowledgement in five', () => {
  afterAll(async () => {
    await bench.close();
    await receiver.close();
  });

  it('holds every record exactly once after a run that nobody kills', async () => {
    expect(clean.said.status).toBe('SUCCEEDED');
    expect(batches).toHaveLength(4);
    await expectEveryRecordOnce(clean.stores.night);
    await clean.stores[Symbol.asyncDispose]();
  });

  it.each(crashes.map((crash) => ({ ...crash, words: wordsFor(crash.point) })))(
    'holds every record exactly once when the run is killed $words, then $action',
    async (crash) => {
      receiver.forget();

      const { stores, killed, again } = await bench.runKilled(crash);

      await using _ = stores;
      expect(killed, 'the process was killed at the point').toBeUndefined();
      expect(again?.status).toBe('SUCCEEDED');
      expect(receiver.unverified).toBe(0);
      await expectEveryRecordOnce(stores.night);
    },
  );
});
