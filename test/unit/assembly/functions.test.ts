import { describe, expect, it } from 'vitest';
import { surroundings } from '../../../lambdas/model/surroundings.ts';
import { functionArn, runnerOf, start } from './text-handlers.ts';

describe('OPS-06 functions run here', () => {
  it.each(['source', 'asset', 'process'] as const)(
    'gives each its own environment, clock and headers (%s)',
    async (mode) => {
      const handler = `export const handler = async () => {
      await surroundings().clock.sleep(1000);
      const { env, clock, headers } = surroundings();
      return { own: env.OWN, s3: env.AWS_ENDPOINT_URL_S3, name: env.AWS_LAMBDA_FUNCTION_NAME, now: clock.now(), ...headers() };
    }`;
      const { invoke } = runnerOf(
        { one: handler, two: handler },
        { mode, headers: (clock) => ({ 'x-simulated-time': new Date(clock.now()).toISOString() }) },
      );

      const results = await Promise.all([invoke('one'), invoke('two')]);

      const at = {
        s3: 'http://127.0.0.1:1',
        now: start + 1000,
        'x-simulated-time': '2024-05-15T00:00:01.000Z',
      };
      expect(results).toEqual([
        { payload: { own: 'one', name: 'one', ...at } },
        { payload: { own: 'two', name: 'two', ...at } },
      ]);
    },
  );

  it('leaves the surroundings of everybody else as they were', async () => {
    const { invoke } = runnerOf({ one: 'export const handler = async () => surroundings().env.OWN' });
    await invoke('one');

    const { env } = surroundings();

    expect(env).toBe(process.env);
  });

  it('tells the handler about its invocation', async () => {
    const { invoke } = runnerOf({
      one: `export const handler = async (event, context) => {
        await surroundings().clock.sleep(10_000);
        const { functionName, functionVersion, invokedFunctionArn, memoryLimitInMB } = context;
        const remaining = context.getRemainingTimeInMillis();
        return { functionName, functionVersion, invokedFunctionArn, memoryLimitInMB, remaining };
      }`,
    });

    const result = await invoke('one:1');

    expect(result).toEqual({
      payload: {
        functionName: 'one',
        functionVersion: '1',
        invokedFunctionArn: functionArn('one:1'),
        memoryLimitInMB: '256',
        remaining: 50_000,
      },
    });
  });

  it('passes payloads through JSON both ways; nothing becomes null', async () => {
    const { invoke } = runnerOf({
      echo: 'export const handler = async (event) => ({ ...event, date: new Date(0), gone: undefined })',
      nothing: 'export const handler = async () => {}',
    });

    const results = [await invoke('echo', { at: new Date(1), none: undefined }), await invoke('nothing')];

    expect(results).toEqual([
      { payload: { at: '1970-01-01T00:00:00.001Z', date: '1970-01-01T00:00:00.000Z' } },
      { payload: null },
    ]);
  });

  it('ALL-10 gives what a handler throws under its name, with the trace', async () => {
    const { invoke } = runnerOf({
      named:
        "export const handler = async () => { throw Object.assign(new Error('late'), { name: 'QueueSaturated' }) }",
      bare: "export const handler = async () => { throw 'text' }",
    });

    const results = [await invoke('named'), await invoke('bare')];

    expect(results).toMatchObject([
      {
        error: {
          errorType: 'QueueSaturated',
          errorMessage: 'late',
          trace: expect.arrayContaining(['QueueSaturated: late']),
        },
      },
      { error: { errorType: 'string', errorMessage: 'text' } },
    ]);
  });

  it.each([
    ['a module that does not load', "throw new Error('no')", 'Runtime.ImportModuleError'],
    ['a module without a handler', 'export const other = 1', 'Runtime.HandlerNotFound'],
    [
      'an answer over 6 MiB',
      "export const handler = async () => 'x'.repeat(6 * 1024 * 1024)",
      'Function.ResponseSizeTooLarge',
    ],
  ])('gives Lambda an error for %s', async (_case, handler, errorType) => {
    const { invoke } = runnerOf({ one: handler });

    const result = await invoke('one');

    expect(result).toMatchObject({ error: { errorType } });
  });

  it('throws a platform fault for a function that does not exist and for a payload over 6 MiB', async () => {
    const { invoke } = runnerOf({ one: 'export const handler = async () => 1' });

    const invocations = await Promise.allSettled([invoke('two'), invoke('one', 'x'.repeat(6 * 1024 * 1024))]);

    expect(invocations).toMatchObject([
      { reason: { name: 'Lambda.ResourceNotFoundException' } },
      { reason: { name: 'Lambda.RequestTooLargeException' } },
    ]);
  });
});

describe('ALL-10 time limits', () => {
  it('ends a function that waits beyond its time limit as Sandbox.Timedout, at the limit', async () => {
    const { invoke, clock } = runnerOf({
      one: 'export const handler = async () => { await surroundings().clock.sleep(61_000) }',
    });

    const invoking = invoke('one');

    await expect(invoking).rejects.toMatchObject({
      name: 'Sandbox.Timedout',
      message: expect.stringContaining('Task timed out after 60.00 seconds'),
    });
    expect(clock.now()).toBe(start + 60_000);
  });

  it('ends it also where many short waits add up, and lets it do nothing more', async () => {
    const { invoke, clock, logged } = runnerOf({
      one: `export const handler = async () => {
        for (let i = 0; ; i += 1) { await surroundings().clock.sleep(25_000); process.stdout.write(JSON.stringify({ i }) + '\\n'); }
      }`,
    });

    await expect(invoke('one')).rejects.toMatchObject({ name: 'Sandbox.Timedout' });
    await clock.sleep(600_000);

    const lines = logged('one');
    expect(lines.filter((line) => 'i' in line)).toEqual([{ i: 0 }, { i: 1 }]);
    expect(lines.at(-1)).toMatchObject({ type: 'platform.report', record: { status: 'timeout' } });
  });

  it('does not end a function for time that others have waited through before it', async () => {
    const { invoke, clock } = runnerOf({
      one: 'export const handler = async () => surroundings().clock.now()',
    });
    await clock.sleep(3_600_000);

    const result = await invoke('one');

    expect(result).toEqual({ payload: start + 3_600_000 });
  });

  it('gives up an invocation that is no longer wanted', async () => {
    const { invoke } = runnerOf({ one: 'export const handler = async () => new Promise(() => {})' });
    const stop = new AbortController();

    const invoking = invoke('one', {}, stop.signal);
    stop.abort(new Error('stopped'));

    await expect(invoking).rejects.toThrow('stopped');
  });
});

describe('OPS-04 function logs', () => {
  it('keeps what a function writes in its own file, a JSON object a line, with a report at the end', async () => {
    const { invoke, logged } = runnerOf({
      one: `import { Console } from 'node:console';
        const own = new Console({ stdout: process.stdout, stderr: process.stderr });
        export const handler = async () => {
          own.log('{"level":"INFO"}');
          own.error('two\\nlines');
          process.stdout.write('no end');
        }`,
      two: `export const handler = async () => { process.stdout.write('{"two":2}\\n'); }`,
    });

    await Promise.all([invoke('one'), invoke('two')]);

    const requestId = expect.any(String);
    expect(logged('one')).toEqual([
      { level: 'INFO' },
      { requestId, message: 'two' },
      { requestId, message: 'lines' },
      { requestId, message: 'no end' },
      expect.objectContaining({ type: 'platform.report', time: '2024-05-15T00:00:00.000Z' }),
    ]);
    expect(logged('two')[0]).toEqual({ two: 2 });
  });
});
