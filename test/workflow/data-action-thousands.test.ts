import { afterAll, describe, expect, it } from 'vitest';
import {
  anHour,
  layManifest,
  numbers,
  prepareActionNights,
  restOf,
  resultsOf,
} from '../support/action-night.ts';
import { mostCallsInAMinute } from '../support/night-expectations.ts';

/** Thousands where there is time (`npm run test:soak`), some dozens else. */
const SOAK = process.env.CXONE_EXPORT_SOAK === 'all';
const ACTIONS = SOAK ? 5_000 : 60;

const nights = await prepareActionNights({
  settings: { pageSize: 500 },
  simulator: { scenarios: [`actions:${ACTIONS}`, 'second-writer:0.05'] },
});

describe('ACT-05 ACT-07 ALL-08 thousands of data actions in one run', () => {
  afterAll(() => nights.close());

  it('are all updated, every other byte as it was or as a second writer made it, under the limiter', async () => {
    const night = await nights.open({ scenarios: [`actions:${ACTIONS}`, 'second-writer:0.05'] });
    const manifest = await layManifest(
      night,
      'all',
      numbers(1, ACTIONS).map((number) => anHour(number)),
    );

    const ended = await night.run({ manifest });

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    const results = await resultsOf(night, ended);
    const actions = night.simulator.actions;
    expect(results.filter(({ outcome }) => outcome === 'updated')).toHaveLength(ACTIONS);
    expect(results.every(({ accuracyMilliseconds = 1 }) => accuracyMilliseconds < 1)).toBe(true);
    expect(actions.filter(({ otherWrites }) => otherWrites > 0).length).toBeGreaterThan(0);
    for (const { text, untouched, writes } of actions) {
      expect(text).toContain('"computedValue":');
      expect(restOf(text)).toBe(restOf(untouched));
      expect(writes).toBe(1);
    }
    expect(mostCallsInAMinute(night.calls())).toBeLessThanOrEqual(60);
    expect(night.violations()).toEqual([]);
    await night.close();
  });
});
