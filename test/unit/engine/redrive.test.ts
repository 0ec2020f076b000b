import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/engine/json.ts';
import {
  type Bench,
  FunctionError,
  invokes,
  MACHINE,
  openBench,
  runToEnd,
  START,
  typesOf,
} from './harness.ts';

const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');
const DAY = 24 * 3600 * 1000;

/** Redrives an execution and waits for its end; gives that and the types of the events since. */
async function redriven(bench: Bench, executionArn: string) {
  const before = bench.engine.history(executionArn).length;
  await bench.engine.redrive(executionArn);
  const ended = await bench.engine.wait(executionArn);
  return { ended, types: typesOf(bench, executionArn).slice(before) };
}

/** A function that fails until it is mended. */
function mendable(name = 'Broken') {
  const state: { broken: boolean; calls: Json[] } = { broken: true, calls: [] };
  const work = (payload: Json) => {
    state.calls.push(payload);
    if (state.broken) throw new FunctionError(name);
    return payload;
  };
  return { state, work };
}

// The rows of "Redrive behavior of individual states",
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
describe('redrive, by AWS’s table of individual states', () => {
  it('ALL-03 Pass: a state before the one that failed is not run again', async () => {
    const { state, work } = mendable();
    const bench = openBench(
      {
        StartAt: 'Pass',
        States: {
          Pass: { Type: 'Pass', Assign: { kept: '{% $millis() %}' }, Output: { n: 1 }, Next: 'Work' },
          Work: invokes('work', { Output: '{% $kept %}', End: true }),
        },
      },
      { functions: { work } },
    );
    const failed = await runToEnd(bench);
    state.broken = false;
    await bench.clock.sleep(DAY);

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(types).toEqual([
      'ExecutionRedriven',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(outputOf(ended)).toBe(START);
    expect(state.calls).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('ALL-03 Task: scheduled again with its input, the time-out from 0', async () => {
    let seconds = 100;
    const bench = openBench(
      { StartAt: 'Work', States: { Work: invokes('work', { TimeoutSeconds: 60, End: true }) } },
      { functions: { work: (_, { clock }) => clock.sleep(seconds * 1000).then(() => 'done') } },
    );
    const failed = await runToEnd(bench, { a: 1 });
    seconds = 50;

    const { ended } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('States.Timeout');
    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      redriveDate: START + 60_000,
      stopDate: START + 110_000,
    });
    expect([ended.error, ended.cause]).toEqual([undefined, undefined]);
  });

  it('ALL-03 Task: the count of retries begins at 0', async () => {
    const { state, work } = mendable();
    const Retry = [{ ErrorEquals: ['Broken'], MaxAttempts: 2 }];
    const bench = openBench(
      { StartAt: 'Work', States: { Work: invokes('work', { Retry, End: true }) } },
      { functions: { work } },
    );
    const failed = await runToEnd(bench);

    await redriven(bench, failed.executionArn);

    expect(state.calls).toHaveLength(6);
  });

  it('ALL-03 Choice: its rules are evaluated again', async () => {
    const bench = openBench({
      StartAt: 'Pick',
      States: {
        Pick: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $exists($states.context.Execution.RedriveCount) %}', Next: 'End' }],
        },
        End: { Type: 'Succeed' },
      },
    });
    const failed = await runToEnd(bench);

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('States.NoChoiceMatched');
    expect(ended.status).toBe('SUCCEEDED');
    expect(types.slice(0, 2)).toEqual(['ExecutionRedriven', 'ChoiceStateExited']);
  });

  it('ALL-03 Wait: a timestamp that has passed in the meantime leads on at once', async () => {
    const bench = openBench({
      TimeoutSeconds: 60,
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Timestamp: '2024-05-15T04:00:00Z', End: true } },
    });
    const failed = await runToEnd(bench);
    await bench.clock.sleep(DAY);

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(failed.status).toBe('TIMED_OUT');
    expect(ended).toMatchObject({ status: 'SUCCEEDED', stopDate: START + 60_000 + DAY });
    expect(types).toEqual(['ExecutionRedriven', 'WaitStateExited', 'ExecutionSucceeded']);
  });

  it('ALL-03 Succeed: an execution that has succeeded is not redriven', async () => {
    const bench = openBench({ StartAt: 'End', States: { End: { Type: 'Succeed' } } });
    const { executionArn } = await runToEnd(bench);

    const redrive = bench.engine.redrive(executionArn);

    await expect(redrive).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
    expect(bench.engine.describe(executionArn).redriveStatusReason).toBe(
      'Execution is SUCCEEDED and cannot be redriven',
    );
  });

  it('ALL-10 Fail: entered again, it fails again', async () => {
    const bench = openBench({ StartAt: 'Fail', States: { Fail: { Type: 'Fail', Error: 'Final' } } });
    const failed = await runToEnd(bench);

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(types).toEqual(['ExecutionRedriven', 'FailStateEntered', 'ExecutionFailed']);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'Final', redriveCount: 1 });
  });

  it('ALL-03 inline Map: only the iterations that failed, were aborted or never began are run', async () => {
    const { state, work } = mendable();
    const bench = openBench(
      {
        StartAt: 'Each',
        States: {
          Each: {
            Type: 'Map',
            Items: '{% $states.input %}',
            MaxConcurrency: 2,
            ItemProcessor: {
              StartAt: 'Note',
              States: {
                Note: { Type: 'Pass', Assign: { noted: '{% $states.input * 10 %}' }, Next: 'Which' },
                Which: {
                  Type: 'Choice',
                  Choices: [
                    { Condition: '{% $states.input = 2 %}', Next: 'Work' },
                    { Condition: '{% $states.input = 3 %}', Next: 'Long' },
                  ],
                  Default: 'Good',
                },
                Good: invokes('good', { End: true }),
                Long: { Type: 'Wait', Seconds: 600, End: true },
                Work: { ...invokes('work', { Output: '{% $noted %}', End: true }) },
              },
            },
            End: true,
          },
        },
      },
      {
        functions: {
          work: async (payload, { clock }) => clock.sleep(1_000).then(() => work(payload)),
          good: (payload) => [payload, state.calls.push(payload)],
        },
      },
    );
    const failed = await runToEnd(bench, [1, 2, 3, 4]);
    state.broken = false;

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(failed).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(outputOf(ended)).toEqual([[1, 1], 20, 3, [4, expect.any(Number)]]);
    expect(state.calls.filter((payload) => payload === 1)).toHaveLength(1);
    expect(types.filter((type) => type === 'MapStateStarted')).toHaveLength(0);
    expect(types.filter((type) => type === 'MapIterationStarted')).toHaveLength(1);
    expect(types.filter((type) => type === 'MapIterationSucceeded')).toHaveLength(3);
  });

  it('ALL-03 inline Map: after States.DataLimitExceeded all iterations are run again', async () => {
    let calls = 0;
    const bench = openBench(
      {
        StartAt: 'Each',
        States: {
          Each: {
            Type: 'Map',
            Items: [1, 2],
            ItemProcessor: { StartAt: 'Work', States: { Work: invokes('work', { End: true }) } },
            End: true,
          },
        },
      },
      {
        functions: {
          work: () => {
            calls += 1;
            return calls <= 2 ? 'x'.repeat(200_000) : 'small';
          },
        },
      },
    );
    const failed = await runToEnd(bench);

    const { ended } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('States.DataLimitExceeded');
    expect(outputOf(ended)).toEqual(['small', 'small']);
    expect(calls).toBe(4);
  });
});

/** A machine with a distributed Map and a state after it. */
const windows = (rest: object = {}, after: object = { Type: 'Pass', End: true }) => ({
  StartAt: 'Windows',
  States: {
    Windows: {
      Type: 'Map',
      Label: 'windows',
      Items: '{% $states.input %}',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'First',
        States: { First: invokes('first', { Next: 'Work' }), Work: invokes('work', { End: true }) },
      },
      Next: 'After',
      ...rest,
    },
    After: after,
  },
});

/** Functions for `windows`: what they were called with, and items on which `work` fails. */
function windowFunctions(...bad: Json[]) {
  const state: { bad: Set<Json>; first: Json[]; work: Json[] } = { bad: new Set(bad), first: [], work: [] };
  const functions = {
    first: (payload: Json) => {
      state.first.push(payload);
      return payload;
    },
    work: (payload: Json) => {
      state.work.push(payload);
      if (state.bad.has(payload)) throw new FunctionError('Broken');
      return payload;
    },
  };
  return { state, functions };
}

// "Child workflow execution redrive behavior" and "Scenarios of input used on Map Run redrive",
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
describe('redrive of Map Runs, by AWS’s tables', () => {
  it('ALL-16 redrives the children that failed, from the state that failed, and starts those that never began', async () => {
    const { state, functions } = windowFunctions(2);
    const bench = openBench(windows({ MaxConcurrency: 1 }), { functions });
    const failed = await runToEnd(bench, [1, 2, 3]);
    state.bad.clear();

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(outputOf(ended)).toEqual([1, 2, 3]);
    expect(state.first).toEqual([1, 2, 3]);
    expect(state.work).toEqual([1, 2, 2, 3]);
    expect(types.slice(0, 5)).toEqual([
      'ExecutionRedriven',
      'MapRunRedriven',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
    ]);
    const [mapRun, ...others] = bench.engine.mapRuns(failed.executionArn);
    expect(others).toEqual([]);
    expect(mapRun).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      executionCounts: { succeeded: 3, total: 3 },
    });
    expect(bench.engine.children(mapRun?.mapRunArn ?? '').map((child) => child.redriveCount)).toEqual([
      0, 1, 0,
    ]);
  });

  it('ALL-16 redrives children that were aborted with their Map Run', async () => {
    const { state, functions } = windowFunctions(1);
    const slow = async (payload: Json, { clock }: { clock: { sleep(ms: number): Promise<void> } }) => {
      if (payload !== 1) await clock.sleep(60_000);
      return functions.work(payload);
    };
    const bench = openBench(windows(), { functions: { ...functions, work: slow } });
    const failed = await runToEnd(bench, [1, 2]);
    state.bad.clear();

    const { ended } = await redriven(bench, failed.executionArn);

    expect(outputOf(ended)).toEqual([1, 2]);
    expect(state.first).toEqual([1, 2]);
    const [mapRun] = bench.engine.mapRuns(failed.executionArn);
    const history = bench.engine
      .children(mapRun?.mapRunArn ?? '')
      .map((child) => typesOf(bench, child.executionArn));
    expect(history[1]).toEqual(
      expect.arrayContaining(['ExecutionAborted', 'ExecutionRedriven', 'ExecutionSucceeded']),
    );
  });

  it('ALL-16 children see their own RedriveCount', async () => {
    const { state, functions } = windowFunctions(2);
    const definition = windows();
    const processor = definition.States.Windows.ItemProcessor;
    Object.assign(processor.States.Work, {
      Output: '{% [$states.input, $states.context.Execution.RedriveCount] %}',
    });
    const bench = openBench(definition, { functions });
    const failed = await runToEnd(bench, [1, 2]);
    state.bad.clear();

    const { ended } = await redriven(bench, failed.executionArn);

    expect(outputOf(ended)).toEqual([[1], [2, 1]]);
  });

  it('ALL-16 a Map whose exit is written is not run again: the state after it is what is redriven', async () => {
    const { state, functions } = windowFunctions(2);
    const bench = openBench(
      windows({ ToleratedFailurePercentage: 100 }, invokes('reconcile', { End: true })),
      {
        functions: {
          ...functions,
          reconcile: (results) => functions.work(JSON.stringify(results).includes('Broken') ? 2 : 3),
        },
      },
    );
    const failed = await runToEnd(bench, [1, 2]);
    state.bad.clear();

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('Broken');
    expect(types.slice(0, 2)).toEqual(['ExecutionRedriven', 'TaskScheduled']);
    expect(ended.status).toBe('SUCCEEDED');
    expect(bench.engine.mapRuns(failed.executionArn)).toMatchObject([
      { redriveCount: 0, executionCounts: { failed: 1 } },
    ]);
  });

  it('ALL-16 a Map Run that failed before its children began reads its items again', async () => {
    const { functions } = windowFunctions();
    const store = new Map<string, string>();
    const ItemReader = {
      Resource: 'arn:aws:states:::s3:getObject',
      Arguments: { Bucket: 'lake', Key: 'plan.json' },
      ReaderConfig: { InputType: 'JSON' },
    };
    const definition = windows({ ItemReader, Items: undefined });
    const bench = openBench(definition, { functions, store });
    const failed = await runToEnd(bench);
    store.set('lake/plan.json', '[7]');

    const { ended } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('States.ItemReaderFailed');
    expect(outputOf(ended)).toEqual([7]);
  });

  it('ALL-16 a Map Run whose children began keeps the items that it had', async () => {
    const { state, functions } = windowFunctions(2);
    const store = new Map([['lake/plan.json', '[1, 2]']]);
    const ItemReader = {
      Resource: 'arn:aws:states:::s3:getObject',
      Arguments: { Bucket: 'lake', Key: 'plan.json' },
      ReaderConfig: { InputType: 'JSON' },
    };
    const bench = openBench(windows({ ItemReader, Items: undefined }), { functions, store });
    const failed = await runToEnd(bench);
    state.bad.clear();
    store.set('lake/plan.json', '[8, 9]');

    const { ended } = await redriven(bench, failed.executionArn);

    expect(outputOf(ended)).toEqual([1, 2]);
  });

  it('ALL-16 after States.DataLimitExceeded a new Map Run starts, with all children', async () => {
    let size = 200_000;
    const bench = openBench(windows(), {
      functions: { first: (payload) => payload, work: () => 'x'.repeat(size) },
    });
    const failed = await runToEnd(bench, [1, 2]);
    size = 1;

    const { ended, types } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('States.DataLimitExceeded');
    expect(outputOf(ended)).toEqual(['x', 'x']);
    expect(types).toContain('MapRunStarted');
    expect(bench.engine.mapRuns(failed.executionArn)).toMatchObject([
      { status: 'FAILED' },
      { status: 'SUCCEEDED' },
    ]);
  });

  it('ALL-16 a child is not redriven by itself', async () => {
    const { functions } = windowFunctions(1);
    const bench = openBench(windows(), { functions });
    const failed = await runToEnd(bench, [1]);
    const [mapRun] = bench.engine.mapRuns(failed.executionArn);
    const [child] = bench.engine.children(mapRun?.mapRunArn ?? '');

    const redrive = bench.engine.redrive(child?.executionArn ?? '');

    await expect(redrive).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
    expect(bench.engine.describe(child?.executionArn ?? '').redriveStatus).toBe('REDRIVABLE_BY_MAP_RUN');
  });

  it('ALL-16 a child that can no longer be redriven stays failed and counts', async () => {
    const { state, functions } = windowFunctions(1, 2);
    const definition = windows({ MaxConcurrency: 1, ToleratedFailureCount: 1 });
    const slow = async (payload: Json, { clock }: { clock: { sleep(ms: number): Promise<void> } }) => {
      if (payload === 2) await clock.sleep(13 * DAY);
      return functions.work(payload);
    };
    const bench = openBench(definition, { functions: { ...functions, work: slow } });
    const failed = await runToEnd(bench, [1, 2]);
    state.bad.clear();
    await bench.clock.sleep(2 * DAY);

    const { ended } = await redriven(bench, failed.executionArn);

    expect(failed.error).toBe('States.ExceedToleratedFailureThreshold');
    expect(outputOf(ended)).toMatchObject([
      { Status: 'FAILED', RedriveStatusReason: 'Execution redrivable period exceeded' },
      2,
    ]);
  });
});

// "Redrive eligibility for unsuccessful executions", the same page.
describe('redrive eligibility', () => {
  const broken = { StartAt: 'Fail', States: { Fail: { Type: 'Fail', Error: 'Final' } } };

  it('ALL-03 ends 14 days after the execution did', async () => {
    const bench = openBench(broken);
    const { executionArn } = await runToEnd(bench);
    await bench.clock.sleep(14 * DAY - 1);
    const before = bench.engine.describe(executionArn);
    await bench.clock.sleep(1);

    const redrive = bench.engine.redrive(executionArn);

    expect(before.redriveStatus).toBe('REDRIVABLE');
    await expect(redrive).rejects.toThrow('Execution redrivable period exceeded');
  });

  it('ALL-03 begins anew with each end', async () => {
    const bench = openBench(broken);
    const { executionArn } = await runToEnd(bench);
    await bench.clock.sleep(13 * DAY);
    await redriven(bench, executionArn);
    await bench.clock.sleep(13 * DAY);

    const { ended } = await redriven(bench, executionArn);

    expect(ended.redriveCount).toBe(2);
  });

  it('ALL-03 is not given while the execution runs', async () => {
    const bench = openBench(
      { StartAt: 'Work', States: { Work: invokes('work', { End: true }) } },
      { functions: { work: () => new Promise(() => {}) } },
    );
    const { executionArn } = await bench.engine.start(MACHINE);

    const redrive = bench.engine.redrive(executionArn);

    await expect(redrive).rejects.toThrow('Execution is RUNNING and cannot be redriven');
    await bench.engine.shutdown();
  });

  it('ALL-10 the machine’s time-out begins at 0 with each redrive', async () => {
    const bench = openBench({
      TimeoutSeconds: 100,
      StartAt: 'Wait',
      States: {
        Wait: {
          Type: 'Wait',
          Seconds: '{% $exists($states.context.Execution.RedriveCount) ? 90 : 200 %}',
          End: true,
        },
      },
    });
    const failed = await runToEnd(bench);

    const { ended } = await redriven(bench, failed.executionArn);

    expect(failed).toMatchObject({ status: 'TIMED_OUT', stopDate: START + 100_000 });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', stopDate: START + 190_000 });
  });

  it('ALL-18 a redrive runs the definition that the execution started with', async () => {
    const { state, work } = mendable();
    const old = {
      StartAt: 'Work',
      States: { Work: invokes('work', { Next: 'Old' }), Old: { Type: 'Succeed', Output: 'old' } },
    };
    const fresh = {
      StartAt: 'Work',
      States: { Work: invokes('other', { Next: 'New' }), New: { Type: 'Succeed', Output: 'new' } },
    };
    const first = openBench(old, { functions: { work } });
    const failed = await runToEnd(first);
    state.broken = false;
    const upgraded = openBench(fresh, { functions: { work, other: work }, folder: first.folder });

    const { ended } = await redriven(upgraded, failed.executionArn);

    expect(outputOf(ended)).toBe('old');
    expect(outputOf(await runToEnd(upgraded))).toBe('new');
  });

  it('ALL-03 tells RUNNING and the end of every redrive', async () => {
    const told: string[] = [];
    const bench = openBench(broken, {
      onStatusChange: ({ detail }) => void told.push(`${detail.status} ${detail.redriveCount}`),
    });
    const { executionArn } = await runToEnd(bench);

    await redriven(bench, executionArn);
    await bench.engine.idle();

    expect(told).toEqual(['RUNNING 0', 'FAILED 0', 'RUNNING 1', 'FAILED 1']);
  });
});
