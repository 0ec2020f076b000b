import { describe, expect, it } from 'vitest';
import { Examination } from '../../../lambdas/model/doctor.ts';
import { withFolderClock } from '../../../local/command/examination-report.ts';

const CURE = 'Set the clock by NTP.';
const EXAMINED = Examination.parse({
  tenant: 'acme',
  at: '2024-05-16T03:30:00.000Z',
  healthy: false,
  findings: [
    { check: 'secret', state: 'failed', said: 'None.', error: 'CredentialsMissing', cure: 'Write it.' },
    { check: 'clock', family: 'analytics', state: 'failed', said: 'Behind.', error: 'ClockOff', cure: CURE },
  ],
});

describe('OPS-08 an examination in a folder whose waits were skipped', () => {
  it('names the folder as what is to be changed, and leaves the other cures', () => {
    const { findings, healthy } = withFolderClock(EXAMINED, { folder: '.cxone', ahead: 488_000 });

    expect(healthy).toBe(false);
    expect(findings.map(({ cure }) => cure)).toEqual([
      'Write it.',
      expect.stringMatching(/^The clock of the folder \.cxone is 8 min 8 s ahead of this machine’s/),
    ]);
  });

  it('is as it is where the folder’s clock is the machine’s', () => {
    expect(withFolderClock(EXAMINED, { folder: '.cxone', ahead: 12 })).toEqual(EXAMINED);
  });
});
