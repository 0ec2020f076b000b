import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGeneration, leaveCommit } from '../../../lambdas/ledger/commits.ts';
import { readMarks } from '../../../lambdas/ledger/marks.ts';
import { noteStage, readPlanNote } from '../../../lambdas/ledger/run-notes.ts';
import { DAY_MILLISECONDS, Day } from '../../../lambdas/model/days.ts';
import { DatasetId } from '../../../lambdas/model/ids.ts';
import { PlanSettings, type WindowTask } from '../../../lambdas/model/payloads.ts';
import { knownWindows, planRun } from '../../../lambdas/planning/plan.ts';
import { reconcile, windowsFailed } from '../../../lambdas/planning/reconcile.ts';
import { parseRunInput } from '../../../lambdas/planning/run-input.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import {
  CDR_DATASET,
  CDR_PLAN,
  claimed,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  seenThrough,
  windowLedger,
} from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const OTHER = runCalled('other');
const LIST = 'runs/list.json';

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

/** As the list has a window of the lake. */
function listed(window: { day: Day; task: WindowTask }) {
  return { ...window, dataset: CDR_DATASET, overrides: {} };
}

function prepare(settings: PlanSettings = CDR_PLAN) {
  const { ledger, clock } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const plan = (input: unknown) =>
    planRun(
      { ledger, objects },
      parseRunInput(input, new Date(clock.now()).toISOString(), settings),
      RUN,
      settings,
    );
  const list = (windows: { day: Day; task: WindowTask }[]) =>
    objects.writeText(LIST, JSON.stringify(windows.map(listed)), 'application/json');
  const reconciled = (hasEnded = async () => false) =>
    reconcile({ ledger, objects, hasEnded }, { run: RUN, listKey: LIST });
  return { ledger, clock, objects, plan, list, reconciled };
}

describe('a plan', () => {
  it('ALL-16 leaves the list of windows in S3, and what it came to in the ledger', async () => {
    const { ledger, objects, plan } = prepare();

    const { listKey } = await plan({ from: '2024-05-01', to: '2024-05-03' });

    expect(listKey).toBe(`runs/${ledger.tenant}/cdr-export/night/windows-0.json`);
    expect(JSON.parse(await objects.readText(listKey))).toEqual([
      { day: '2024-05-01', task: 'export', dataset: CDR_DATASET, overrides: {} },
      { day: '2024-05-02', task: 'export', dataset: CDR_DATASET, overrides: {} },
    ]);
    expect(await readPlanNote(ledger.table, ledger.tenant, RUN)).toEqual({
      listKey,
      alreadyCommitted: 0,
      leftOver: 0,
      datasets: [CDR_DATASET],
      pinned: [],
      paused: false,
    });
  });

  it('ALL-06 fixes the first day once: later runs count from it', async () => {
    const { ledger, clock, plan } = prepare();
    await plan({});
    clock.set(clock.now() + 2 * DAY_MILLISECONDS);

    const later = await plan({});

    expect((await readMarks(ledger, CDR_DATASET)).startDate).toBe('2024-05-15');
    expect(later.plan.windows.map(({ day }) => day)).toEqual(['2024-05-17', '2024-05-15', '2024-05-16']);
  });

  it('ALL-14 of a dry run shows the windows and leaves no trace', async () => {
    const { ledger, objects, plan } = prepare();

    const dry = await plan({ dryRun: true });

    expect(dry.plan.windows).toEqual([{ dataset: CDR_DATASET, day: '2024-05-15', task: 'export' }]);
    expect([objects.writes, await readMarks(ledger, CDR_DATASET)]).toEqual([[], {}]);
    expect(await readPlanNote(ledger.table, ledger.tenant, RUN)).toBeUndefined();
  });

  it('ALL-03 made again for the same run gives the same list', async () => {
    const { objects, plan } = prepare();
    const first = await plan({});
    const text = await objects.readText(first.listKey);

    const second = await plan({});

    expect([second, await objects.readText(second.listKey)]).toEqual([first, text]);
  });

  it('ALL-04 knows a window with a generation as committed, and one with a registrant left as unfinished', async () => {
    const { ledger } = prepare();
    const claim = await claimed(ledger, OTHER);
    await claimed(ledger, OTHER, { day: Day.parse('2024-05-14') });
    await commitGeneration(ledger, claim, factsOf(generationOf('a')));

    const known = await knownWindows(ledger, CDR_DATASET);

    expect(known).toEqual({
      committed: new Set([MAY_15]),
      unfinished: new Set([MAY_15]),
      pinned: new Set(),
      lateRowsSince: new Map(),
      startDate: undefined,
    });
  });
});

describe('a plan of several datasets', () => {
  const AGENTS = DatasetId.parse('agents');
  const SEVERAL = PlanSettings.parse({
    pipeline: 'cdr-export',
    datasets: [{ dataset: 'cdr' }, { dataset: 'agents', startDate: '2024-05-13' }],
  });

  it('ALL-06 takes windows of each by turns, each from its own first day, in one list', async () => {
    const { ledger, objects, plan } = prepare(SEVERAL);

    const { plan: made, listKey } = await plan({});

    const list = JSON.parse(await objects.readText(listKey));
    expect(made.windows.map(({ dataset, day }) => `${dataset} ${day}`)).toEqual([
      'cdr 2024-05-15',
      'agents 2024-05-15',
      'agents 2024-05-13',
      'agents 2024-05-14',
    ]);
    expect(list).toEqual(made.windows.map((window) => ({ ...window, overrides: {} })));
    expect(await readMarks(ledger, CDR_DATASET)).toEqual({ startDate: '2024-05-15' });
    expect(await readMarks(ledger, AGENTS)).toEqual({
      startDate: '2024-05-13',
      configuredStart: '2024-05-13',
    });
    expect((await readPlanNote(ledger.table, ledger.tenant, RUN))?.datasets).toEqual([CDR_DATASET, AGENTS]);
  });

  it('ALL-06 counts what is left over, committed and missing of all', async () => {
    const { ledger, plan } = prepare({ ...SEVERAL, catchUpDays: 2 });
    const claim = await claimed(ledger, OTHER);
    await commitGeneration(ledger, claim, factsOf(generationOf('a')));
    await seenThrough(ledger, claim, generationOf('a'));

    const { plan: made } = await plan({ from: '2024-05-13', to: '2024-05-16' });
    const { plan: due } = await plan({});

    // What is committed and not audited yet comes along to be seen through.
    const exported = made.windows.filter(({ task }) => task === 'export');
    expect([exported.length, made.alreadyCommitted]).toEqual([5, 1]);
    expect(due.leftOver).toBe(1);
  });
});

describe('reconciling', () => {
  const day = Day.parse('2024-05-14');

  it('ALL-10 counts what is committed and lists what is not', async () => {
    const { ledger, list, reconciled } = prepare();
    await list([
      { day, task: 'export' },
      { day: MAY_15, task: 'export' },
    ]);
    await claimed(ledger, RUN);

    const outcome = await reconciled();

    expect(outcome).toEqual({
      committed: 0,
      alreadyRunning: 0,
      pinned: 0,
      unfinished: [listed({ day, task: 'export' }), listed({ day: MAY_15, task: 'export' })],
    });
  });

  it('ALL-03 leaves a window to the living run that holds it, until its lease is over', async () => {
    const { ledger, clock, list, reconciled } = prepare();
    await list([{ day: MAY_15, task: 'export' }]);
    await claimed(ledger, OTHER);

    const during = await reconciled();
    clock.set(clock.now() + 45 * 60_000);
    const afterwards = await reconciled();

    expect([during.alreadyRunning, during.unfinished.length]).toEqual([1, 0]);
    expect([afterwards.alreadyRunning, afterwards.unfinished.length]).toEqual([0, 1]);
  });

  it('ALL-16 takes over a window whose holder has ended without a commit, though its lease is not over', async () => {
    const { ledger, list, reconciled } = prepare();
    await list([{ day: MAY_15, task: 'export' }]);
    await claimed(ledger, OTHER);

    const outcome = await reconciled(async () => true);

    expect(outcome).toMatchObject({
      alreadyRunning: 0,
      unfinished: [listed({ day: MAY_15, task: 'export' })],
    });
  });

  it('ALL-13 leaves a window that another living run has committed and still delivers to that run, which gave it free', async () => {
    const { ledger, list, reconciled } = prepare();
    await list([{ day: MAY_15, task: 'export' }]);
    const terms = { deliver: true };
    const claim = await claimed(ledger, OTHER);
    await commitGeneration(ledger, claim, factsOf(generationOf('a')), terms);
    await leaveCommit(ledger, claim, generationOf('a'));

    const during = await reconciled();
    const abandoned = await reconciled(async () => true);

    expect(during).toMatchObject({ alreadyRunning: 1, unfinished: [] });
    expect(abandoned).toMatchObject({ alreadyRunning: 0, unfinished: [{ day: MAY_15 }] });
  });

  it('ALL-13 does not leave to another run what it has to read again itself, nor its own delivery', async () => {
    const { ledger, list, reconciled } = prepare();
    await list([
      { day, task: 'refresh' },
      { day: MAY_15, task: 'export' },
    ]);
    for (const [run, of] of [
      [OTHER, day],
      [RUN, MAY_15],
    ] as const) {
      const claim = await claimed(ledger, run, { day: of });
      await commitGeneration(ledger, claim, factsOf(generationOf('a')), { deliver: true });
      await leaveCommit(ledger, claim, generationOf('a'));
    }

    const outcome = await reconciled();

    expect(outcome.unfinished.map((window) => window.day)).toEqual([day, MAY_15]);
  });

  it('ALL-10 counts a window that another run sees through, and ends, while it is being looked at', async () => {
    const { ledger, list, reconciled } = prepare();
    await list([{ day: MAY_15, task: 'export' }]);
    const claim = await claimed(ledger, OTHER);
    const seesThrough = async () => {
      await commitGeneration(ledger, claim, factsOf(generationOf('a')));
      await seenThrough(ledger, claim, generationOf('a'));
      return true;
    };

    const outcome = await reconciled(seesThrough);

    expect(outcome).toMatchObject({ committed: 1, unfinished: [] });
  });

  it('ALL-04 does not count a commit that was left half way', async () => {
    const { ledger, list, reconciled } = prepare();
    await list([{ day: MAY_15, task: 'export' }]);
    await commitGeneration(ledger, await claimed(ledger, RUN), factsOf(generationOf('a')));

    const outcome = await reconciled();

    expect(outcome).toMatchObject({ committed: 0, unfinished: [{ day: MAY_15 }] });
  });

  it('ALL-10 ends the run with the error of each window that failed', async () => {
    const { ledger, clock } = prepare();
    const note = { stage: 'transform', milliseconds: 5, answers: {}, throttledMilliseconds: 0 };
    const about = { tenant: ledger.tenant, run: RUN, dataset: CDR_DATASET, day, now: clock.now() };
    await noteStage(ledger.table, about, { ...note, error: 'RequiredColumnMissing', sentence: 'No CallId.' });

    const error = await windowsFailed(ledger, RUN, [
      { dataset: CDR_DATASET, day, task: 'export' },
      { dataset: CDR_DATASET, day: MAY_15, task: 'export' },
    ]);

    expect([error.name, error.message]).toEqual([
      'WindowsFailed',
      "2 of the run's windows failed: cdr 2024-05-14 RequiredColumnMissing, cdr 2024-05-15 without a word. [failed=2]",
    ]);
  });

  it('ALL-17 names 20 windows at most: the message stays small', async () => {
    const { ledger } = prepare();
    const many = Array.from({ length: 366 }, () => ({ dataset: CDR_DATASET, day, task: 'export' as const }));

    const error = await windowsFailed(ledger, RUN, many);

    expect(error.message).toContain(', and 346 more.');
    expect(error.message.length).toBeLessThan(1_000);
  });
});
