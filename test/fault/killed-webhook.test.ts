import { expect } from 'vitest';
import { lastSettledDay } from '../../lambdas/model/days.ts';
import { rowsOf, windowOf } from '../support/night-findings.ts';
import { describeDeliveryCrashes } from './delivery-crashes.ts';
import { NIGHT_BEGINS } from './living-stores.ts';

const DAY = lastSettledDay(NIGHT_BEGINS, 2 * 3_600_000);

await describeDeliveryCrashes({
  title: 'ALL-13 ANA-08 a receiver of call detail records that loses one acknowledgement in five',
  pipeline: 'cdr-export',
  simulator: { rows: 120, parts: 2, duplicates: 3, scenarios: ['queue-wait:5', 'processing-time:5'] },
  cdr: { outputs: ['parquet', 'jsonl'] },
  webhook: { records: ['cdr'], batchRecords: 30 },
  batches: 4,
  async expectHeld(night, receiver) {
    const committed = (await rowsOf(night, DAY)).map(({ CallId }) => CallId).toSorted();
    const received = receiver.recordsOf('cdr', DAY).map(({ call_id }) => call_id);
    expect(received.toSorted()).toEqual(committed);
    expect(await windowOf(night, DAY)).toMatchObject({
      delivery: { commit: 1, state: 'delivered', batches: 4, records: committed.length },
      unaudited: new Set(),
    });
  },
});
