import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateProcessingFields } from '../../../lambdas/data-actions/action-text.ts';
import { ledgerProgress } from '../../../lambdas/data-actions/progress.ts';
import { previewAction, updateAction } from '../../../lambdas/data-actions/update-action.ts';
import { readOwed } from '../../../lambdas/ledger/owed-changes.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { RunArn, TenantId } from '../../../lambdas/model/ids.ts';
import { restOf } from '../../support/action-night.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import {
  ACTION_ID,
  changesAnother,
  type FakeActionOptions,
  fakeAction,
  plannedUpdate,
} from '../../support/fake-data-actions.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { thrownBy } from '../../support/thrown.ts';

const PLAIN =
  '{"id":"a-1","name":"a","type":"custom","enabled":true,"configuration":{"revision":0,"dateProcessing":{"computedValue":"old","x":1.0},"big":12345678901234567890}}';
const VERSIONED = PLAIN.replace('"enabled":true', '"enabled":true,"version":7');
const LOST = catalogued('ConnectionLost', 'The connection failed.');

function prepare(options: FakeActionOptions) {
  const action = fakeAction(options);
  const clock = fakeClock('2024-05-16T03:30:00.000Z');
  const ledger = { table: memoryTable(), tenant: TenantId.parse('acme'), clock };
  const intents: string[] = [];
  const portsOf = (name: string) => {
    const arn = `arn:aws:states:eu-west-1:123456789012:execution:acme-data-action-dates:${name}`;
    const progress = ledgerProgress(ledger, { run: RunArn.parse(arn), round: 0 }, () => 900_000);
    const intend: typeof progress.intend = (intended) => {
      intents.push(intended.before);
      return progress.intend(intended);
    };
    return { dataActions: action, clock, changes: { ...progress, intend } };
  };
  const update = (name = 'run-1') => updateAction(portsOf(name), plannedUpdate(), ACTION_ID);
  return { action, intents, ports: portsOf('run-1'), update, owed: () => readOwed(ledger, ACTION_ID) };
}

describe('ACT-05 one update', () => {
  it.each([
    ['reads, writes and reads back where there are versions', VERSIONED, ['read', 'replace', 'read']],
    ['reads again just before it writes where there are none', PLAIN, ['read', 'read', 'replace', 'read']],
  ])('%s', async (_, text, calls) => {
    const { action, intents, update } = prepare({ text });

    const ended = await update();

    expect(action.calls).toEqual(calls);
    expect(intents).toEqual(['{"computedValue":"old","x":1.0}']);
    expect(ended).toMatchObject({ outcome: 'updated', accuracyMilliseconds: 0, changedSince: false });
    expect(dateProcessingFields(action.text)).toMatchObject({
      computedValue: '2024-02-29T13:00:00.000Z',
      x: 1,
    });
    expect(restOf(action.text)).toBe(restOf(text));
  });

  it('ACT-07 writes nothing where it is in place, and says whose work that is', async () => {
    const { action, update } = prepare({ text: PLAIN });
    const { outcome: wanted } = await update();
    const already = prepare({ text: action.text });

    const inPlace = await already.update();
    const ownWork = await update();
    const work = await update('run-2');

    expect([...action.sent, ...already.action.sent]).toHaveLength(1);
    expect([wanted, inPlace.outcome, ownWork.outcome]).toEqual(['updated', 'inPlace', 'updated']);
    expect(ownWork.before).toBe('{"computedValue":"old","x":1.0}');
    expect(work).toMatchObject({ outcome: 'updated', madeBy: 'run-1', before: ownWork.before });
  });

  it('ALL-03 finds a write whose answer was lost in place, and counts it as its own', async () => {
    const { action, update } = prepare({ text: PLAIN, lost: { 3: LOST } });
    await thrownBy(update());

    const again = await update();

    expect(action.sent).toHaveLength(1);
    expect(again).toMatchObject({ outcome: 'updated', before: '{"computedValue":"old","x":1.0}' });
  });

  it.each([
    ['once', VERSIONED, { 1: changesAnother }, 1],
    ['twice', VERSIONED, { 1: changesAnother, 3: changesAnother }, 2],
    ['once', PLAIN, { 1: changesAnother }, 1],
    ['twice', PLAIN, { 1: changesAnother, 3: changesAnother }, 2],
  ])(
    'keeps what somebody else changed %s between its reading and its writing',
    async (_, text, others, changes) => {
      const { action, update } = prepare({ text, others });

      const ended = await update();

      expect(ended.outcome).toBe('updated');
      expect(action.text).toContain(`"revision":${changes}`);
      expect(action.sent.at(-1)).toContain(`"revision":${changes}`);
    },
  );

  it('notes what somebody else changed right after its write', async () => {
    const { action, update } = prepare({ text: VERSIONED, others: { 2: changesAnother } });

    const ended = await update();

    expect(ended).toMatchObject({ outcome: 'updated', changedSince: true });
    expect(action.text).toContain('"revision":1');
  });

  it('tries again where somebody else puts the old value back', async () => {
    const { action, update } = prepare({ text: VERSIONED, others: { 2: () => VERSIONED } });

    const ended = await update();

    expect(ended.outcome).toBe('updated');
    expect(action.sent).toHaveLength(2);
  });

  it.each([VERSIONED, PLAIN])('gives up after three changes of somebody else', async (text) => {
    const always = Object.fromEntries(Array.from({ length: 20 }, (_, call) => [call, changesAnother]));
    const { action, update } = prepare({ text, others: always });

    const error = await thrownBy(update());

    expect(error.name).toBe('ActionContended');
    expect(action.sent).toEqual([]);
  });

  it.each([
    [
      'loses a field of the configuration',
      (text: string) => text.replace('"big":', '"bigger":'),
      'configuration',
    ],
    [
      'loses digits',
      (text: string) => text.replace('12345678901234567890', '12345678901234567000'),
      'configuration.big',
    ],
    ['switches it off', (text: string) => text.replace('true', 'false'), 'enabled'],
    [
      'keeps the old value',
      (text: string) => text.replace(/"computedValue":"[^"]*"/, '"computedValue":"old"'),
      'configuration.dateProcessing.computedValue',
    ],
  ])('ends by name where the server %s', async (_, stores, path) => {
    const { update } = prepare({ text: PLAIN, stores });

    const error = await thrownBy(update());

    expect(error.name).toBe('ActionNotAsWritten');
    expect(error.message).toContain(`at ${path}.`);
  });

  it('takes stamps of the server beside the configuration for no difference', async () => {
    const text = PLAIN.replace('"type"', '"modified":"2020-01-01","type"');
    const { update } = prepare({ text, stores: (body) => body.replace('2020-01-01', '2024-01-01') });

    const ended = await update();

    expect(ended).toMatchObject({ outcome: 'updated', changedSince: false });
  });

  it('ACT-04 writes nothing into an action that bears another name since the list was read', async () => {
    const renamed = PLAIN.replace('"name":"a"', '"name":"b"');
    const { action, update, ports } = prepare({ text: renamed });

    const errors = [
      await thrownBy(update()),
      await thrownBy(previewAction(ports, plannedUpdate(), ACTION_ID)),
    ];

    expect(errors.map(({ name }) => name)).toEqual(['ActionNotFound', 'ActionNotFound']);
    expect(action.sent).toEqual([]);
  });

  it('ACT-07 writes nothing into an action whose dateProcessing is longer than can be noted', async () => {
    const { action, update } = prepare({ text: PLAIN.replace('"x":1.0', `"x":"${'é'.repeat(40_000)}"`) });

    const error = await thrownBy(update());

    expect([error.name, action.sent]).toEqual(['ActionUnreadable', []]);
  });

  it.each(['RequestRefused', 'ScopeMissing', 'Throttled', 'ClientBlocked'] as const)(
    'ACT-07 owes no record of a write that was refused as %s',
    async (name) => {
      const refused = catalogued(name, 'No.', { call: 'replace' });
      const { owed, update } = prepare({ text: PLAIN, refused: { 3: refused } });

      await thrownBy(update());

      expect(await owed()).toEqual([]);
    },
  );

  it('ACT-07 owes a record of a write of which nobody knows', async () => {
    const { owed, update } = prepare({ text: PLAIN, lost: { 3: LOST } });

    await thrownBy(update());

    expect(await owed()).toHaveLength(1);
  });

  it('ACT-07 writes nothing whose computed value is off by a millisecond', async () => {
    const { action, ports } = prepare({ text: PLAIN });
    const wrong = { ...plannedUpdate(), computedValue: '2024-02-29T13:00:00.001Z' };

    const error = await thrownBy(updateAction(ports, wrong, ACTION_ID));

    expect([error.name, action.calls]).toEqual(['ResultInaccurate', []]);
  });

  it('ALL-14 shows what would be, and writes nothing', async () => {
    const { action, ports } = prepare({ text: PLAIN });

    const shown = await previewAction(ports, plannedUpdate(), ACTION_ID);

    expect(action.calls).toEqual(['read']);
    expect(shown.before).toBe('{"computedValue":"old","x":1.0}');
    expect(JSON.parse(shown.after ?? '')).toMatchObject({ computedValue: '2024-02-29T13:00:00.000Z', x: 1 });
  });

  it('loses nothing of somebody else, whenever he writes, but where there is no version what comes just before the write', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(PLAIN, VERSIONED),
        fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
        async (text, at) => {
          const others = Object.fromEntries(at.map((call) => [call, changesAnother]));
          const { action, update } = prepare({ text, others });

          const ended = await update();

          const done = at.filter((call) => call <= action.calls.length);
          const raced = done.filter((call) => text === PLAIN && action.calls[call] === 'replace');
          expect(ended.outcome).toBe('updated');
          expect(action.text).toContain(`"revision":${done.length - raced.length}`);
          expect(dateProcessingFields(action.text).computedValue).toBe('2024-02-29T13:00:00.000Z');
        },
      ),
    );
  });
});
