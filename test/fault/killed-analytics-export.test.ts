import { expect } from 'vitest';
import { lastSettledDay } from '../../lambdas/model/days.ts';
import {
  expectInteractions,
  interactionMarks,
  interactionNights,
  interactionTruth,
  interactionWindow,
} from '../support/interaction-night.ts';
import { describeCrashes } from './crash-matrix.ts';
import { FIRST_RUN, NIGHT_BEGINS } from './living-stores.ts';

const DAY = lastSettledDay(NIGHT_BEGINS, 2 * 3_600_000);

await describeCrashes({
  ...interactionNights(
    {},
    {
      simulator: {
        // Three pages, and two polls: more of them would be the same effects again.
        scenarios: ['interactions:60', 'interactions-repeated:3', 'queue-wait:5', 'processing-time:2'],
      },
    },
  ),
  title: 'ALL-03 ANA-05 ANA-09 a night of interactions',
  services: ['dynamodb', 's3', 'kms', 'glue', 'secretsmanager', 'http'],
  // Its own states and calls are the export's; claims, commits and tokens are gone through with the call detail records.
  sample: 16,
  async expectRecovered(night) {
    await expectInteractions(night, DAY, interactionTruth(night, DAY));
    expect((await interactionMarks(night)).loadedThrough).toBe(
      new Date(Date.parse(`${DAY}T00:00:00.000Z`) + 86_400_000).toISOString(),
    );
    // The POST has no idempotency key: a crash around it may leave one export that nobody knows, and no more.
    expect(night.simulator.exports.length).toBeLessThanOrEqual(2);
    expect(night.violations()).toEqual([]);
    const { registrants } = await interactionWindow(night, DAY);
    expect([...registrants].filter((entry) => !entry.endsWith(`:${FIRST_RUN}`))).toEqual([]);
  },
});
