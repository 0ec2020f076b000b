import { afterAll, describe, expect, it } from 'vitest';
import { crashesAt, expectRecovery } from './crash-points.ts';
import { prepareNights } from './killed-night.ts';

const nights = await prepareNights();
const clean = await nights.run(0, 'start');
const states = (clean?.points ?? []).filter((point) => point.startsWith('in state '));

describe('ALL-03 OPS-06 a night whose process is killed in a state', () => {
  afterAll(() => nights.stop());

  it('is traced from a clean night first', () => {
    expect(clean?.status).toBe('SUCCEEDED');
    expect(states).toContain('in state Publish');
  });

  it.each(crashesAt(states).map((crash, index) => ({ ...crash, night: index + 1 })))(
    'ends as if nothing had happened: $point, then $action',
    (crash) => expectRecovery(nights, crash.night, crash),
  );
});
