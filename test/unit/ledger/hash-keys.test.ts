import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHashKey, holdHashKey } from '../../../lambdas/ledger/hash-keys.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import { windowLedger } from '../../support/window-ledger.ts';

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const KEY = { version: '2026', fingerprint: 'aaaaaaaaaaaaaaaa' };
const OTHER = { version: '2026', fingerprint: 'bbbbbbbbbbbbbbbb' };

describe('ALL-19 a version of a hash key', () => {
  it('ALL-19 is one key for good, however often it is used', async () => {
    const { ledger } = windowLedger(test.table);
    await holdHashKey(ledger, KEY);
    await holdHashKey(ledger, KEY);

    const errors = [await thrownBy(holdHashKey(ledger, OTHER)), await thrownBy(checkHashKey(ledger, OTHER))];

    await holdHashKey(ledger, KEY);
    expect(errors.map(({ name }) => name)).toEqual(['HashKeyChanged', 'HashKeyChanged']);
  });

  it('ALL-19 is one key where two first uses meet', async () => {
    const { ledger } = windowLedger(test.table);

    const [first, second] = await Promise.allSettled([
      holdHashKey(ledger, { ...KEY, version: 'met' }),
      holdHashKey(ledger, { ...OTHER, version: 'met' }),
    ]);

    expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('ALL-19 is not noted by looking at it, and another version is another key', async () => {
    const { ledger } = windowLedger(test.table);

    await checkHashKey(ledger, { ...KEY, version: 'looked-at' });
    await holdHashKey(ledger, { ...OTHER, version: 'looked-at' });
    await checkHashKey(ledger, { ...OTHER, version: 'looked-at' });

    expect((await thrownBy(checkHashKey(ledger, { ...KEY, version: 'looked-at' }))).name).toBe(
      'HashKeyChanged',
    );
  });
});
