import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { CfnFunction, Code, Function as LambdaFunction, Runtime, Version } from 'aws-cdk-lib/aws-lambda';
import { onTestFinished } from 'vitest';
import { createFunctionRunner, type FunctionRunnerOptions } from '../../../local/assembly/functions.ts';
import { createClock } from '../../../local/engine/virtual-clock.ts';
import { assemblyOf, temporaryFolder } from './synthesised.ts';

/** The first instant of a runner's clock. */
export const start = Date.UTC(2024, 4, 15);
/** The ARN of a function by its name, or by name and version. */
export const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

/** Functions whose handlers are given as text; they find the platform where real handlers find it. */
export function runnerOf(handlers: Record<string, string>, options: Partial<FunctionRunnerOptions> = {}) {
  const projectFolder = temporaryFolder();
  const logFolder = join(projectFolder, 'logs');
  const assembly = assemblyOf((app) => {
    const stack = new Stack(app, 'S');
    for (const [name, handler] of Object.entries(handlers)) {
      const folder = join(projectFolder, name);
      mkdirSync(folder);
      const found = "const surroundings = () => globalThis[Symbol.for('cxone-export.surroundings')]();";
      writeFileSync(join(folder, 'index.mjs'), `${found}\n${handler}`);
      const made = new LambdaFunction(stack, name, {
        functionName: name,
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromAsset(folder),
        timeout: Duration.seconds(60),
        memorySize: 256,
        environment: { OWN: name },
      });
      new Version(made, 'Version', { lambda: made });
      const resource = made.node.defaultChild;
      if (resource instanceof CfnFunction) resource.addMetadata('cxone-export:entry', `${name}/index.mjs`);
    }
  });
  const aws = { environment: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' } };
  const runner = createFunctionRunner({
    assembly,
    aws,
    mode: 'source',
    flow: false,
    logFolder,
    projectFolder,
    ...options,
  });
  onTestFinished(() => runner.close());
  const clock = createClock({ skipWaits: true, startAt: start, flow: false });
  const invoke = (name: string, payload: unknown = {}, signal = new AbortController().signal) =>
    clock.busy((own) => runner.invoke(functionArn(name), payload, { clock: own, signal }));
  const logged = (name: string) =>
    readFileSync(join(logFolder, `${name}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { invoke, clock, logged };
}
