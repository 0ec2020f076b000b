import { expect } from 'vitest';
import { z } from 'zod';
import { readArchiveDay } from '../../lambdas/ledger/archive-days.ts';
import { archivedMedia } from '../../lambdas/ledger/archive-media.ts';
import { Day } from '../../lambdas/model/days.ts';
import { archiveAuditOf, archivedOf, entryOf, mostCallsInASecond } from '../support/archive-night.ts';
import { storesOf } from '../support/night-findings.ts';
import { describeCrashes } from './crash-matrix.ts';
import { NIGHT_BEGINS } from './living-stores.ts';

const DAY_MILLISECONDS = 86_400_000;
const FROM = new Date(
  Math.floor(NIGHT_BEGINS / DAY_MILLISECONDS) * DAY_MILLISECONDS - DAY_MILLISECONDS,
).toISOString();

const Details = z.looseObject({ media: z.array(z.looseObject({ id: z.string() })) });

await describeCrashes({
  title: 'ALL-03 ALL-12 ARC-01 ARC-06 a night of the interaction archive',
  pipeline: 'interaction-archive',
  pipelines: { archive: { batchInteractions: 2, media: {} } },
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
    const { events, verdict } = await archiveAuditOf(night);
    const recorded = events.flatMap(({ facts }) => (facts.step === 'object' ? [facts.object] : []));
    expect(recorded.toSorted()).toEqual([...new Set(archived.map(({ object }) => object))].toSorted());
    expect(verdict).toMatchObject({ pending: 0, findings: [] });
    const { ledger, objects } = storesOf(night);
    const days = new Set(due.map(({ closedTime }) => Day.parse(closedTime.slice(0, 10))));
    for (const day of days) expect((await readArchiveDay(ledger, day)).unaudited.size).toBe(0);
    const media = (
      await Promise.all([...days].map((day) => Array.fromAsync(archivedMedia(ledger, day))))
    ).flat();
    const wanted = due.flatMap(({ text }) => Details.parse(JSON.parse(text)).media.map(({ id }) => id));
    expect(wanted.length).toBeGreaterThan(0);
    expect(media.map(({ medium, state }) => `${medium} ${state}`).toSorted()).toEqual(
      wanted.map((id) => `${id} stored`).toSorted(),
    );
    for (const { key, bytes } of media) expect((await objects.find(key ?? ''))?.bytes).toBe(bytes);
    expect(night.violations()).toEqual([]);
    expect(
      mostCallsInASecond(night.simulator.calls.filter(({ kind }) => kind !== 'token')),
    ).toBeLessThanOrEqual(10);
  },
});
