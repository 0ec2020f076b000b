import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRecords } from '../../lambdas/audit/chain.ts';
import { recordIn } from '../../lambdas/audit/record.ts';
import { runRecordKey } from '../../lambdas/lake/keys.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import { actionName } from '../../local/cxone/data/action-text.ts';
import {
  actionOf,
  anHour,
  callsAbout,
  fieldsOf,
  layManifest,
  numbers,
  prepareActionNights,
  restOf,
  resultsOf,
} from '../support/action-night.ts';
import { type Ended, type Night, TENANT } from '../support/night.ts';
import { storesOf } from '../support/night-findings.ts';
import { failedStateOf } from '../support/night-history.ts';
import { hearNotices, snapshotOf, withoutRuns } from '../support/night-snapshot.ts';

const CONFIGURED = [
  { action: actionName(50), timestamp: '2024-07-01T00:00:00Z', zone: 'Europe/London', operation: 'CONVERT' },
];

const nights = await prepareActionNights();
const configured = await prepareActionNights({
  settings: { updates: CONFIGURED, schedule: { cron: '0 4 * * ? *' } },
});

afterAll(async () => {
  await nights.close();
  await configured.close();
});

async function recordOf(night: Night, { run }: Pick<Ended, 'run'>): Promise<RunRecord> {
  const text = await storesOf(night).objects.readText(runRecordKey(TENANT, 'data-action-dates', run));
  return RunRecord.parse(JSON.parse(text));
}

describe('a run of data-action-dates', () => {
  it('ACT-01 ACT-03 ACT-05 ACT-07 changes dateProcessing alone, and tells before, after, latency, accuracy and audit record', async () => {
    const night = await nights.open();
    const before = numbers(1, 5).map((number) => actionOf(night, number).text);

    const ended = await night.run({ updates: numbers(1, 5).map((number) => anHour(number)) });

    expect(ended.status).toBe('SUCCEEDED');
    const results = await resultsOf(night, ended);
    for (const number of numbers(1, 5)) {
      expect(fieldsOf(night, number)).toMatchObject({
        sourceField: 'input_datetime',
        targetField: 'processed_datetime',
        computedValue: '2024-03-10T07:30:00.000Z',
        timezone: 'America/New_York',
        dstAdjustment: true,
        precision: 3,
      });
      expect(fieldsOf(night, number)).not.toHaveProperty('localValue');
      expect(restOf(actionOf(night, number).text)).toBe(restOf(before[number - 1] ?? ''));
      expect(results[number - 1]).toMatchObject({
        index: number - 1,
        action: actionName(number),
        outcome: 'updated',
        localValue: '2024-03-10T03:30:00.000-04:00',
        truncated: false,
        after: fieldsOf(night, number),
        accuracyMilliseconds: 0,
        auditSequence: expect.any(Number),
        latencyMilliseconds: expect.any(Number),
      });
    }
    expect(results[0]?.before).toMatchObject({ timezone: 'Etc/UTC', dstAdjustment: false });
    expect(results[4]?.before).toBeNull();
    expect(night.violations()).toEqual([]);
    await night.close();
  });

  it('ALL-12 ACT-07 adds one audit record for each update to the chain of the pipeline', async () => {
    const night = await nights.open();

    const ended = await night.run({ updates: numbers(6, 9).map((number) => anHour(number)) });

    const { ledger } = storesOf(night);
    const facts = [];
    for await (const { text } of readRecords(ledger, 'data-action-dates')) facts.push(recordIn(text)?.event);
    expect(facts).toHaveLength(4);
    expect(facts.map((event) => event?.facts.action).toSorted()).toEqual(numbers(6, 9).map(actionName));
    expect(facts[0]).toMatchObject({ kind: 'dataAction', run: ended.run, facts: { outcome: 'updated' } });
    await night.close();
  });

  it('ACT-03 sends the local time with its offset only where that is asked for, and takes it back where it is not', async () => {
    const night = await nights.open();

    const sent = await night.run({ updates: [anHour(10, { sendLocalValue: true })] });
    const local = fieldsOf(night, 10).localValue;
    const unsent = await night.run({ updates: [anHour(10)] });

    expect([sent.status, unsent.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(local).toBe('2024-03-10T03:30:00.000-04:00');
    expect(fieldsOf(night, 10)).not.toHaveProperty('localValue');
    await night.close();
  });

  it('ALL-03 ACT-07 that repeats what is in place writes nothing', async () => {
    const night = await nights.open();
    const input = { updates: numbers(11, 14).map((number) => anHour(number)) };
    await night.run(input);
    const before = night.simulator.actions;

    const again = await night.run(input);

    expect(again.status).toBe('SUCCEEDED');
    expect(night.simulator.actions).toEqual(before);
    expect((await resultsOf(night, again)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('inPlace'));
    expect(callsAbout(night).slice(-4)).toEqual(['GET', 'GET', 'GET', 'GET']);
    expect((await recordOf(night, again)).report).toMatchObject({ updates: { inPlace: 4, updated: 0 } });
    await night.close();
  });

  it('ALL-03 twice at once leaves each data action as one alone does', async () => {
    const night = await nights.open();
    const input = { updates: numbers(15, 18).map((number) => anHour(number)) };

    const started = await Promise.all([night.start(input), night.start(input)]);
    const ended = await Promise.all(started.map((run) => night.ended(run)));

    expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    for (const number of numbers(15, 18)) {
      expect(fieldsOf(night, number).computedValue).toBe('2024-03-10T07:30:00.000Z');
      expect(restOf(actionOf(night, number).text)).toBe(restOf(actionOf(night, number).untouched));
    }
    await night.close();
  });

  it('ACT-05 keeps, and names, what it found in fields that the update gives names for', async () => {
    const night = await nights.open();

    await night.run({ updates: [anHour(19, { sourceField: 'opened', targetField: 'due', precision: 0 })] });

    expect(fieldsOf(night, 19)).toMatchObject({ sourceField: 'opened', targetField: 'due', precision: 0 });
    expect(fieldsOf(night, 19)).toHaveProperty('legacy');
    await night.close();
  });
});

describe('the input of data-action-dates', () => {
  it('ALL-01 may be {}: the configured list, also by schedule; without a list there is nothing to do', async () => {
    const night = await configured.open();
    const empty = await nights.open();

    const [listed, scheduled] = [
      await night.run({}),
      await night.run({ scheduledTime: new Date(night.startedAt).toISOString() }),
    ];
    const nothing = await empty.run({});

    expect([listed.status, scheduled.status, nothing.status]).toEqual(Array(3).fill('SUCCEEDED'));
    expect(fieldsOf(night, 50)).toMatchObject({
      computedValue: '2024-07-01T00:00:00.000Z',
      timezone: 'Europe/London',
    });
    expect((await resultsOf(night, scheduled))[0]?.outcome).toBe('inPlace');
    expect(empty.calls()).toEqual([]);
    expect((await recordOf(empty, nothing)).outcome).toBe('SUCCEEDED');
    await night.close();
    await empty.close();
  });

  it('OPS-08 does nothing by schedule while the pipeline is paused, and what it is asked for on demand', async () => {
    const night = await configured.open();
    const scheduledTime = new Date(night.startedAt).toISOString();
    await night.operate({ pause: { pipeline: 'data-action-dates', reason: 'maintenance' } });

    const paused = await night.run({ scheduledTime });
    const calls = night.calls().length;
    const shown = await night.run({ scheduledTime, dryRun: true });
    const onDemand = await night.run({ updates: [anHour(49)] });
    await night.operate({ resume: { pipeline: 'data-action-dates' } });
    const resumed = await night.run({ scheduledTime });

    const record = await recordOf(night, paused);
    expect([paused, shown, onDemand, resumed].map(({ status }) => status)).toEqual(
      Array(4).fill('SUCCEEDED'),
    );
    expect([calls, record.paused, record.report]).toEqual([0, true, undefined]);
    expect((await resultsOf(night, onDemand)).map(({ outcome }) => outcome)).toEqual(['updated']);
    expect((await resultsOf(night, resumed)).map(({ action }) => action)).toEqual([actionName(50)]);
    await night.close();
  });

  it('OPS-03 is missing in the notice of a night that a pause held back or that failed, whatever was run beside it', async () => {
    const night = await configured.open();
    const scheduledTime = () => new Date(night.platform.clock.now()).toISOString();
    const heard = hearNotices(night);
    const told = async () => {
      await night.operate({ nightNotice: { scheduledTime: scheduledTime() } });
      return (await heard()).find((text) => text.startsWith(`${TENANT} on `));
    };
    await night.operate({ pause: { pipeline: 'data-action-dates', reason: 'maintenance' } });
    await night.run({ scheduledTime: scheduledTime() });
    await night.operate({ resume: { pipeline: 'data-action-dates' } });
    await night.run({ updates: [anHour(49)] });

    const heldBack = await told();
    await night.run({ scheduledTime: scheduledTime() });
    const made = await told();
    await night.pass(3_600_000);
    night.simulator.use(['token-always-rejected']);
    const failed = await night.run({ scheduledTime: scheduledTime() });
    night.simulator.use([]);
    await night.pass(60_000);
    await night.run({ updates: [anHour(48)] });
    const unmade = await told();

    expect(failed.status).toBe('FAILED');
    expect(heldBack).toContain('  MISSING  data-action-dates: ');
    expect(made).toContain('  there    data-action-dates: last success ended ');
    expect(unmade).toMatch(/ {2}MISSING {2}data-action-dates: .*; the last run ended as FAILED/);
    await night.close();
  });

  it('ALL-02 ACT-01 is refused in full before anything is called, each problem with its index', async () => {
    const night = await nights.open();
    const notices = hearNotices(night);
    const before = await snapshotOf(night);

    const ended = await night.run({
      updates: [
        anHour(1, { timestamp: '2023-02-29T00:00:00Z' }),
        anHour(2),
        anHour(3, { zone: 'Mars/Olympus', offsetMinutes: 1.5 }),
        anHour(2, { colour: 'red' }),
      ],
      windows: 1,
    });

    const after = await snapshotOf(night);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'InputRefused' });
    expect(failedStateOf(night, ended.run)).toBe('Plan');
    for (const words of [
      'updates[0].timestamp: found',
      'updates[2].zone: found',
      'updates[2].offsetMinutes: found',
      'updates[3].colour: found',
      'updates[3].action: found the name of an earlier update',
      'windows: found',
    ])
      expect(ended.cause).toContain(words);
    expect(after.calls).toBe(before.calls);
    expect(withoutRuns(after.objects)).toEqual(withoutRuns(before.objects));
    expect(Object.keys(after.objects).filter((key) => /batch|actions-/.test(key))).toEqual([]);
    expect(await notices()).toEqual([expect.stringContaining('InputRefused')]);
    await night.close();
  });

  it('ALL-16 may name a manifest of JSON lines, whose updates are worked off in batches', async () => {
    const night = await nights.open();
    const key = await layManifest(
      night,
      'good',
      numbers(1, 40).map((number) => anHour(number, { offsetMinutes: 7 })),
    );

    const ended = await night.run({ manifest: key });

    expect(ended.status).toBe('SUCCEEDED');
    expect((await resultsOf(night, ended)).map(({ outcome }) => outcome)).toEqual(Array(40).fill('updated'));
    for (const number of numbers(1, 40)) {
      expect(fieldsOf(night, number).computedValue).toBe('2024-03-10T06:37:00.000Z');
      expect(restOf(actionOf(night, number).text)).toBe(restOf(actionOf(night, number).untouched));
    }
    await night.close();
  });

  it('ALL-02 refuses a manifest with every problem of every line, and one that is not there', async () => {
    const night = await nights.open();
    const key = await layManifest(night, 'bad', [
      anHour(1),
      '{"action":',
      anHour(1),
      { action: 'x' },
      anHour(2),
    ]);

    const bad = await night.run({ manifest: key });
    const absent = await night.run({ manifest: `manifests/${TENANT}/absent.jsonl` });
    const elsewhere = await night.run({ manifest: 'manifests/bravo/good.jsonl' });

    for (const words of [
      'manifest[1]: found text',
      'manifest[2].action: found',
      'manifest[3].timestamp: found',
    ])
      expect(bad.cause).toContain(words);
    expect(absent.cause).toContain('manifest: found no object');
    expect(elsewhere.cause).toContain(`must be a key that begins with manifests/${TENANT}/`);
    expect(night.calls()).toEqual([]);
    await night.close();
  });

  it('ALL-14 may ask for a dry run, which shows each configuration before and after and writes none', async () => {
    const night = await nights.open();
    const before = night.simulator.actions;
    const updates = [anHour(41), anHour(45), { ...anHour(1), action: 'Nobody' }];

    const ended = await night.run({ updates, dryRun: true });

    const shown = z
      .looseObject({ shown: z.array(z.looseObject({})), updates: z.number() })
      .parse(JSON.parse(night.platform.engine.describe(ended.run).output ?? '{}'));
    const { ledger } = await snapshotOf(night);
    expect(ended.status).toBe('SUCCEEDED');
    expect(shown.updates).toBe(3);
    expect(shown.shown).toMatchObject([
      {
        outcome: 'wouldUpdate',
        before: fieldsOf(night, 41),
        after: { computedValue: '2024-03-10T07:30:00.000Z' },
        localValue: '2024-03-10T03:30:00.000-04:00',
      },
      { outcome: 'wouldUpdate', before: null, after: { timezone: 'America/New_York' } },
      { outcome: 'failed', error: 'ActionNotFound' },
    ]);
    expect(night.simulator.actions).toEqual(before);
    expect(night.calls().filter(({ method }) => method === 'PUT')).toEqual([]);
    expect([...new Set(ledger.map(({ pk }) => String(pk).split('#')[1]))].toSorted()).toEqual([
      'limiter',
      'refresh',
      'token',
    ]);
    await night.close();
  });
});
