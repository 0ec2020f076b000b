import { afterAll, describe, expect, it } from 'vitest';
import { runRecordKey } from '../../lambdas/lake/keys.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import { actionName } from '../../local/cxone/data/action-text.ts';
import { actionScenarios } from '../../local/cxone/scenarios/action-scenarios.ts';
import {
  actionOf,
  anHour,
  fieldsOf,
  numbers,
  prepareActionNights,
  restOf,
  resultsOf,
} from '../support/action-night.ts';
import { type Ended, type Night, TENANT } from '../support/night.ts';
import { mostCallsInAMinute } from '../support/night-expectations.ts';
import { storesOf } from '../support/night-findings.ts';
import { failedStateOf, statesOf } from '../support/night-history.ts';

const HOUR_LATER = '2024-03-10T07:30:00.000Z';

const nights = await prepareActionNights({ settings: { batchSize: 5 } });

afterAll(() => nights.close());

async function recordOf(night: Night, { run }: Pick<Ended, 'run'>): Promise<RunRecord> {
  const text = await storesOf(night).objects.readText(runRecordKey(TENANT, 'data-action-dates', run));
  return RunRecord.parse(JSON.parse(text));
}

/** Every action holds the hour, and nothing else of it has been touched by us. */
function expectUpdated(night: Night, of: readonly number[], computedValue = HOUR_LATER): void {
  for (const number of of) {
    expect(fieldsOf(night, number).computedValue, actionName(number)).toBe(computedValue);
    expect(restOf(actionOf(night, number).text)).toBe(restOf(actionOf(night, number).untouched));
  }
}

/** Distinct from run to run, so that nothing is in place already. */
let minute = 0;
function updatesOf(of: readonly number[]): { updates: object[]; value: string } {
  minute += 1;
  const value = new Date(Date.parse('2024-03-10T06:30:00.000Z') + minute * 60_000).toISOString();
  return { updates: of.map((number) => anHour(number, { offsetMinutes: minute })), value };
}

/** One without a version, one with, and one without `dateProcessing`: what other nights have not touched where somebody else writes. */
const THREE = [2, 3, 5];

/** What a run gets through by itself. What does not cover another up comes in one night. */
const SURVIVED: readonly (readonly [requirement: string, scenarios: string, of: readonly number[]])[] = [
  ['ACT-04', 'actions:60,action-pages-small:10,action-created:1', THREE],
  // The name is a hint where there is one alone.
  ['ACT-04', 'action-filter-ignored', [2]],
  ['ACT-05', 'second-writer:1,restless-writer:2', [12, 13, 15]],
  ['ACT-05', 'late-writer:1,lost-write:3', [22, 23, 25]],
  ['ACT-06', 'token-revoked:9', THREE],
  ['ACT-06', 'token-revoked:13', THREE],
  ['ALL-07', 'token-short-life,token-throttled,token-endpoint-errors', THREE],
  ['ALL-08', 'throttle-seconds,throttle-date,throttle-silent,unforgiving:1', THREE],
  ['ALL-08 ALL-09', 'rate-limit:60,server-errors', THREE],
  ['ALL-09', 'html-errors', THREE],
  ['ALL-09', 'reset', THREE],
  ['ALL-09', 'fault-rate:0.1', THREE],
];

describe('OPS-06 a run while data actions behave as they have in production', () => {
  it.each(SURVIVED)('%s updates every data action under %s', async (_, scenarios, of) => {
    const night = await nights.open({ scenarios: scenarios.split(',') });
    const { updates, value } = updatesOf(of);

    const ended = await night.run({ updates });

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    expectUpdated(night, of, value);
    if (scenarios.includes('writer'))
      expect(of.map((number) => actionOf(night, number).otherWrites)).not.toContain(0);
    expect(night.violations()).toEqual([]);
    expect(mostCallsInAMinute(night.calls())).toBeLessThanOrEqual(60);
    await night.close();
  });

  it('ACT-05 brings its value back where somebody puts an old copy in its place', async () => {
    const night = await nights.open({ scenarios: ['stale-writer:1'] });
    const { updates, value } = updatesOf([10, 11]);

    const ended = await night.run({ updates });

    expect(ended.status).toBe('SUCCEEDED');
    for (const number of [10, 11]) expect(fieldsOf(night, number).computedValue).toBe(value);
    await night.close();
  });
});

describe('ACT-06 the circuit breaker', () => {
  it('opens after five failures in a row and stops the rest; a redrive a minute later probes and takes them up', async () => {
    const night = await nights.open({ scenarios: ['action-broken:12'] });
    const { updates, value } = updatesOf(numbers(1, 12));

    const failed = await night.run({ updates });
    const results = await resultsOf(night, failed);
    const record = await recordOf(night, failed);
    nights.simulator.use([]);
    const early = await night.redrive(failed.run);
    await night.pass(61_000);
    const redriven = await night.redrive(failed.run);

    const counts = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
    expect(failed).toMatchObject({ status: 'FAILED', error: 'UpdatesFailed' });
    // Two batches side by side: the fifth and the sixth failure may be under way together.
    expect(counts('failed')).toBeGreaterThanOrEqual(5);
    expect(counts('failed')).toBeLessThanOrEqual(6);
    expect(counts('notTried')).toBe(12 - counts('failed'));
    expect(results.filter(({ error }) => error === 'CircuitOpen')).toHaveLength(counts('notTried'));
    expect(record.report).toMatchObject({ breaker: { state: 'open' } });
    expect(early.status).toBe('FAILED');
    expect(redriven.status).toBe('SUCCEEDED');
    for (const number of numbers(1, 12)) expect(fieldsOf(night, number).computedValue).toBe(value);
    expect((await recordOf(night, redriven)).report).toMatchObject({ breaker: { state: 'closed' } });
    await night.close();
  });

  it('ALL-07 a scope that is missing fails at once, without repetition, and opens it', async () => {
    const night = await nights.open({ scenarios: ['scope-missing:dataactions:write'] });
    const { updates } = updatesOf(numbers(31, 40));

    const failed = await night.run({ updates });

    const results = await resultsOf(night, failed);
    const writes = night.calls().filter(({ kind }) => kind === 'replace');
    expect(new Set(results.map(({ error }) => error))).toEqual(new Set(['ScopeMissing', 'CircuitOpen']));
    expect(writes.length).toBeLessThanOrEqual(6);
    expect(results.find(({ error }) => error === 'ScopeMissing')?.sentence).toContain('dataactions:write');
    await night.close();
  });

  it('ALL-07 a token that is rejected twice fails by its name', async () => {
    const night = await nights.open({ scenarios: ['token-always-rejected'] });

    const failed = await night.run({ updates: updatesOf([1]).updates });

    expect(failed).toMatchObject({ status: 'FAILED', error: 'TokenRejectedTwice' });
    expect(failedStateOf(night, failed.run)).toBe('ListActions');
    await night.close();
  });

  it('ALL-09 a blocked address is left alone for 15 minutes each time', async () => {
    const night = await nights.open({ scenarios: ['action-blocked'] });
    const { updates, value } = updatesOf([50]);

    const ended = await night.run({ updates });

    const refused = night.calls().filter(({ status }) => status === 403);
    expect(ended.status).toBe('SUCCEEDED');
    expect(statesOf(night, ended.run)).toContain('WaitBeforeUpdate');
    expect(refused).toHaveLength(1);
    expectUpdated(night, [50], value);
    await night.close();
  });

  it('ALL-08 a pause of more than a day ends the run by name; a redrive after it goes on', async () => {
    const night = await nights.open({ scenarios: ['throttle-long'] });
    const { updates, value } = updatesOf([51, 52]);

    const failed = await night.run({ updates });
    nights.simulator.use([]);
    await night.pass(26 * 3_600_000);
    const redriven = await night.redrive(failed.run);

    expect(failed).toMatchObject({ status: 'FAILED', error: 'ThrottledTooLong' });
    expect(redriven.status).toBe('SUCCEEDED');
    expectUpdated(night, [51, 52], value);
    await night.close();
  });

  it('ALL-08 waits for slots in Wait states where the rate is low', async () => {
    const slow = await prepareActionNights({
      families: { dataActions: { rate: { requests: 6, seconds: 60 } } },
      simulator: { scenarios: ['rate-limit:6'] },
    });
    const night = await slow.open({ scenarios: ['rate-limit:6'] });

    const ended = await night.run({ updates: [anHour(1), anHour(2)] });

    expect(ended.status).toBe('SUCCEEDED');
    expect(statesOf(night, ended.run)).toContain('ThrottledInUpdateActions');
    expect(mostCallsInAMinute(night.calls())).toBeLessThanOrEqual(6);
    expect(night.violations()).toEqual([]);
    await slow.close();
  });
});

/** Bad updates among good ones: which error each of the first data actions has. */
const BAD: readonly (readonly [scenarios: string, errors: readonly string[]])[] = [
  ['second-writer:1,restless-writer:1000', ['ActionContended', 'ActionContended']],
  [
    'action-twice:1,action-gone:2,action-broken:3,action-refused:4',
    ['ActionAmbiguous', 'ActionNotFound', 'ServerFault', 'RequestRefused'],
  ],
];

describe('ACT-04 ACT-07 one bad update', () => {
  it('that CXone stores otherwise than it was sent is named with the field', async () => {
    const night = await nights.open({ scenarios: ['action-lossy'] });

    const failed = await night.run({ updates: updatesOf([53, 54]).updates });

    const results = await resultsOf(night, failed);
    expect(results.map(({ error }) => error)).toEqual(['ActionNotAsWritten', 'ActionNotAsWritten']);
    expect(results[0]?.sentence).toContain('at configuration');
    expect(results.every(({ auditSequence }) => auditSequence !== undefined)).toBe(true);
    await night.close();
  });

  it('ACT-05 that a later run has made otherwise is not replaced by a redrive, and is named', async () => {
    const night = await nights.open({ scenarios: ['action-broken:1'] });
    const failed = await night.run({ updates: [anHour(1), anHour(2)] });
    night.simulator.use([]);
    await night.pass(60_000);
    const later = await night.run({ updates: [anHour(1, { offsetMinutes: 120 }), anHour(2)] });

    const redriven = await night.redrive(failed.run);
    const between = fieldsOf(night, 1).computedValue;
    const anew = await night.run({ updates: [anHour(1)] });

    expect([failed, later, redriven, anew].map(({ status }) => status)).toEqual([
      'FAILED',
      'SUCCEEDED',
      'FAILED',
      'SUCCEEDED',
    ]);
    expect(redriven.cause).toContain('ActionSuperseded');
    const results = await resultsOf(night, failed);
    expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'updated']);
    expect(results[0]?.sentence).toContain(later.run.split(':').at(-1));
    expect(between).toBe('2024-03-10T08:30:00.000Z');
    expect(fieldsOf(night, 1).computedValue).toBe('2024-03-10T07:30:00.000Z');
    await night.close();
  });

  it('ALL-10 is all that a redrive does when its cause is mended', async () => {
    const night = await nights.open({ scenarios: ['action-refused:2'] });
    const { updates, value } = updatesOf(numbers(1, 7));
    const failed = await night.run({ updates });
    const calls = night.calls().length;
    nights.simulator.use([]);

    const redriven = await night.redrive(failed.run);

    const again = night.calls().slice(calls);
    expect(redriven.status).toBe('SUCCEEDED');
    expect(again.filter(({ kind }) => kind === 'replace')).toHaveLength(2);
    expectUpdated(night, numbers(3, 7), value);
    expect(fieldsOf(night, 1).computedValue).toBe(value);
    expect((await resultsOf(night, redriven)).map(({ outcome }) => outcome)).toEqual(
      Array(7).fill('updated'),
    );
    expect((await recordOf(night, redriven)).report).toMatchObject({ updates: { updated: 7, failed: 0 } });
    await night.close();
  });

  // The last of all: names of two data actions stay so.
  it.each(BAD)('under %s ends as %j and stops no other; the run lists it', async (scenarios, errors) => {
    const night = await nights.open({ scenarios: scenarios.split(',') });
    const contended = scenarios.includes('restless');
    const { updates, value } = updatesOf(numbers(1, contended ? 2 : 6));

    const failed = await night.run({ updates });

    const results = await resultsOf(night, failed);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'UpdatesFailed' });
    expect(failedStateOf(night, failed.run)).toBe('Reconcile');
    expect(results.flatMap(({ error }) => error ?? [])).toEqual(errors);
    for (const [index, error] of errors.entries())
      expect(failed.cause).toContain(`[${index}] ${actionName(index + 1)} ${error}`);
    if (!contended) expectUpdated(night, [5, 6], value);
    expect((await recordOf(night, failed)).report).toMatchObject({
      updates: { updated: updates.length - errors.length, failed: errors.length },
    });
    await night.close();
  });
});

describe('OPS-06 the scenarios of data actions', () => {
  it('each have a path', () => {
    const taken = [...SURVIVED.map(([, scenarios]) => scenarios), ...BAD.map(([scenarios]) => scenarios)];
    const names = new Set(taken.flatMap((texts) => texts.split(',')).map((text) => text.split(':')[0]));

    const elsewhere = [
      'action-versions',
      'no-action-versions',
      'stale-writer',
      'action-lossy',
      'action-blocked',
    ];
    expect(
      Object.keys(actionScenarios).filter((name) => !names.has(name) && !elsewhere.includes(name)),
    ).toEqual([]);
  });
});
