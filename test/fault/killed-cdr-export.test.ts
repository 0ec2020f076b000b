import { expect } from 'vitest';
import { lastSettledDay } from '../../lambdas/model/days.ts';
import {
  expectLoadedThrough,
  expectOneJobAnAttempt,
  expectShown,
  truthOf,
} from '../support/night-expectations.ts';
import { generationsOf, windowOf } from '../support/night-findings.ts';
import { describeCrashes } from './crash-matrix.ts';
import { FIRST_RUN, NIGHT_BEGINS } from './living-stores.ts';

const DAY = lastSettledDay(NIGHT_BEGINS, 2 * 3_600_000);

await describeCrashes({
  title: 'ALL-03 ALL-04 CDR-02 a night of call detail records',
  pipeline: 'cdr-export',
  simulator: {
    rows: 120,
    parts: 2,
    duplicates: 3,
    superseded: 2,
    // Two polls: more of them would be the same effects again.
    scenarios: ['queue-wait:5', 'processing-time:5'],
  },
  services: ['dynamodb', 's3', 'kms', 'glue', 'secretsmanager', 'http'],
  async expectRecovered(night) {
    await expectShown(night, await truthOf(night, DAY));
    await expectLoadedThrough(night, DAY);
    expectOneJobAnAttempt(night, DAY, 1);
    expect(night.violations()).toEqual([]);
    const { generation, registrants } = await windowOf(night, DAY);
    expect(await generationsOf(night, DAY)).toEqual([generation]);
    // A killed committer is not taken out before its functions must have ended, so that a late write of theirs is found.
    expect([...registrants].filter((entry) => !entry.endsWith(`:${FIRST_RUN}`))).toEqual([]);
  },
});
