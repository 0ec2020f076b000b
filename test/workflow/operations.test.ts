import { afterAll, describe, expect, it } from 'vitest';
import { readRecords } from '../../lambdas/audit/chain.ts';
import { recordIn } from '../../lambdas/audit/record.ts';
import { currentKey } from '../../lambdas/lake/keys.ts';
import { fixStartDate } from '../../lambdas/ledger/marks.ts';
import { DAY_MILLISECONDS, Day } from '../../lambdas/model/days.ts';
import { Examination } from '../../lambdas/model/doctor.ts';
import { OperateResult } from '../../lambdas/model/operations.ts';
import { CDR_DATASET } from '../../lambdas/model/payloads.ts';
import { type Night, prepareNights, TENANT } from '../support/night.ts';
import {
  currentOf,
  generationsOf,
  marksOf,
  partitionOf,
  recordOf,
  storesOf,
  windowOf,
} from '../support/night-findings.ts';
import { statesOf } from '../support/night-history.ts';
import { hearNotices } from '../support/night-snapshot.ts';

const nights = await prepareNights({
  simulator: { rows: 60, parts: 2 },
  cdr: { outputs: ['parquet', 'jsonl'] },
});

afterAll(() => nights.close());

/** A night whose day was committed, and committed anew with other rows: two generations. */
async function refreshedNight(): Promise<{ night: Night; day: string; good: string; bad: string }> {
  const night = await nights.open();
  const day = night.day();
  await night.run();
  const good = (await windowOf(night, day)).generation;
  night.simulator.use(['rows:50']);
  await night.run({ date: day, refresh: true });
  const bad = (await windowOf(night, day)).generation;
  if (good === undefined || bad === undefined || good === bad)
    throw new Error('There are no two generations.');
  return { night, day, good, bad };
}

async function shownOf(night: Night, day: string) {
  const { location } = await partitionOf(night, day);
  const { generation, catalogGeneration, currentGeneration, pinned } = await windowOf(night, day);
  return {
    ledger: generation,
    noted: [catalogGeneration, currentGeneration],
    catalog: /gen=([0-9a-f]{32})/.exec(location ?? '')?.[1],
    current: (await currentOf(night, day))?.generation,
    pinned,
  };
}

describe('a rollback', () => {
  it('OPS-07 moves ledger, catalog and current.json together, audited and pinned, and deletes nothing', async () => {
    const { night, day, good, bad } = await refreshedNight();
    const marks = await marksOf(night);

    const ended = await night.operate({ rollback: { dataset: 'cdr', day } });

    expect(ended.status).toBe('SUCCEEDED');
    expect(await shownOf(night, day)).toEqual({
      ledger: good,
      noted: [good, good],
      catalog: good,
      current: good,
      pinned: true,
    });
    expect((await generationsOf(night, day)).toSorted()).toEqual([good, bad].toSorted());
    expect((await marksOf(night)).loadedThrough).toBe(marks.loadedThrough);
    const kinds: string[] = [];
    for await (const { text } of readRecords(storesOf(night).ledger, 'cdr-export')) {
      const event = recordIn(text)?.event;
      kinds.push(`${event?.kind} ${event?.facts.generation}`);
    }
    expect(kinds).toEqual([`commit ${good}`, `commit ${bad}`, `rollback ${good}`]);
    await night.close();
  });

  it('OPS-07 stands: runs report the pin and leave the window until it is unpinned', async () => {
    const { night, day, good, bad } = await refreshedNight();
    await night.operate({ rollback: { dataset: 'cdr', day } });
    const before = night.calls().length;

    const refreshed = await night.run({ date: day, refresh: true });
    const record = await recordOf(night, refreshed.run);
    const calls = night.calls().length - before;
    const nightly = await recordOf(night, (await night.run()).run);
    await night.operate({ unpin: { dataset: 'cdr', day } });
    const again = await night.run({ date: day, refresh: true });

    expect([refreshed.status, calls, record.pinned]).toEqual(['SUCCEEDED', 0, [{ dataset: 'cdr', day }]]);
    expect([nightly.windows, nightly.pinned]).toEqual([[], [{ dataset: 'cdr', day }]]);
    expect(again.status).toBe('SUCCEEDED');
    expect(await shownOf(night, day)).toMatchObject({ ledger: bad, current: bad, pinned: false });
    expect((await recordOf(night, again.run)).pinned).toEqual([]);
    expect(good).not.toBe(bad);
    await night.close();
  });

  it('OPS-07 REP-05 lets a replay begin at the raw data of the generation that it leads to', async () => {
    const { night, day, good } = await refreshedNight();
    await night.operate({ rollback: { dataset: 'cdr', day } });
    await night.operate({ unpin: { dataset: 'cdr', day } });

    const replayed = await night.run({ date: day, replay: true });

    expect(replayed.status).toBe('SUCCEEDED');
    expect(await shownOf(night, day)).toMatchObject({ ledger: good, current: good });
    await night.close();
  });

  it('OPS-07 says what is current now and what was; without a name the next one leads back', async () => {
    const { night, day, good, bad } = await refreshedNight();

    const { output: first = '' } = await night.operate({ rollback: { dataset: 'cdr', day } });
    const { output: second = '' } = await night.operate({ rollback: { dataset: 'cdr', day } });
    const { output: third = '' } = await night.operate({ rollback: { dataset: 'cdr', day, to: bad } });

    const told = { operation: 'rolledBack', dataset: 'cdr', day };
    expect(JSON.parse(first)).toEqual({ ...told, generation: good, replaced: bad });
    expect(JSON.parse(second)).toEqual({ ...told, generation: bad, replaced: good });
    expect(JSON.parse(third)).toEqual({ ...told, generation: bad });
    await night.close();
  });

  it.each(['Publish', 'Audit'])(
    'OPS-07 that was stopped before %s is seen through when it is asked for again, and does not lead back',
    async (state) => {
      const { night, day, good } = await refreshedNight();
      const rollback = { rollback: { dataset: 'cdr', day } };
      await night.stopOperationAt(state, rollback);

      const { output = '' } = await night.operate(rollback);

      expect(JSON.parse(output)).toMatchObject({ generation: good });
      expect(await shownOf(night, day)).toEqual({
        ledger: good,
        noted: [good, good],
        catalog: good,
        current: good,
        pinned: true,
      });
      expect((await windowOf(night, day)).unaudited).toEqual(new Set());
      await night.close();
    },
  );

  it('OPS-07 leads to the generation that is named; again it changes nothing and records nothing', async () => {
    const { night, day, good } = await refreshedNight();
    const rollback = { rollback: { dataset: 'cdr', day, to: good } };
    const { objects, ledger } = storesOf(night);

    await night.operate(rollback);
    const first = await objects.readText(currentKey(TENANT, CDR_DATASET, Day.parse(day)));
    const again = await night.operate(rollback);

    let records = 0;
    for await (const _ of readRecords(ledger, 'cdr-export')) records += 1;
    expect(again.status).toBe('SUCCEEDED');
    expect(first).toContain(good);
    expect(records).toBe(3);
    await night.close();
  });

  it.each([
    ['a day that was never committed', { dataset: 'cdr', day: '2020-01-01' }, 'never been committed'],
    ['a generation that the lake does not have', { dataset: 'cdr', to: 'f'.repeat(32) }, 'it has'],
  ])('OPS-07 of %s is refused by name, and nothing is changed', async (_, asked, words) => {
    const { night, day, bad } = await refreshedNight();

    const ended = await night.operate({ rollback: { day, ...asked } });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'RollbackImpossible' });
    expect(ended.cause).toContain(words);
    expect(await shownOf(night, day)).toMatchObject({ ledger: bad, current: bad, pinned: false });
    await night.close();
  });

  it('OPS-07 waits for a run that holds the window, by name, and goes on by redrive', async () => {
    const { night, day, good } = await refreshedNight();
    night.simulator.use(['rows:40', 'queue-wait:7200']);
    const run = await night.start({ date: day, refresh: true });
    while (!night.calls().some(({ path }) => path.endsWith('/requests'))) await night.pass(1_000);
    await night.pass(60_000);

    const busy = await night.operate({ rollback: { dataset: 'cdr', day, to: good } });
    await night.ended(run);
    const redriven = await night.redrive(busy.run);

    expect(busy).toMatchObject({ status: 'FAILED', error: 'WindowBusy' });
    expect(redriven.status).toBe('SUCCEEDED');
    expect(await shownOf(night, day)).toMatchObject({
      ledger: good,
      catalog: good,
      current: good,
      pinned: true,
    });
    expect(statesOf(night, busy.run)).toContain('RollBack');
    await night.close();
  });
});

describe('a pause', () => {
  it('OPS-08 before the first run lets the schedule’s starts do nothing, recorded; starts on demand work; resumed days later, nothing is missing', async () => {
    const night = await nights.open();
    await night.operate({ pause: { pipeline: 'cdr-export', reason: 'maintenance of CXone' } });
    const scheduledTime = new Date(night.startedAt).toISOString();

    const paused = await night.run({ scheduledTime });
    const calls = night.calls().length;
    const missed = [night.day()];
    await night.pass(2 * DAY_MILLISECONDS);
    missed.push(night.day(1), night.day());
    const onDemand = await night.run({ date: night.day(5) });
    await night.operate({ resume: { pipeline: 'cdr-export' } });
    const resumed = await night.run({ scheduledTime: new Date(night.platform.clock.now()).toISOString() });

    expect([paused.status, calls]).toEqual(['SUCCEEDED', 0]);
    expect(await recordOf(night, paused.run)).toMatchObject({ paused: true, windows: [] });
    expect(onDemand.status).toBe('SUCCEEDED');
    expect(resumed.status).toBe('SUCCEEDED');
    expect((await recordOf(night, resumed.run)).windows.map(({ day }) => day).toSorted()).toEqual(missed);
    await night.close();
  });

  it('OPS-08 says whether there was anything to pause or to resume', async () => {
    const night = await nights.open();
    const said: (string | undefined)[] = [];

    for (const name of ['resume', 'pause', 'pause', 'resume'])
      said.push((await night.operate({ [name]: { pipeline: 'cdr-export' } })).output);

    const words = ['was not paused', 'is paused', 'was paused already', 'is resumed'];
    expect(said.map((text, index) => text?.includes(words[index] ?? ''))).toEqual([true, true, true, true]);
    await night.close();
  });
});

describe('the status', () => {
  it('OPS-08 says last good day, holes, pins, pauses, queue and claims, and the last run of each pipeline', async () => {
    const { night, day } = await refreshedNight();
    await night.operate({ rollback: { dataset: 'cdr', day } });
    await night.run({ date: night.day(3) });
    await night.operate({ pause: { pipeline: 'cdr-export', reason: 'maintenance' } });
    night.simulator.use(['queue-wait:7200']);
    const queued = async (day: string) => {
      const before = night.calls().length;
      const run = await night.start({ date: day });
      const calls = () => night.calls().slice(before);
      while (!calls().some(({ kind }) => kind === 'status')) await night.pass(10_000);
      return run;
    };
    const run = await queued(night.day(5));

    const { output = '' } = await night.operate({ status: {} });
    const status = OperateResult.parse(JSON.parse(output));
    await night.ended(run);
    await night.platform.engine.stop(await queued(night.day(6)));
    await night.platform.engine.heard();
    const { output: later = '' } = await night.operate({ status: {} });

    expect(OperateResult.parse(JSON.parse(later))).toMatchObject({
      status: { datasets: [{ firstClaimed: [{ day: night.day(6), expired: false, ended: 'ABORTED' }] }] },
    });
    expect(status).toMatchObject({
      operation: 'status',
      status: {
        pipelines: [
          { pipeline: 'cdr-export', paused: { reason: 'maintenance' }, lastRun: { outcome: 'SUCCEEDED' } },
        ],
        datasets: [
          {
            dataset: 'cdr',
            lastGoodDay: day,
            committedDays: 2,
            pinned: 1,
            firstPinned: [day],
            unfinishedCommits: 0,
            claimed: 1,
            firstClaimed: [{ day: night.day(5), expired: false }],
            queued: 1,
            firstQueued: [{ day: night.day(5) }],
          },
        ],
      },
    });
    expect(output.length).toBeLessThan(64 * 1024);
    await night.close();
  });
});

describe('the notice of the night', () => {
  const given = async (night: Night) => {
    const heard = hearNotices(night);
    const scheduledTime = new Date(night.platform.clock.now()).toISOString();
    const ended = await night.operate({ nightNotice: { scheduledTime } });
    expect(ended.status).toBe('SUCCEEDED');
    return heard();
  };

  it('OPS-03 says what is missing when nothing has run', async () => {
    const night = await nights.open();

    const [notice, ...others] = await given(night);

    expect(others).toEqual([]);
    expect(notice).toContain('acme on ');
    expect(notice).toContain(': MISSING: cdr.');
    expect(notice).toContain(`MISSING  cdr: ${night.day()}`);
    await night.close();
  });

  it('OPS-03 says that the night is complete when every day is there that was due, with its rows', async () => {
    const night = await nights.open();
    await night.run();

    const [notice] = await given(night);

    expect(notice).toContain(': the night is complete.');
    expect(notice).toContain(`there    cdr: complete through ${night.day()}, 60 rows on that day`);
    await night.close();
  });

  it('OPS-03 reaches back to a first day that the configuration has moved to an earlier one', async () => {
    const night = await nights.open();
    await night.run();
    const earlier = Day.parse(night.day(2));

    await fixStartDate(storesOf(night).ledger, CDR_DATASET, earlier, earlier);
    const [notice] = await given(night);

    expect(notice).toContain(`MISSING  cdr: ${night.day(2)}, ${night.day(1)}`);
    await night.close();
  });

  it('OPS-03 names holes, days whose runs failed or were held back, and why', async () => {
    const night = await nights.open();
    await night.run({ date: night.day(3) });
    await night.run({ date: night.day() });
    await night.operate({ pause: { pipeline: 'cdr-export', reason: 'maintenance' } });

    const missing = [night.day(2), night.day(1)];
    await night.pass(86_400_000);
    missing.push(night.day());
    const [notice] = await given(night);

    expect(notice).toContain(': MISSING: cdr.');
    expect(notice).toContain(`MISSING  cdr: ${missing.join(', ')} (paused since`);
    expect(notice).toContain(': maintenance)');
    await night.close();
  });
});

describe('an examination', () => {
  it.each([
    ['works', 'normal', true, []],
    ['lacks a scope', 'scope-missing', false, ['ScopeMissing']],
  ])(
    'OPS-08 of a set-up that %s says so, and writes nothing to CXone',
    async (_, scenario, healthy, errors) => {
      const night = await nights.open({ scenarios: [scenario] });

      const { status, output = '' } = await night.operate({ doctor: {} });
      const examined = Examination.parse(JSON.parse(output));

      expect([status, examined.healthy]).toEqual(['SUCCEEDED', healthy]);
      expect(examined.findings.flatMap(({ error }) => error ?? [])).toEqual(errors);
      expect(night.calls().map(({ kind }) => kind)).toEqual(['token']);
      await night.close();
    },
  );
});

describe('an input of the operations machine', () => {
  it.each([
    [{}, 'exactly one of'],
    [{ pause: { pipeline: 'cdr-export' }, resume: { pipeline: 'cdr-export' } }, 'exactly one of'],
    [{ pause: { pipeline: 'nothing' } }, 'pause.pipeline'],
    [{ rollback: { dataset: 'cdr', day: '2024-02-30' } }, 'rollback.day'],
    [{ restart: {} }, 'restart'],
    [
      { pause: { pipeline: 'report-sync' } },
      'pause.pipeline: found a string of 11 characters, must be one that',
    ],
    [{ rollback: { dataset: 'crd', day: '2024-05-15' } }, 'rollback.dataset'],
    [{ unpin: { dataset: 'crd', day: '2024-05-15' } }, 'must be one that the tenant has: cdr'],
  ])('ALL-02 %j is refused with its problems', async (input, words) => {
    const night = await nights.open();

    const ended = await night.operate(input);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'InputRefused' });
    expect(ended.cause).toContain(words);
    await night.close();
  });
});
