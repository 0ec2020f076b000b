import { afterAll, describe, expect, it } from 'vitest';
import { prepareNights } from '../support/night.ts';
import { expectUncommitted } from '../support/night-expectations.ts';
import { failedWindowsOf } from '../support/night-history.ts';

/** 1.6 million calls are 226 MB of CSV, which need 565 MB of disk: more than the least that can be configured. */
const nights = await prepareNights({ simulator: { rows: 1_600_000, parts: 4 }, cdr: { transformDisk: 512 } });

describe('CDR-15 a day that is larger than the disk of the transform', () => {
  afterAll(() => nights.close());

  it('is WindowTooLarge before its download, and names the setting', async () => {
    const night = await nights.open();
    const day = night.day();

    const { run, status } = await night.run();

    const [failed] = failedWindowsOf(night, run);
    expect(status).toBe('FAILED');
    expect(failed).toMatchObject({ day, error: 'WindowTooLarge', state: 'Poll' });
    expect(night.calls().filter(({ kind }) => kind === 'download')).toEqual([]);
    expect(night.calls().filter(({ kind }) => kind === 'submit')).toHaveLength(1);
    await expectUncommitted(night, day);
  });
});
