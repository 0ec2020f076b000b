import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DefinitionRefused } from '../../../local/engine/errors.ts';
import { EngineInUse } from '../../../local/engine/lock.ts';
import { viewFolder } from '../../../local/engine/view.ts';
import { invokes, MACHINE, openBench, runToEnd, START, scratchFolder } from './harness.ts';

const wait = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } };
const never = { StartAt: 'Work', States: { Work: invokes('work', { End: true }) } };
const endless = { functions: { work: () => new Promise(() => {}) } };

describe('engine', () => {
  it('ALL-03 the same name and input as a running execution’s give that one', async () => {
    const bench = openBench(never, endless);
    const first = await bench.engine.start(MACHINE, { name: 'day', input: { a: 1 } });

    const second = await bench.engine.start(MACHINE, { name: 'day', input: { a: 1 } });

    expect(second).toEqual(first);
    expect(bench.engine.list()).toHaveLength(1);
    await bench.engine.shutdown();
  });

  it('ALL-03 a name that is taken, with other input or ended, is ExecutionAlreadyExists', async () => {
    const bench = openBench(wait);
    await bench.engine.start(MACHINE, { name: 'day', input: { a: 1 } });

    const other = bench.engine.start(MACHINE, { name: 'day', input: { a: 2 } });
    await expect(other).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await bench.engine.idle();
    const again = bench.engine.start(MACHINE, { name: 'day', input: { a: 1 } });

    await expect(again).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each([
    ['a name with a slash', { name: '../x' }, 'InvalidName'],
    ['a name of 81 characters', { name: 'x'.repeat(81) }, 'InvalidName'],
    ['an input over 256 KiB', { input: 'x'.repeat(262_144) }, 'InvalidExecutionInput'],
  ])('ALL-02 refuses %s and leaves nothing', async (_, options, name) => {
    const bench = openBench(wait);

    const started = bench.engine.start(MACHINE, options);

    await expect(started).rejects.toMatchObject({ name });
    expect(bench.engine.list()).toEqual([]);
  });

  it('OPS-06 says by name what does not exist', async () => {
    const { engine } = openBench(wait);
    const arn = 'arn:aws:states:eu-west-1:000000000000:execution:nightly:none';

    const start = engine.start('arn:aws:states:eu-west-1:000000000000:stateMachine:none');

    await expect(start).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    await expect(engine.redrive(arn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    await expect(engine.wait(arn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    expect(() => engine.describe(arn)).toThrow(expect.objectContaining({ name: 'ExecutionDoesNotExist' }));
    expect(() => engine.children(arn)).toThrow(expect.objectContaining({ name: 'ResourceNotFound' }));
  });

  it('OPS-06 the problems of all machines are refused at once, and the folder is not touched', () => {
    const broken = { StartAt: 'Nowhere', States: {} };
    const folder = scratchFolder();

    const open = () => openBench(broken, { folder, machines: { other: broken, fine: wait } });

    expect(open).toThrow(DefinitionRefused);
    expect(open).toThrow(/nightly: StartAt: no state Nowhere\n {2}other: StartAt: no state Nowhere/);
    expect(viewFolder(folder).list()).toEqual([]);
  });

  it('ALL-10 stop ends an execution at once, as ABORTED with error and cause', async () => {
    const bench = openBench(never, endless);
    const { executionArn } = await bench.engine.start(MACHINE);

    await bench.engine.stop(executionArn, 'Operator', 'enough');

    expect(bench.engine.describe(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Operator',
      cause: 'enough',
    });
    await bench.engine.stop(executionArn);
    expect(
      bench.engine.history(executionArn).filter((event) => event.type === 'ExecutionAborted'),
    ).toHaveLength(1);
  });

  it('OPS-06 shutdown aborts what runs, records it, and starts nothing more', async () => {
    const bench = openBench(never, endless);
    const { executionArn } = await bench.engine.start(MACHINE);

    await bench.engine.shutdown();

    expect(viewFolder(bench.folder, () => START).describe(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Engine.ShutDown',
      redriveStatus: 'REDRIVABLE',
    });
    await expect(bench.engine.start(MACHINE)).rejects.toThrow('shut down');
    await expect(bench.engine.redrive(executionArn)).rejects.toThrow('shut down');
  });

  it('ALL-10 tells every change of status as EventBridge does, once, in order', async () => {
    const told: unknown[] = [];
    const bench = openBench(wait, { onStatusChange: (event) => void told.push(event) });

    await runToEnd(bench, { a: 1 }, 'day');
    await bench.engine.idle();

    const executionArn = 'arn:aws:states:eu-west-1:000000000000:execution:nightly:day';
    const common = {
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      account: '000000000000',
      region: 'eu-west-1',
      resources: [executionArn],
    };
    const detail = {
      executionArn,
      stateMachineArn: MACHINE,
      name: 'day',
      startDate: START,
      input: '{"a":1}',
      inputDetails: { included: true },
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: 'NOT_REDRIVABLE',
    };
    expect(told).toEqual([
      {
        ...common,
        time: '2024-05-15T03:00:00Z',
        detail: {
          ...detail,
          status: 'RUNNING',
          stopDate: null,
          output: null,
          outputDetails: null,
          redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
        },
      },
      {
        ...common,
        time: '2024-05-15T03:01:00Z',
        detail: {
          ...detail,
          status: 'SUCCEEDED',
          stopDate: START + 60_000,
          output: '{"a":1}',
          outputDetails: { included: true },
          redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        },
      },
    ]);
  });

  it('ALL-10 a listener may itself wait on the clock that it is given, and idle waits for it', async () => {
    const done: string[] = [];
    const bench = openBench(wait, {
      onStatusChange: async ({ detail }, { clock }) => {
        await clock.sleep(3_600_000);
        done.push(detail.status);
      },
    });

    await bench.engine.start(MACHINE);
    await bench.engine.idle();

    expect(done).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  it('ALL-10 a listener that fails is not passed over: idle rejects, and the next opening tells again', async () => {
    const bench = openBench(wait, { onStatusChange: () => Promise.reject(new Error('no listener')) });
    await runToEnd(bench, {}, 'day');
    await expect(bench.engine.idle()).rejects.toThrow('listener');
    const told: string[] = [];

    const next = openBench(wait, {
      folder: bench.folder,
      onStatusChange: ({ detail }) => void told.push(`${detail.name} ${detail.status}`),
    });
    await next.engine.idle();

    expect(told).toEqual(['day SUCCEEDED']);
  });

  it('OPS-06 shows events as they are written', async () => {
    const seen: string[] = [];
    const bench = openBench(wait, { onEvent: (_, event) => seen.push(event.type) });

    await runToEnd(bench);

    expect(seen).toEqual(['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded']);
  });

  it('OPS-06 lists executions newest first, by machine', async () => {
    const bench = openBench(wait, { machines: { other: wait } });
    await runToEnd(bench, {}, 'one');
    await runToEnd(bench, {}, 'two');
    await bench.engine.start('arn:aws:states:eu-west-1:000000000000:stateMachine:other', { name: 'three' });
    await bench.engine.idle();

    const [all, own] = [bench.engine.list(), bench.engine.list(MACHINE)];

    expect(all.map((one) => one.name)).toEqual(['three', 'two', 'one']);
    expect(own.map((one) => one.name)).toEqual(['two', 'one']);
  });

  it('OPS-06 one engine a folder: another living process is respected, a dead one replaced', () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'process'), String(process.ppid));
    expect(() => openBench(wait, { folder })).toThrow(EngineInUse);
    writeFileSync(join(folder, 'process'), '999999999');

    const opened = openBench(wait, { folder });

    expect(opened.engine.list()).toEqual([]);
  });

  it('OPS-06 2,000 one-minute waits pass in one execution and count in full', async () => {
    const bench = openBench({
      StartAt: 'Wait',
      States: {
        Wait: { Type: 'Wait', Seconds: 60, Output: '{% $states.input - 1 %}', Next: 'More?' },
        'More?': {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input > 0 %}', Next: 'Wait' }],
          Default: 'End',
        },
        End: { Type: 'Succeed' },
      },
    });

    const ended = await runToEnd(bench, 2_000);

    expect(ended.stopDate).toBe(START + 2_000 * 60_000);
  });
});
