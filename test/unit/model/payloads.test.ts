import { describe, expect, it } from 'vitest';
import { ArchiveDetailsPayload } from '../../../lambdas/model/archive-payloads.ts';
import { lakeColumns } from '../../../lambdas/model/lake-columns.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import { RecordEvent } from '../../../lambdas/model/payloads.ts';
import { problemSentence, problemsOf } from '../../../lambdas/model/refusal.ts';
import { SURROUNDINGS, surroundings } from '../../../lambdas/model/surroundings.ts';
import { runCalled } from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const statusChange = (detail: object) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: {
    executionArn: RUN,
    stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:cxone-export-acme-cdr-export',
    status: 'TIMED_OUT',
    ...detail,
  },
});

describe('what the recorder takes', () => {
  it('ALL-10 is the rule’s event too: the pipeline is read from the machine’s name', () => {
    const payload = RecordEvent.parse(statusChange({ stopDate: 1_715_830_870_123, redriveCount: 1 }));

    expect(payload).toEqual({
      run: RUN,
      pipeline: 'cdr-export',
      outcome: 'TIMED_OUT',
      told: { endedAt: 1_715_830_870_123, redrives: 1 },
    });
  });

  it.each([
    [
      'of another machine',
      statusChange({ stateMachineArn: 'arn:aws:states:eu-west-1:0:stateMachine:other' }),
    ],
    ['of a status that is none of a failure', statusChange({ status: 'RUNNING' })],
    ['of another source', { ...statusChange({}), source: 'aws.lambda' }],
  ])('ALL-10 is no event %s', (_, event) => {
    const parsed = RecordEvent.safeParse(event);

    expect(parsed.success).toBe(false);
  });
});

describe('a batch of interactions', () => {
  it.each([
    ['follow each other', [7, 8, 9], true],
    ['leave one out, which would be taken for looked up', [7, 9], false],
    ['are not in their order', [8, 7], false],
  ])('ARC-02 of places that %s', (_, places, taken) => {
    const parsed = ArchiveDetailsPayload.shape.items.safeParse(places.map((n) => ({ n, id: `i-${n}` })));

    expect(parsed.success).toBe(taken);
  });
});

describe('a mapping', () => {
  const column = (name: string, changes: object = {}) => ({
    source: name,
    column: name,
    type: 'text',
    ...changes,
  });
  const mapping = (columns: object[], changes: object = {}) => ({
    name: 'calls',
    version: 1,
    windowColumn: 'at',
    columns: [column('at', { type: 'timestamp' }), ...columns],
    ...changes,
  });

  it.each([
    ['a lake column twice', mapping([column('a'), column('b', { column: 'a' })]), ['columns[2].column']],
    ['a source twice', mapping([column('a'), column('b', { source: 'a' })]), ['columns[2].source']],
    [
      'an alias that is another’s source',
      mapping([column('a'), column('b', { aliases: ['a'] })]),
      ['columns[2].source'],
    ],
    ['a column that the load adds', mapping([column('load_window')]), ['columns[1].column']],
    ['a duration without a unit', mapping([column('d', { type: 'duration' })]), ['columns[1].unit']],
    ['a unit of a text', mapping([column('a', { unit: 'seconds' })]), ['columns[1].unit']],
    ['a window column that is not there', mapping([], { windowColumn: 'nowhere' }), ['windowColumn']],
    ['an end column that is a text', mapping([column('a')], { endColumn: 'a' }), ['endColumn']],
    ['a duration column that is a text', mapping([column('a')], { durationColumn: 'a' }), ['durationColumn']],
  ])('REP-05 is refused for %s', (_, value, paths) => {
    const parsed = Mapping.safeParse(value);

    const told = parsed.success ? [] : problemsOf(parsed.error, value).map(problemSentence);
    expect(told.map((sentence) => sentence.split(':')[0])).toEqual(paths);
  });

  it('OPS-05 gives the catalog its columns: the mapping’s, then what the load adds', () => {
    const columns = lakeColumns(Mapping.parse(mapping([column('d', { type: 'duration', unit: 'seconds' })])));

    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'at timestamp',
      'd decimal(18,6)',
      'load_window date',
      'load_generation string',
      'extra_columns string',
    ]);
  });
});

describe('the surroundings of a function', () => {
  it('are Lambda’s own where nobody has set others', () => {
    const { env, headers } = surroundings();

    expect([env, headers()]).toEqual([process.env, {}]);
  });

  it('OPS-06 are the embedded platform’s where it has set them, and only as long', () => {
    const mine = { ...surroundings(), env: { TENANT: 'acme' } };
    Reflect.set(globalThis, SURROUNDINGS, () => mine);

    const during = surroundings();
    Reflect.deleteProperty(globalThis, SURROUNDINGS);

    expect([during, surroundings().env]).toEqual([mine, process.env]);
  });

  it('ALL-08 end a sleep that is aborted with the signal’s reason', async () => {
    const { clock } = surroundings();
    const controller = new AbortController();
    const during = clock.sleep(600_000, controller.signal);
    controller.abort(new Error('enough'));

    const slept = [during, clock.sleep(600_000, controller.signal)];

    for (const sleep of slept) await expect(sleep).rejects.toThrow('enough');
  });
});
