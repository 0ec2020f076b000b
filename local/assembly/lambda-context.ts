import type { Context } from 'aws-lambda';
import type { LambdaFunction } from './types.ts';

/**
 * What a handler is told of its invocation.
 *
 * @param invocation.remaining milliseconds that are left
 */
export function lambdaContext(
  found: LambdaFunction,
  invocation: { functionArn: string; requestId: string; remaining: () => number },
): Context {
  const withdrawn = () => {
    throw new Error('Runtime.CallbackHandlerDeprecated: handlers are asynchronous functions.');
  };
  return {
    awsRequestId: invocation.requestId,
    callbackWaitsForEmptyEventLoop: false,
    functionName: found.name,
    functionVersion: invocation.functionArn.split(':')[7] ?? '$LATEST',
    getRemainingTimeInMillis: () => Math.max(0, invocation.remaining()),
    invokedFunctionArn: invocation.functionArn,
    logGroupName: `/aws/lambda/${found.name}`,
    logStreamName: 'embedded',
    memoryLimitInMB: String(found.memoryMegabytes),
    done: withdrawn,
    fail: withdrawn,
    succeed: withdrawn,
  };
}
