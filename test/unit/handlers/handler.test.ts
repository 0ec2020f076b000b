import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Invocation, lambdaHandler } from '../../../lambdas/handlers/handler.ts';
import { noteOf, readNotes } from '../../../lambdas/ledger/run-notes.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import { SURROUNDINGS, type Surroundings } from '../../../lambdas/model/surroundings.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CDR_DATASET, MAY_15, runCalled } from '../../support/window-ledger.ts';

const ACME = TenantId.parse('acme');
const Payload = z.strictObject({
  run: z.string(),
  dataset: z.string(),
  day: z.string(),
  size: z.int().optional(),
  part: z.union([z.int(), z.string()]).optional(),
});
const Result = z.strictObject({ size: z.int() });
const CONTEXT: Context = {
  awsRequestId: 'request-1',
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'acme-claim',
  functionVersion: '1',
  getRemainingTimeInMillis: () => 12_345,
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:acme-claim:1',
  logGroupName: '/aws/lambda/acme-claim',
  logStreamName: 'stream',
  memoryLimitInMB: '256',
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

let test: TestLedger;
let clock: FakeClock;
let runs = 0;
let payload: { run: string; dataset: string; day: string };
let env: Record<string, string | undefined>;
beforeAll(async () => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  test = await openLedger();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await test.close();
});
beforeEach(() => {
  runs += 1;
  clock = fakeClock('2024-05-16T03:30:00.000Z');
  payload = { run: runCalled(`night-${runs}`), dataset: CDR_DATASET, day: MAY_15 };
  env = { TENANT: 'acme', LEDGER_TABLE: test.tableName, AWS_ENDPOINT_URL_DYNAMODB: test.endpoint };
  const provided = (): Surroundings => ({
    env,
    clock,
    headers: () => ({ 'x-simulated-time': 'now' }),
    random: () => 0.5,
    temporaryFolder: '/nowhere',
  });
  Reflect.set(globalThis, SURROUNDINGS, provided);
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, SURROUNDINGS);
});

type Work = (
  payload: z.output<typeof Payload>,
  invocation: Invocation<'claim'>,
) => Promise<z.input<typeof Result>>;

async function invoke(work: Work, event: unknown = payload): Promise<unknown> {
  const handler = lambdaHandler({ name: 'claim', payload: Payload, result: Result }, work);
  return handler(event, CONTEXT);
}
const failing = (error: unknown) => invoke(() => Promise.reject(error));
const note = async () =>
  noteOf(await readNotes(test.table, ACME, runCalled(`night-${runs}`)), {
    dataset: CDR_DATASET,
    day: MAY_15,
  });

describe('a handler', () => {
  it('gives its work what it needs of the world, through the surroundings', async () => {
    const seen: unknown[] = [];

    const result = await invoke(
      async (_, { environment, tenant, headers, remainingMilliseconds, temporaryFolder }) => {
        seen.push(environment, tenant, headers(), remainingMilliseconds(), temporaryFolder);
        return { size: 4 };
      },
    );

    expect(result).toEqual({ size: 4 });
    expect(seen).toEqual([
      { TENANT: 'acme', LEDGER_TABLE: test.tableName },
      'acme',
      { 'x-simulated-time': 'now' },
      12_345,
      '/nowhere',
    ]);
  });

  it.each([
    ['the part that it is about', 3, 'claim#3'],
    ['its stage where what it calls a part is no number', 'a', 'claim'],
  ])('ALL-10 notes of a failure %s', async (_, part, errorOf) => {
    const fault = () => Promise.reject(catalogued('ServerFault', 'CXone is not well.'));

    await thrownBy(invoke(fault, { ...payload, part }));

    expect(await note()).toMatchObject({ error: 'ServerFault', errorOf });
  });

  it('ALL-11 notes its stage for the run’s record', async () => {
    await invoke(async (_, { calls }) => {
      clock.set(clock.now() + 1_500);
      calls.add({ sent: true, status: 200, throttledMilliseconds: 250 });
      return { size: 1 };
    });

    expect(await note()).toMatchObject({
      ms_claim: 1_500,
      calls_claim: 1,
      answers_200: 1,
      throttledMilliseconds: 250,
      error: '',
      lastStage: 'claim',
    });
  });

  it('ALL-11 notes a failure by its name, and what it called before', async () => {
    const work: Work = async (_, { calls }) => {
      calls.add({ sent: true, status: 503, throttledMilliseconds: 0 });
      throw catalogued('ServerFault', 'CXone is not well.', { status: 503 });
    };

    const error = await thrownBy(invoke(work));

    expect(error.name).toBe('ServerFault');
    expect(await note()).toMatchObject({
      failed_claim: 1,
      answers_503: 1,
      error: 'ServerFault',
      sentence: 'CXone is not well. [status=503]',
    });
  });
});

describe('ALL-10 what a handler throws', () => {
  it('is an error of the catalogue as it is', async () => {
    const thrown = catalogued('ClaimLost', 'Gone.');

    const error = await thrownBy(failing(thrown));

    expect(error).toBe(thrown);
  });

  it('is AwsCallFailed for an error of the SDK, with its name, status and request id', async () => {
    const denied = Object.assign(new Error('not authorized'), {
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403, requestId: 'aws-1' },
    });

    const error = await thrownBy(failing(denied));

    expect([error.name, error.message, error.cause]).toEqual([
      'AwsCallFailed',
      'AWS answered AccessDeniedException to claim: not authorized [status=403 requestId=aws-1]',
      denied,
    ]);
  });

  it.each([
    [new TypeError('x is not a function'), 'claim failed with TypeError: x is not a function'],
    ['a text', 'claim failed with something that is not an error was thrown'],
    [undefined, 'claim failed with something that is not an error was thrown'],
  ])('is UnexpectedFault for anything else: %s', async (thrown, message) => {
    const error = await thrownBy(failing(thrown));

    expect([error.name, error.message]).toEqual(['UnexpectedFault', message]);
  });

  it('is UnexpectedFault for a result that is not of its form: it is not handed on', async () => {
    const error = await thrownBy(invoke(async () => ({ size: 1.5 })));

    expect(error.name).toBe('UnexpectedFault');
    expect(await note()).toMatchObject({ error: 'UnexpectedFault' });
  });

  it('is what went wrong first, also where the ledger cannot be reached to note it', async () => {
    env = { ...env, AWS_ENDPOINT_URL_DYNAMODB: test.endpoint, LEDGER_TABLE: 'no-such-table' };

    const error = await thrownBy(failing(catalogued('TokenRejected', 'Again.')));

    expect(error.name).toBe('TokenRejected');
  });

  it('is AwsCallFailed where the ledger cannot be reached after the work', async () => {
    env = { ...env, LEDGER_TABLE: 'no-such-table' };

    const error = await thrownBy(invoke(async () => ({ size: 1 })));

    expect(error.name).toBe('AwsCallFailed');
  });
});

describe('ALL-02 a handler refuses', () => {
  it('an environment that is not what it was built for, with every problem, before it works', async () => {
    env = { TENANT: 'ACME!' };
    const work = vi.fn<Work>(async () => ({ size: 1 }));

    const error = await thrownBy(invoke(work));

    expect([error.name, work.mock.calls.length]).toEqual(['SettingsRefused', 0]);
    expect(error.message).toMatch(/^The environment of claim is refused: 2 problems\./);
    expect(error.message).not.toContain('ACME!');
  });

  it('a payload that is not of its form, with every problem, before it works', async () => {
    const work = vi.fn<Work>(async () => ({ size: 1 }));

    const error = await thrownBy(invoke(work, { day: 5, size: 'big', secret: 'hunter2' }));

    expect([error.name, work.mock.calls.length]).toEqual(['SettingsRefused', 0]);
    expect(error.message).toMatch(/^The payload of claim is refused: 5 problems\./);
    expect(error.message).not.toContain('hunter2');
  });
});
