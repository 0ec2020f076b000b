import { describe, expect, it } from 'vitest';
import type { InvocationMeasure } from '../../../local/assembly/functions.ts';
import { runnerOf, start } from './text-handlers.ts';

const mode = 'process';

describe('OPS-06 functions in processes of their own', () => {
  it('keeps a process from one invocation to the next, and has one for each at a time', async () => {
    const { invoke } = runnerOf(
      {
        one: `let invocations = 0;
        export const handler = async ({ wait }) => {
          invocations += 1;
          await surroundings().clock.sleep(wait);
          return { invocations, pid: process.pid };
        }`,
      },
      { mode },
    );

    const first = await Promise.all([invoke('one', { wait: 1000 }), invoke('one', { wait: 2000 })]);
    const second = await Promise.all([invoke('one', { wait: 0 }), invoke('one', { wait: 0 })]);

    const pids = [...first, ...second].map((result) =>
      'payload' in result ? Reflect.get(Object(result.payload), 'pid') : undefined,
    );
    expect(first).toMatchObject([{ payload: { invocations: 1 } }, { payload: { invocations: 1 } }]);
    expect(second).toMatchObject([{ payload: { invocations: 2 } }, { payload: { invocations: 2 } }]);
    expect(new Set(pids).size).toBe(2);
    expect(pids).not.toContain(process.pid);
  });

  it('gives a process nothing of this one’s environment, folder and arguments', async () => {
    const { invoke } = runnerOf(
      {
        one: `export const handler = async () => ({
          names: Object.keys(process.env).toSorted(), folder: process.cwd(), arguments: process.execArgv, task: process.env.LAMBDA_TASK_ROOT,
        })`,
      },
      { mode },
    );

    const result = await invoke('one');

    const found = 'payload' in result ? Object(result.payload) : {};
    expect(found.names.filter((name: string) => !name.startsWith('AWS_'))).toEqual([
      'LAMBDA_TASK_ROOT',
      'LANG',
      'OWN',
      'PATH',
      'TZ',
      '_HANDLER',
    ]);
    expect(found.folder).toBe(found.task);
    expect(found.arguments).toEqual([]);
  });

  it('ALL-10 says Runtime.ExitError for a process that dies, and starts another for the next invocation', async () => {
    const { invoke, logged } = runnerOf(
      {
        one: `export const handler = async ({ how }) => {
          if (how === 'signal') process.kill(process.pid, 'SIGKILL');
          if (how === 'exit') process.exit(3);
          if (how === 'throw') setImmediate(() => { throw new Error('unseen'); });
          return how === 'live' ? 'well' : new Promise(() => {});
        }`,
      },
      { mode },
    );

    const results = [];
    for (const how of ['signal', 'exit', 'throw', 'live']) results.push(await invoke('one', { how }));

    const death = (how: string) => ({
      error: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(`Runtime exited with error: ${how}$`),
      },
    });
    expect(results).toEqual([
      death('signal: SIGKILL'),
      death('exit status 3'),
      death('exit status 1'),
      { payload: 'well' },
    ]);
    expect(logged('one').map(({ message }) => message)).toContain('Error: unseen');
  });

  it('ALL-10 kills a process whose invocation has outlived its time limit', async () => {
    const { invoke, clock } = runnerOf(
      {
        one: `export const handler = async ({ long }) => {
          if (long) await surroundings().clock.sleep(3_600_000);
          return process.pid;
        }`,
      },
      { mode },
    );
    const before = await invoke('one');

    await expect(invoke('one', { long: true })).rejects.toMatchObject({ name: 'Sandbox.Timedout' });
    const after = await invoke('one');

    expect(clock.now()).toBe(start + 60_000);
    expect(after).toEqual({ payload: expect.any(Number) });
    expect(after).not.toEqual(before);
  });

  it('ends a sleep that its caller aborts, at once and alone', async () => {
    const { invoke, clock } = runnerOf(
      {
        one: `export const handler = async () => {
          const { clock } = surroundings();
          const stop = new AbortController();
          const long = clock.sleep(30_000, stop.signal).catch((error) => error.message);
          await clock.sleep(1_000);
          stop.abort(new Error('enough'));
          return { said: await long, now: clock.now() };
        }`,
      },
      { mode },
    );

    const result = await invoke('one');

    expect(result).toEqual({ payload: { said: 'enough', now: start + 1_000 } });
    expect(clock.now()).toBe(start + 1_000);
  });

  it('keeps what is written in its order, before the report', async () => {
    const { invoke, logged } = runnerOf(
      {
        one: `export const handler = async () => {
          console.log('{"first":1}');
          process.stdout.write('{"second":2}\\n');
          console.error('third');
        }`,
      },
      { mode },
    );

    await invoke('one');

    expect(logged('one')).toEqual([
      { first: 1 },
      { second: 2 },
      { requestId: expect.any(String), message: 'third' },
      expect.objectContaining({ type: 'platform.report' }),
    ]);
  });

  it('measures the process, whose memory grows by what the handler holds', async () => {
    const measures: InvocationMeasure[] = [];
    const { invoke } = runnerOf(
      {
        one: `export const handler = async () => { globalThis.held = Buffer.alloc(64 * 1024 * 1024, 1); }`,
      },
      { mode, onInvocation: (measure) => measures.push(measure) },
    );

    await invoke('one');

    const grown = measures.map(({ name, use }) => ({ name, bytes: use.residentPeak - use.residentAtStart }));
    expect(grown).toEqual([{ name: 'one', bytes: expect.any(Number) }]);
    expect(grown[0]?.bytes).toBeGreaterThan(60 * 1024 * 1024);
  });
});
