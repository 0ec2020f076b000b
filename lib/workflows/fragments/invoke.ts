import { type RetryProps, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { jsonata, RESULT } from './expressions.ts';
import { CONCURRENCY_USED_UP, FUNCTION_DEATHS, PLATFORM_FAULTS } from './retries.ts';

/** How a state calls one of our functions. */
export interface Invocation {
  function: PipelineFunction;
  /** The payload: literals and JSONata expressions, as the function's schema in lambdas/model/payloads.ts says. */
  payload: Record<string, unknown> | string;
  /** Variables that the state leaves, from the result. */
  assign?: Record<string, unknown>;
  /** Faults, beside those of the platform, after which the call is repeated. */
  retries?: readonly RetryProps[];
}

/** A state that calls the function's published version, and repeats the call after faults of the platform. Its output is the function's result. */
export function invoke(scope: Construct, stateName: string, call: Invocation): LambdaInvoke {
  const state = LambdaInvoke.jsonata(scope, stateName, {
    lambdaFunction: call.function.version,
    payload:
      typeof call.payload === 'string'
        ? TaskInput.fromText(call.payload)
        : TaskInput.fromObject(call.payload),
    outputs: jsonata(RESULT),
    retryOnServiceExceptions: false,
    ...(call.assign === undefined ? {} : { assign: call.assign }),
  });
  const retries = [CONCURRENCY_USED_UP, ...(call.retries ?? []), PLATFORM_FAULTS, FUNCTION_DEATHS];
  for (const retry of retries) state.addRetry(retry);
  return state;
}
