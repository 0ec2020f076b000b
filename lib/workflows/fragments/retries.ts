import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import type { ErrorName } from '../../../lambdas/model/error-catalogue.ts';

interface Repetition {
  errors: readonly ErrorName[];
  seconds: number;
  rate: number;
  attempts: number;
  capSeconds: number;
}

function retry({ errors, seconds, rate, attempts, capSeconds }: Repetition): RetryProps {
  return {
    errors: [...errors],
    interval: Duration.seconds(seconds),
    backoffRate: rate,
    maxAttempts: attempts,
    maxDelay: Duration.seconds(capSeconds),
    jitterStrategy: JitterType.FULL,
  };
}

/**
 * The account's concurrency of Lambda is used up: somebody's invocation has to end first, and ours may live 15 minutes. 5, 10, 20, 40,
 * 80, then 25 times 120 s: 53 minutes in all at the longest, about half of it by the jitter, so mostly more than any function lives.
 */
export const CONCURRENCY_USED_UP = retry({
  errors: ['Lambda.TooManyRequestsException'],
  seconds: 5,
  rate: 2,
  attempts: 30,
  capSeconds: 120,
});

/** Faults of the platform under a function. 1, 2, 4, 8, 16, 30 s: 61 s in all at the longest. */
export const PLATFORM_FAULTS = retry({
  errors: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
    'AwsCallFailed',
    'LedgerContended',
    'CommitContended',
    'TokenBusy',
  ],
  seconds: 1,
  rate: 2,
  attempts: 6,
  capSeconds: 30,
});

/** A function that died or ran out of time goes on from the ledger. 2, 4 s: 6 s in all, beside the time limits themselves. */
export const FUNCTION_DEATHS = retry({
  errors: ['Lambda.Unknown', 'Sandbox.Timedout', 'Runtime.ExitError', 'Runtime.OutOfMemory'],
  seconds: 2,
  rate: 2,
  attempts: 2,
  capSeconds: 30,
});

/** Faults of CXone and of the way to it, a page that ends too early among them: five attempts. 2, 4, 8, 16 s: 30 s in all at the longest. */
export const CXONE_FAULTS = retry({
  errors: ['ServerFault', 'ConnectionLost', 'PartIncomplete', 'PageMalformed'],
  seconds: 2,
  rate: 2,
  attempts: 4,
  capSeconds: 30,
});

/** The same where CXone asks for no more than three repetitions: lists of interactions. 2, 4, 8 s: 14 s in all at the longest. */
export const INTERACTION_FAULTS = retry({
  errors: ['ServerFault', 'ConnectionLost'],
  seconds: 2,
  rate: 2,
  attempts: 3,
  capSeconds: 30,
});

/** A blocked address is free again after about 15 minutes. 4 times 15 minutes: one hour in all, never less a time than 15 minutes. */
export const CLIENT_BLOCKED: RetryProps = {
  errors: ['ClientBlocked' satisfies ErrorName],
  interval: Duration.minutes(15),
  backoffRate: 1,
  maxAttempts: 4,
  jitterStrategy: JitterType.NONE,
};
