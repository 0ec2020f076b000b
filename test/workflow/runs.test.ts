import { afterAll, describe, expect, it } from 'vitest';
import { TenantId } from '../../lambdas/model/ids.ts';
import { CREDENTIALS, prepareNights, TENANT } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectLoadedThrough,
  expectRecorded,
  expectUncommitted,
  truthOf,
} from '../support/night-expectations.ts';
import { currentOf, recordOf, rowsOf, windowOf } from '../support/night-findings.ts';
import { failedStateOf, failedWindowsOf, statesOf } from '../support/night-history.ts';

const BAD_DAY = '2024-05-05';
/** After this time no function of the run that failed can still be writing. */
const HALF_AN_HOUR = 1_800_000;
const OTHER = TenantId.parse('bravo');

const nights = await prepareNights({ simulator: { rows: 60, parts: 2 } });
const badDays = await prepareNights({
  simulator: { rows: 40, parts: 1, scenariosByDay: { [BAD_DAY]: ['lost-reply:5'] } },
});
const twoTenants = await prepareNights({
  simulator: { rows: 60, parts: 2 },
  tenants: [TENANT, OTHER],
  secrets: { [OTHER]: { clientId: 'bravo-client', clientSecret: 'bravo-secret-kept' } },
});

afterAll(async () => {
  await nights.close();
  await badDays.close();
  await twoTenants.close();
});

describe('runs that meet', () => {
  it('ALL-03 two at once of one window make one job and one generation; one of them stands back', async () => {
    const night = await nights.open();
    const truth = await truthOf(night, night.day());

    const started = await Promise.all([night.start(), night.start()]);
    const ended = await Promise.all(started.map((run) => night.ended(run)));

    const states = started.map((run) => statesOf(night, run));
    expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(states.filter((entered) => entered.includes('WindowCommitted'))).toHaveLength(1);
    expect(states.filter((entered) => entered.includes('AlreadyRunning'))).toHaveLength(1);
    const records = await Promise.all(started.map((run) => recordOf(night, run)));
    expect(records.map(({ windows }) => windows[0]?.outcome).toSorted()).toContain('committed');
    await expectCommitted(night, truth);
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-03 a window whose run died in the middle is taken over by the next one, with its job', async () => {
    const night = await nights.open({ scenarios: ['queue-wait:7200'] });
    const truth = await truthOf(night, night.day());
    const dead = await night.start();
    await untilPolled(night);
    await night.restart();

    const next = await night.run();

    expect(night.platform.engine.describe(dead).status).toBe('ABORTED');
    expect(next.status).toBe('SUCCEEDED');
    await expectCommitted(night, truth);
    expect((await windowOf(night, truth.day)).committedBy).toBe(next.run);
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-03 a run that died in the middle goes on by redrive, with its job', async () => {
    const night = await nights.open({ scenarios: ['queue-wait:7200'] });
    const truth = await truthOf(night, night.day());
    const dead = await night.start();
    await untilPolled(night);
    await night.restart();

    const redriven = await night.redrive(dead);

    expect(redriven.status).toBe('SUCCEEDED');
    await expectCommitted(night, truth);
    await expectRecorded(night, redriven, [truth.day]);
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-04 a commit that was left half way is asserted again by the next run', async () => {
    let cut = true;
    const night = await nights.open({
      onEffect: (phase, { service, operation }) => {
        const writesCatalog = service === 'glue' && !operation.startsWith('Get');
        if (cut && phase === 'before' && writesCatalog) throw new Error('cut');
      },
    });
    const truth = await truthOf(night, night.day());
    const failed = await night.run();
    const halfWay = await windowOf(night, truth.day);
    cut = false;
    await night.pass(HALF_AN_HOUR);

    const next = await night.run();

    expect(failed).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(halfWay.generation).toBeDefined();
    expect(halfWay.registrants.size).toBeGreaterThan(0);
    expect(next.status).toBe('SUCCEEDED');
    expect(statesOf(night, next.run)).not.toContain('Submit');
    await expectCommitted(night, truth);
    await expectLoadedThrough(night, truth.day);
    expect((await recordOf(night, next.run)).windows).toMatchObject([{ task: 'reassert' }]);
    await night.close();
  });
});

describe('a range with a bad day', () => {
  it('ALL-16 commits the others, ends by name in Reconcile, and a redrive does only what is left', async () => {
    const night = await badDays.open();
    const days = Array.from({ length: 10 }, (_, index) => `2024-05-${String(index + 1).padStart(2, '0')}`);
    const others = days.filter((day) => day !== BAD_DAY);

    const failed = await night.run({ from: '2024-05-01', to: '2024-05-11' });
    const before = night.calls().length;
    const stateOfRun = failedStateOf(night, failed.run);
    const failures = failedWindowsOf(night, failed.run);
    await expectUncommitted(night, BAD_DAY);
    const redriven = await night.redrive(failed.run);

    expect(failed).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(failed.cause).toContain(`${BAD_DAY} ConnectionLost`);
    expect(stateOfRun).toBe('Reconcile');
    expect(failures).toEqual([{ day: BAD_DAY, error: 'ConnectionLost', state: 'Submit' }]);
    expect(redriven.status).toBe('SUCCEEDED');
    for (const day of days) await expectCommitted(night, await truthOf(night, day));
    const daysAgain = new Set(
      night
        .calls()
        .slice(before)
        .flatMap(({ day }) => day ?? []),
    );
    expect([...daysAgain]).toEqual([BAD_DAY]);
    const record = await expectRecorded(night, redriven, days);
    expect(record.windows.filter(({ outcome }) => outcome === 'committed')).toHaveLength(10);
    expect(others).toHaveLength(9);
    expectGoodManners(night);
    await night.close();
  });
});

// That both run side by side, in all pipelines, and nothing of one meets the other is in tenants.test.ts.
describe('two tenants in one lake', () => {
  it('ALL-15 one that fails leaves the other alone', async () => {
    const night = await twoTenants.open();
    const day = night.day();
    night.platform.aws.secrets.set(`cxone/${OTHER}`, JSON.stringify({ ...CREDENTIALS, clientId: 'nobody' }));

    const failed = await night.run({}, OTHER);
    const other = await night.run({}, TENANT);

    expect(failed).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(failedWindowsOf(night, failed.run)).toEqual([
      { day, error: 'CredentialsRejected', state: 'EnsureToken' },
    ]);
    expect((await recordOf(night, failed.run, OTHER)).windows).toMatchObject([
      { error: 'CredentialsRejected' },
    ]);
    expect(other.status).toBe('SUCCEEDED');
    expect(await currentOf(night, day, OTHER)).toBeUndefined();
    expect(await rowsOf(night, day, TENANT)).toEqual((await truthOf(night, day)).rows);
    await night.close();
  });
});

/** Resolves when the job of the night has been polled, while it is still queued. */
async function untilPolled(night: Awaited<ReturnType<typeof nights.open>>): Promise<void> {
  while (!night.calls().some(({ kind }) => kind === 'status'))
    await new Promise((resolve) => setImmediate(resolve));
}
