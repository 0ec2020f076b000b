import { expect } from 'vitest';
import { archivedOf, entryOf, mostCallsInASecond } from '../support/archive-night.ts';
import { describeCrashes } from './crash-matrix.ts';
import { NIGHT_BEGINS } from './living-stores.ts';

const DAY_MILLISECONDS = 86_400_000;
const FROM = new Date(
  Math.floor(NIGHT_BEGINS / DAY_MILLISECONDS) * DAY_MILLISECONDS - DAY_MILLISECONDS,
).toISOString();

await describeCrashes({
  title: 'ALL-03 ARC-01 ARC-06 a night of the interaction archive',
  pipeline: 'interaction-archive',
  pipelines: { archive: { batchInteractions: 2 } },
  simulator: { scenarios: ['closed-interactions:3'] },
  prepare: (simulator) => simulator.forgetInteractions(),
  services: ['dynamodb', 's3', 'kms', 'secretsmanager', 'http'],
  sample: 10,
  async expectRecovered(night) {
    // By their ids: our own marks have moved them.
    const due = night.simulator
      .closedInteractions(FROM, new Date(NIGHT_BEGINS + DAY_MILLISECONDS).toISOString())
      .filter(({ closedTime }) => closedTime < new Date(NIGHT_BEGINS).toISOString());
    const archived = await archivedOf(night);
    expect(due.length).toBeGreaterThan(2);
    expect(archived.map(({ id }) => id).toSorted()).toEqual(due.map(({ id }) => id).toSorted());
    for (const { id, object } of archived)
      expect(await entryOf(night, id)).toMatchObject({ state: 'marked', object });
    expect(due.map(({ archivalStatus }) => archivalStatus)).toEqual(due.map(() => 'archived'));
    expect(night.violations()).toEqual([]);
    expect(
      mostCallsInASecond(night.simulator.calls.filter(({ kind }) => kind !== 'token')),
    ).toBeLessThanOrEqual(10);
  },
});
