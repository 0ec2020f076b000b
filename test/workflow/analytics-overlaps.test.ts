import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRecords } from '../../lambdas/audit/chain.ts';
import {
  expectGoodManners,
  expectInteractions,
  expectNoCommitter,
  exportsOf,
  interactionNights,
  interactionRecord,
  interactionTruth,
  interactionWindow,
  SMALL_DAYS,
} from '../support/interaction-night.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { keysUnder, storesOf } from '../support/night-findings.ts';

const MINUTE = 60_000;
const RANGE = { from: '2024-04-01', to: '2024-04-04' };
const MIDDLE = '2024-04-02';

const nights = await prepareNights(interactionNights());

afterAll(() => nights.close());

const CommitFacts = z.looseObject({
  latencyMilliseconds: z.number(),
  integrity: z.looseObject({ total: z.number(), valid: z.number() }),
});

async function generationsOf(night: Night, day: string): Promise<number> {
  const keys = await keysUnder(night, `lake/acme/interactions/dt=${day}/`);
  return keys.filter((key) => key.endsWith('_manifest.json')).length;
}

describe('runs whose ranges overlap', () => {
  it('ALL-03 ANA-01 commit each day once when they are under way together', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    const inputs = [RANGE, { from: MIDDLE, to: '2024-04-06' }, { from: '2024-03-31', to: '2024-04-06' }];

    const runs = await Promise.all(inputs.map((input) => night.start(input)));
    const ended = await Promise.all(runs.map((run) => night.ended(run)));

    expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    for (const day of ['2024-03-31', '2024-04-01', MIDDLE, '2024-04-03', '2024-04-04', '2024-04-05']) {
      await expectInteractions(night, day, interactionTruth(night, day));
      await expectNoCommitter(night, day);
      expect(await generationsOf(night, day)).toBe(1);
      expect((await interactionWindow(night, day)).commits).toBe(1);
    }
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-03 keep the newer export of a day where the older one is loaded later', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS, 'queue-wait:3600'] });
    const older = await night.start({ ...RANGE, refresh: true });
    await night.pass(10 * MINUTE);
    night.simulator.use([SMALL_DAYS, 'interactions-outdated:7']);
    const truth = interactionTruth(night, MIDDLE);
    const newer = await night.run({ date: MIDDLE, refresh: true });

    const ended = await night.ended(older);

    expect([newer.status, ended.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(exportsOf(night).map(({ from, days }) => [from, days])).toEqual([
      [RANGE.from, 3],
      [MIDDLE, 1],
    ]);
    expect(await interactionWindow(night, MIDDLE)).toMatchObject({ commits: 1, sourceAttempt: 2 });
    await expectInteractions(night, MIDDLE, truth);
    await expectNoCommitter(night, MIDDLE);
    const { windows } = await interactionRecord(night, older);
    expect(windows.map(({ day, outcome }) => [day, outcome])).toEqual([
      ['2024-04-01', 'committed'],
      [MIDDLE, 'unchanged'],
      ['2024-04-03', 'committed'],
    ]);
    await night.close();
  });

  it('ANA-10 leave an audit record a commit, with the time since CXone was asked and the integrity', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS, 'queue-wait:600'] });
    await night.run(RANGE);

    const { ledger } = storesOf(night);
    const events = await Array.fromAsync(readRecords(ledger, 'analytics-export'), ({ text }) =>
      CommitFacts.parse(JSON.parse(text).event.facts),
    );

    expect(events).toHaveLength(3);
    for (const { latencyMilliseconds, integrity } of events) {
      expect(latencyMilliseconds).toBeGreaterThanOrEqual(10 * MINUTE);
      expect(latencyMilliseconds).toBeLessThan(60 * MINUTE);
      expect(integrity).toMatchObject({ total: 60, valid: 60 });
    }
    await night.close();
  });

  it('ALL-16 replace a day of a range by its own refresh, and replay what that brought', async () => {
    const night = await nights.open({ scenarios: [SMALL_DAYS] });
    await night.run(RANGE);
    const before = await interactionWindow(night, MIDDLE);
    night.simulator.use([SMALL_DAYS, 'interactions-outdated:7']);
    const truth = interactionTruth(night, MIDDLE);
    await night.run({ date: MIDDLE, refresh: true });
    const refreshed = await interactionWindow(night, MIDDLE);

    const replayed = await night.run({ ...RANGE, replay: true });
    const again = await night.run(RANGE);

    expect([replayed.status, again.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(refreshed.generation).not.toBe(before.generation);
    expect(await interactionWindow(night, MIDDLE)).toMatchObject({
      generation: refreshed.generation,
      replaced: before.generation,
      sourceAttempt: refreshed.sourceAttempt,
    });
    await expectInteractions(night, MIDDLE, truth);
    await night.close();
  });
});
