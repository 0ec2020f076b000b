import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acknowledgeDrift, driftEvents, raiseDrift } from '../../../lambdas/ledger/drift.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { CDR_DATASET, runCalled, windowLedger } from '../../support/window-ledger.ts';

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

describe('CDR-10 a drift event', () => {
  it('is raised once, by the run that met the column first, however often it comes again', async () => {
    const { ledger, clock } = windowLedger(test.table);
    await raiseDrift(ledger, CDR_DATASET, ['Mood', 'Mood "2"'], runCalled('first'));
    clock.set(clock.now() + 1_000);

    await raiseDrift(ledger, CDR_DATASET, ['Mood', 'Later'], runCalled('second'));

    const events = await driftEvents(ledger, CDR_DATASET);
    expect(events.map(({ column, raisedBy }) => [column, raisedBy])).toEqual([
      ['Later', runCalled('second')],
      ['Mood', runCalled('first')],
      ['Mood "2"', runCalled('first')],
    ]);
  });

  it('is open until it is acknowledged, and stays acknowledged when the column comes again', async () => {
    const { ledger } = windowLedger(test.table);
    await raiseDrift(ledger, CDR_DATASET, ['Mood'], runCalled('first'));

    const acknowledged = await acknowledgeDrift(ledger, CDR_DATASET, 'Mood');
    await raiseDrift(ledger, CDR_DATASET, ['Mood'], runCalled('second'));

    const [event] = await driftEvents(ledger, CDR_DATASET);
    expect(acknowledged).toBe(true);
    expect(event).toMatchObject({ column: 'Mood', acknowledgedAt: '2024-05-16T03:30:00.000Z' });
  });

  it('cannot be acknowledged before it was raised: it would be hidden when it comes', async () => {
    const { ledger } = windowLedger(test.table);

    const acknowledged = await acknowledgeDrift(ledger, CDR_DATASET, 'Mood');

    expect(acknowledged).toBe(false);
    expect(await driftEvents(ledger, CDR_DATASET)).toEqual([]);
  });

  it('keeps apart columns whose names are longer than a key takes', async () => {
    const { ledger } = windowLedger(test.table);
    const long = 'x'.repeat(5_000);

    await raiseDrift(ledger, CDR_DATASET, [`${long}1`, `${long}2`], runCalled('first'));

    expect(await driftEvents(ledger, CDR_DATASET)).toHaveLength(2);
  });

  it.each(['', 'half of a character: \ud83d', '__proto__'])(
    'REP-09 is raised of a field called %j, and can be acknowledged as it is shown',
    async (name) => {
      const { ledger } = windowLedger(test.table);

      await raiseDrift(ledger, CDR_DATASET, [name, 'Mood'], runCalled('first'));

      const shown = (await driftEvents(ledger, CDR_DATASET)).find(({ column }) => column !== 'Mood');
      const acknowledged = await acknowledgeDrift(ledger, CDR_DATASET, shown?.column ?? 'none');
      const events = await driftEvents(ledger, CDR_DATASET);
      expect(acknowledged).toBe(true);
      expect(events.filter((event) => event.acknowledgedAt === undefined)).toMatchObject([
        { column: 'Mood' },
      ]);
      expect(events).toHaveLength(2);
    },
  );
});
