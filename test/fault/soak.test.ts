import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import { prepareNights } from '../support/night.ts';
import { expectCommitted, expectUncommitted, truthOf } from '../support/night-expectations.ts';
import { windowOf } from '../support/night-findings.ts';
import { failedWindowsOf } from '../support/night-history.ts';

/** `npm run test:soak` goes through all; `npm test` through the first ones. */
const NIGHTS = process.env.CXONE_EXPORT_SOAK === 'all' ? 200 : 20;

/** What stays as it is from run to run: the day's data. */
const DATA = [
  'bom',
  'crlf',
  'no-final-newline',
  'column-order',
  'quoted-fields',
  'duplicates:4',
  'superseded:3',
  'header-only-part',
  'files-out-of-order',
  'absolute-urls',
];
/** What goes wrong on the way. */
const FAULTS = [
  'states-out-of-order',
  'unknown-status',
  'early-completed',
  'files-grow',
  'job-failed',
  'job-expired',
  'part-not-ready',
  'no-range',
  'token-short-life',
  'token-revoked',
  'token-throttled',
  'token-endpoint-errors',
  'throttle-seconds',
  'throttle-date',
  'throttle-silent',
  'server-errors',
  'html-errors',
  'reset',
  'lost-reply',
  'short-body',
  'clean-short',
  'corrupt-body',
  'blocked',
  'queue-wait:9000',
  'fault-rate:0.05',
  'fault-rate:0.2',
];

const Mixture = fc.record({
  data: fc.subarray(DATA, { maxLength: 4 }),
  faults: fc.subarray(FAULTS, { minLength: 1, maxLength: 6 }).map(withOneRate),
});

/** Two shares of faults at once would be one entry twice. */
function withOneRate(faults: string[]): string[] {
  const rates = faults.filter((fault) => fault.startsWith('fault-rate'));
  return faults.filter((fault) => !rates.slice(1).includes(fault));
}

const mixtures = fc.sample(Mixture, { numRuns: NIGHTS, seed: 20_240_515 });
const nights = await prepareNights({ simulator: { rows: 120, parts: 3 } });

describe('ALL-03 ALL-08 ALL-09 ALL-10 a night of mixed faults', () => {
  afterAll(() => nights.close());

  it.each(mixtures.map((mixture, number) => ({ ...mixture, number })))(
    'ends committed with the right rows, or failed by name and then mended: night $number, $data, $faults',
    async ({ data, faults }) => {
      const night = await nights.open({ scenarios: [...data, ...faults] });
      const truth = await truthOf(night, night.day());

      const first = await night.run();

      if (first.status === 'FAILED') {
        for (const { error } of failedWindowsOf(night, first.run))
          expect(catalogueEntry(error ?? 'none'), error).toBeDefined();
        await expectUncommitted(night, truth.day);
        nights.simulator.use(data);
        expect((await night.redrive(first.run)).status).toBe('SUCCEEDED');
      } else expect(first.status).toBe('SUCCEEDED');
      const { attempt } = await windowOf(night, truth.day);
      await expectCommitted(night, truth, attempt);
      await night.close();
    },
  );
});
