import { afterAll, describe, expect, it } from 'vitest';
import { scenarios as known, scenariosOf } from '../../local/cxone/scenarios/table.ts';
import { prepareNights } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectLoadedThrough,
  expectRecorded,
  truthOf,
} from '../support/night-expectations.ts';
import { committed, defects, faults, jobs, passing, tokens } from '../support/night-scenarios.ts';

const nights = await prepareNights();

describe('OPS-06 a night in which CXone behaves as it has in production', () => {
  afterAll(() => nights.close());

  it('has a path for every scenario of the simulator that concerns the family', () => {
    const failing = [...passing, ...defects].map(({ scenarios }) => scenarios);
    const surviving = [...jobs, ...faults, ...tokens].map(({ scenarios }) => scenarios);
    const data = committed.map(([, scenarios]) => scenarios);
    const taken = [...failing, ...surviving, ...data].flatMap((texts) => texts.split(','));

    const names = new Set(taken.map((text) => text.split(':')[0]));

    const { dataDownload: _, ...families } = scenariosOf;
    const others = new Set(Object.values(families).flatMap(Object.keys));
    expect([...known.keys()].filter((name) => !names.has(name) && !others.has(name))).toEqual([]);
  });

  it.each([...jobs, ...faults, ...tokens])(
    '$requirement commits the right rows under $scenarios',
    async ({ scenarios, attempts }) => {
      const night = await nights.open({ scenarios: scenarios.split(',') });
      const truth = await truthOf(night, night.day());

      const ended = await night.run();

      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      await expectCommitted(night, truth, attempts);
      await expectLoadedThrough(night, truth.day);
      await expectRecorded(night, ended, [truth.day]);
      expectGoodManners(night);
      await night.close();
    },
  );
});
