import { describe, expect, it } from 'vitest';
import type { StatusChangeEvent } from '../../../local/engine/describe.ts';
import type { Json } from '../../../local/engine/json.ts';
import { FunctionError, invokes, MACHINE, openBench, runToEnd, START, typesOf } from './harness.ts';

const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');

/** A machine with a distributed Map `Windows` of label `windows`. */
const machine = (states: object, rest: object = {}, before: object = {}) => ({
  StartAt: 'Plan',
  States: {
    Plan: { Type: 'Pass', ...before, Next: 'Windows' },
    Windows: {
      Type: 'Map',
      Label: 'windows',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'One',
        States: states,
      },
      End: true,
      ...rest,
    },
  },
});

const reader = (InputType: string, rest: object = {}) => ({
  Resource: 'arn:aws:states:::s3:getObject',
  Arguments: { Bucket: 'lake', Key: '{% $states.input.key %}' },
  ReaderConfig: { InputType, ...rest },
});

const double = { Type: 'Pass', Output: '{% $states.input * 2 %}', End: true };
const failOn = (bad: number) => ({
  work: (payload: Json) => {
    if (payload === bad) throw new FunctionError('Bad', `item ${bad}`);
    return payload;
  },
});
const work = { One: invokes('work', { End: true }) };

describe('distributed Map', () => {
  it('ALL-16 runs one child execution an item, each with its own ARN and history', async () => {
    const bench = openBench(machine({ One: double }, { Items: '{% $states.input %}' }));

    const ended = await runToEnd(bench, [1, 2, 3], 'run');

    expect(outputOf(ended)).toEqual([2, 4, 6]);
    expect(typesOf(bench, ended.executionArn).slice(3)).toEqual([
      ...['MapStateEntered', 'MapStateStarted', 'MapRunStarted', 'MapRunSucceeded', 'MapStateSucceeded'],
      ...['MapStateExited', 'ExecutionSucceeded'],
    ]);
    const [mapRun] = bench.engine.mapRuns(ended.executionArn);
    expect(mapRun?.mapRunArn).toMatch(
      /^arn:aws:states:eu-west-1:000000000000:mapRun:nightly\/windows:[0-9a-f-]{36}$/,
    );
    expect(mapRun).toMatchObject({
      status: 'SUCCEEDED',
      stateMachineArn: `${MACHINE}/windows`,
      executionCounts: { total: 3, succeeded: 3, failed: 0, pending: 0, running: 0, aborted: 0, timedOut: 0 },
    });
    const children = bench.engine.children(mapRun?.mapRunArn ?? '');
    expect(children.map((child) => child.executionArn)).toEqual(
      Array(3).fill(
        expect.stringMatching(
          /^arn:aws:states:eu-west-1:000000000000:execution:nightly\/windows:[0-9a-f-]{36}$/,
        ),
      ),
    );
    expect(bench.engine.describe(children[1]?.executionArn ?? '')).toMatchObject({
      status: 'SUCCEEDED',
      input: '2',
      output: '4',
      mapRunArn: mapRun?.mapRunArn,
      stateMachineArn: `${MACHINE}/windows`,
    });
    expect(typesOf(bench, children[0]?.executionArn ?? '')).toEqual([
      ...['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ]);
    expect(bench.engine.list()).toHaveLength(1);
  });

  it.each([
    ['a JSON array', reader('JSON'), '[1, 2, 3]', [2, 4, 6]],
    ['JSON lines', reader('JSONL'), '1\n2\n\n3\n', [2, 4, 6]],
    ['a JSON array up to MaxItems', reader('JSON', { MaxItems: 2 }), '[1, 2, 3]', [2, 4]],
    ['an empty JSON array', reader('JSON'), '[]', []],
  ])('ALL-16 reads its items from S3: %s', async (_, ItemReader, text, expected) => {
    const store = new Map([['lake/plan.json', text]]);
    const bench = openBench(machine({ One: double }, { ItemReader }), { store });

    const ended = await runToEnd(bench, { key: 'plan.json' });

    expect(outputOf(ended)).toEqual(expected);
    const started = bench.engine
      .history(ended.executionArn)
      .find((event) => event.type === 'MapStateStarted');
    expect(started?.mapStateStartedEventDetails).toEqual({ length: 0 });
  });

  it.each([
    ['no object', 'other.json', '[]'],
    ['an object that is not JSON', 'plan.json', '[1,'],
    ['an object that is no array', 'plan.json', '{"a":1}'],
  ])('ALL-10 %s is States.ItemReaderFailed', async (_, key, text) => {
    const bench = openBench(machine({ One: double }, { ItemReader: reader('JSON') }), {
      store: new Map([['lake/plan.json', text]]),
    });

    const ended = await runToEnd(bench, { key });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    expect(typesOf(bench, ended.executionArn).slice(-4)).toEqual([
      'MapRunStarted',
      'MapRunFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('ALL-16 children get what ItemSelector passes and nothing of the parent’s variables', async () => {
    const bench = openBench(
      machine(
        {
          One: {
            Type: 'Pass',
            Output: { got: '{% $states.input %}', map: '{% $exists($states.context.Map) %}' },
            End: true,
          },
        },
        {
          Items: ['a'],
          ItemSelector: {
            day: '{% $states.context.Map.Item.Value %}',
            n: '{% $states.context.Map.Item.Index %}',
            run: '{% $run %}',
          },
        },
        { Assign: { run: 'r1' } },
      ),
    );

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toEqual([{ got: { day: 'a', n: 0, run: 'r1' }, map: false }]);
  });

  it('OPS-06 holds MaxConcurrency over the children', async () => {
    let running = 0;
    let peak = 0;
    const bench = openBench(machine(work, { Items: '{% $states.input %}', MaxConcurrency: 3 }), {
      functions: {
        work: async (_, { clock }) => {
          running += 1;
          peak = Math.max(peak, running);
          await clock.sleep(1_000);
          running -= 1;
        },
      },
    });

    const ended = await runToEnd(bench, [1, 2, 3, 4, 5, 6, 7]);

    expect(peak).toBe(3);
    expect(ended.stopDate).toBe(START + 3_000);
  });

  it('ALL-16 one failure fails the Map Run where none is tolerated, and what never began is pending', async () => {
    const bench = openBench(machine(work, { Items: '{% $states.input %}', MaxConcurrency: 1 }), {
      functions: failOn(2),
    });

    const ended = await runToEnd(bench, [1, 2, 3]);

    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
      cause: 'The specified tolerated failure threshold was exceeded',
    });
    expect(bench.engine.mapRuns(ended.executionArn)).toMatchObject([
      { status: 'FAILED', executionCounts: { succeeded: 1, failed: 1, pending: 1, total: 3 } },
    ]);
  });

  it('OPS-06 children under way are aborted when the tolerance is exceeded', async () => {
    const bench = openBench(
      machine(
        {
          One: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $states.input = 1 %}', Next: 'Bad' }],
            Default: 'Wait',
          },
          Bad: { Type: 'Fail', Error: 'Bad' },
          Wait: { Type: 'Wait', Seconds: 60, End: true },
        },
        { Items: [0, 1] },
      ),
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', stopDate: START });
    expect(bench.engine.mapRuns(ended.executionArn)[0]?.executionCounts).toMatchObject({
      aborted: 1,
      failed: 1,
    });
  });

  it.each([
    ['as many as the count', { ToleratedFailureCount: 1 }, 'SUCCEEDED'],
    ['more than the count', { ToleratedFailureCount: 0 }, 'FAILED'],
    ['as many as the percentage', { ToleratedFailurePercentage: 25 }, 'SUCCEEDED'],
    ['more than the percentage', { ToleratedFailurePercentage: 24 }, 'FAILED'],
    ['more than one of both', { ToleratedFailureCount: 9, ToleratedFailurePercentage: 10 }, 'FAILED'],
    ['as many as an expression says', { ToleratedFailurePercentage: '{% 100 %}' }, 'SUCCEEDED'],
  ])('ALL-16 with %s of failures the Map Run has %s', async (_, tolerance, status) => {
    const bench = openBench(machine(work, { Items: '{% $states.input %}', ...tolerance }), {
      functions: failOn(2),
    });

    const ended = await runToEnd(bench, [1, 2, 3, 4]);

    expect(ended.status).toBe(status);
  });

  it('ALL-16 a tolerated failure stands in the result as the description of the child', async () => {
    const bench = openBench(
      machine(work, { Items: '{% $states.input %}', ToleratedFailurePercentage: 100 }),
      { functions: failOn(2) },
    );

    const ended = await runToEnd(bench, [1, 2, 3]);

    expect(outputOf(ended)).toMatchObject([
      1,
      { Status: 'FAILED', Error: 'Bad', Input: '2', RedriveCount: 0 },
      3,
    ]);
  });

  it('OPS-06 a result over 256 KiB fails the Map Run as States.DataLimitExceeded', async () => {
    const bench = openBench(
      machine({ One: { Type: 'Pass', Output: "{% $pad('', 200000) %}", End: true } }, { Items: [1, 2] }),
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(bench.engine.mapRuns(ended.executionArn)[0]?.status).toBe('FAILED');
  });

  it('OPS-06 ResultWriter writes the results by outcome and a manifest, and its place is the result', async () => {
    const bench = openBench(
      machine(work, {
        Items: '{% $states.input %}',
        MaxConcurrency: 1,
        ResultWriter: {
          Resource: 'arn:aws:states:::s3:putObject',
          Arguments: { Bucket: 'lake', Prefix: 'runs/r1' },
        },
        ToleratedFailurePercentage: 50,
      }),
      { functions: failOn(2) },
    );

    const ended = await runToEnd(bench, [1, 2]);

    const mapRunArn = bench.engine.mapRuns(ended.executionArn)[0]?.mapRunArn ?? '';
    const folder = `runs/r1/${mapRunArn.split(':').at(-1)}`;
    expect(outputOf(ended)).toEqual({
      MapRunArn: mapRunArn,
      ResultWriterDetails: { Bucket: 'lake', Key: `${folder}/manifest.json` },
    });
    const read = (name: string) => JSON.parse(bench.objects.get(`lake/${folder}/${name}`) ?? 'null');
    const size = (name: string) => Buffer.byteLength(bench.objects.get(`lake/${folder}/${name}`) ?? '');
    expect(read('manifest.json')).toEqual({
      DestinationBucket: 'lake',
      MapRunArn: mapRunArn,
      ResultFiles: {
        SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json`, Size: size('SUCCEEDED_0.json') }],
        FAILED: [{ Key: `${folder}/FAILED_0.json`, Size: size('FAILED_0.json') }],
        PENDING: [],
      },
    });
    expect(read('SUCCEEDED_0.json')).toMatchObject([
      { Input: '1', Output: '1', Status: 'SUCCEEDED', OutputDetails: { Included: true } },
    ]);
    expect(read('FAILED_0.json')).toMatchObject([{ Input: '2', Error: 'Bad', Status: 'FAILED' }]);
  });

  it('ALL-10 results that cannot be written are States.ResultWriterFailed; those of a failed Map Run are written too', async () => {
    const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'lake' } };
    const broken = openBench(machine({ One: double }, { Items: [1], ResultWriter }));
    broken.objects.set = () => {
      throw new Error('AccessDenied');
    };
    const failing = openBench(machine(work, { Items: [2, 3], MaxConcurrency: 1, ResultWriter }), {
      functions: failOn(2),
    });

    const unwritten = await runToEnd(broken);
    const failed = await runToEnd(failing);

    expect(unwritten).toMatchObject({ status: 'FAILED', error: 'States.ResultWriterFailed' });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
    expect([...failing.objects.keys()].map((key) => key.split('/').at(-1))).toEqual([
      'FAILED_0.json',
      'PENDING_0.json',
      'manifest.json',
    ]);
  });

  it('OPS-06 stopping the parent aborts its Map Run and the children', async () => {
    const bench = openBench(machine(work, { Items: [1, 2] }), {
      functions: { work: () => new Promise(() => {}) },
    });
    const { executionArn } = await bench.engine.start(MACHINE, {});
    while (bench.engine.mapRuns(executionArn)[0]?.executionCounts.running !== 2)
      await new Promise(setImmediate);

    await bench.engine.stop(executionArn, 'Operator', 'enough');
    const ended = await bench.engine.wait(executionArn);

    expect(ended).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough' });
    expect(bench.engine.mapRuns(executionArn)).toMatchObject([
      { status: 'ABORTED', executionCounts: { aborted: 2 } },
    ]);
    expect(typesOf(bench, executionArn).slice(-2)).toEqual(['MapRunAborted', 'ExecutionAborted']);
  });

  it('ALL-10 a machine’s time-out ends its Map Run and the children too', async () => {
    const bench = openBench({
      TimeoutSeconds: 10,
      ...machine({ One: { Type: 'Wait', Seconds: 60, End: true } }, { Items: [1] }),
    });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'TIMED_OUT', stopDate: START + 10_000 });
    expect(bench.engine.mapRuns(ended.executionArn)).toMatchObject([
      { status: 'ABORTED', executionCounts: { aborted: 1 } },
    ]);
  });

  it('ALL-10 the status changes of children are told under the machine’s ARN with the label', async () => {
    const told: StatusChangeEvent['detail'][] = [];
    const bench = openBench(machine({ One: double }, { Items: [1] }), {
      onStatusChange: ({ detail }) => void told.push(detail),
    });

    await runToEnd(bench);
    await bench.engine.idle();

    expect(told.map((detail) => [detail.stateMachineArn.split(':').at(-1), detail.status])).toEqual([
      ['nightly', 'RUNNING'],
      ['nightly/windows', 'RUNNING'],
      ['nightly/windows', 'SUCCEEDED'],
      ['nightly', 'SUCCEEDED'],
    ]);
  });
});
