import { afterAll, describe, expect, it } from 'vitest';
import { crashesAt, expectRecovery, phasesOf } from './crash-points.ts';
import { prepareNights } from './killed-night.ts';

const nights = await prepareNights();
const clean = await nights.run(0, 'start');
const effects = phasesOf(clean?.points ?? []);

describe('ALL-03 ALL-04 CDR-02 a night whose process is killed around an outside effect', () => {
  afterAll(() => nights.stop());

  it('is traced from a clean night first: every service and CXone itself', () => {
    for (const service of ['dynamodb', 's3', 'kms', 'glue', 'secretsmanager', 'http'])
      expect(effects.some((effect) => effect.includes(` ${service} `))).toBe(true);
  });

  it.each(crashesAt(effects).map((crash, index) => ({ ...crash, night: index + 1 })))(
    'ends as if nothing had happened: $point, then $action',
    (crash) => expectRecovery(nights, crash.night, crash),
  );
});
