import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, JitterType, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { describe, expect, it } from 'vitest';
import { createFunctionRunner } from '../../../local/assembly/functions.ts';
import { provision } from '../../../local/assembly/provision.ts';
import { startAws } from '../../../local/aws/embedded-aws.ts';
import { serveStepFunctions } from '../../../local/aws/step-functions-server.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { createClock } from '../../../local/engine/virtual-clock.ts';
import { clientOptions } from '../aws/embedded.ts';
import { assemblyOf, codeFolder, temporaryFolder } from './synthesised.ts';

const start = Date.UTC(2024, 4, 15);
const code = codeFolder(
  'index.mjs',
  `let calls = 0;
  export const handler = async (event) => {
    const { clock } = globalThis[Symbol.for('cxone-export.surroundings')]();
    calls += 1;
    if (calls === 1) throw Object.assign(new Error('not yet'), { name: 'TokenBusy' });
    return { ...event, calls, now: clock.now() };
  };`,
);

describe('OPS-06 the platform as a whole', () => {
  it('runs a synthesised machine and its bundled function, and answers for it as Step Functions', async () => {
    const folder = temporaryFolder();
    const assembly = assemblyOf((app) => {
      const stack = new Stack(app, 'S');
      const handler = new LambdaFunction(stack, 'Function', {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromAsset(code),
      });
      const task = LambdaInvoke.jsonata(stack, 'Work', {
        lambdaFunction: handler.currentVersion,
        retryOnServiceExceptions: false,
        outputs: '{% $states.result.Payload %}',
      });
      task.addRetry({
        errors: ['TokenBusy'],
        interval: Duration.minutes(10),
        maxAttempts: 1,
        jitterStrategy: JitterType.NONE,
      });
      new StateMachine(stack, 'Machine', {
        stateMachineName: 'work',
        queryLanguage: QueryLanguage.JSONATA,
        definitionBody: DefinitionBody.fromChainable(task),
      });
    });
    const clock = createClock({ skipWaits: true, startAt: start, flow: false });
    const aws = await startAws({ folder, clock });
    await provision(aws, assembly);
    const runner = createFunctionRunner({ assembly, aws, mode: 'asset', logFolder: `${folder}/logs` });
    const engine = createEngine({
      folder: `${folder}/engine`,
      clock,
      machines: assembly.stateMachines,
      invokeFunction: runner.invoke,
      objects: { read: async () => new Uint8Array(), write: async () => undefined },
    });
    aws.attachEngine(engine);
    const stepFunctions = new SFNClient(clientOptions(aws));

    const { executionArn = '' } = await stepFunctions.send(
      new StartExecutionCommand({
        stateMachineArn: assembly.stateMachines[0]?.arn,
        name: 'one',
        input: '{"a":1}',
      }),
    );
    await engine.wait(executionArn);

    const described = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    const { events } = await stepFunctions.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(described).toMatchObject({ status: 'SUCCEEDED', name: 'one', startDate: new Date(start) });
    expect(JSON.parse(described.output ?? '')).toEqual({ a: 1, calls: 2, now: start + 600_000 });
    expect(events?.map((event) => event.type)).toContain('TaskFailed');
    expect(events?.at(-1)).toMatchObject({
      type: 'ExecutionSucceeded',
      timestamp: new Date(start + 600_000),
    });

    const apart = await serveStepFunctions(() => engine);
    const fromApart = new SFNClient({
      ...clientOptions(aws),
      endpoint: apart.environment.AWS_ENDPOINT_URL_SFN ?? '',
    });
    const again = await fromApart.send(new DescribeExecutionCommand({ executionArn }));
    expect(again.status).toBe('SUCCEEDED');

    await apart.close();
    await engine.shutdown();
    await aws.close();
  });
});
