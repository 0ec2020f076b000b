import { type INextable, type RetryProps, type State, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { FamilyName } from '../../../lambdas/model/families.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { caughtFact, jsonata, REDRIVE, wholeSecond } from './expressions.ts';
import { invoke } from './invoke.ts';
import { CLIENT_BLOCKED, CXONE_FAULTS } from './retries.ts';

/** How a state calls a function that calls CXone. */
export interface CallWithToken {
  family: FamilyName;
  function: PipelineFunction;
  token: PipelineFunction;
  payload: Record<string, unknown>;
  assign?: Record<string, unknown>;
  /** JSONata expressions that say which share of the run's work the call is about, for its notes. Default: the window. */
  about?: Readonly<Record<string, string>>;
  /** Faults after which the state repeats the call. Default: those of CXone, five attempts in all. */
  faults?: readonly RetryProps[];
  /** Names of the two variables of the call: a Map's children, and an inline Map's iteration, need their own. */
  variables?: { renewedIn: string; throttles: string };
}

/** The variables of the calls of children. */
export const CALL_VARIABLES = { renewedIn: 'renewedIn', throttles: 'throttles' };

/** Those of the calls of a run itself: Step Functions has no name assigned in a child that its parent assigns, too. */
export const RUN_CALL_VARIABLES = { renewedIn: 'runRenewedIn', throttles: 'runThrottles' };

/** What the two variables are before the first call and after one that succeeded. */
export function freshCall(variables = CALL_VARIABLES): Record<string, number> {
  return { [variables.renewedIn]: -1, [variables.throttles]: 0 };
}

/**
 * A state that calls CXone. `TokenRejected` has a way on: the token is renewed once and the call repeated; the function
 * throws `TokenRejectedTwice` when it is told that this has been done, in this very redrive. `Throttled` too: the machine
 * waits until the instant that the error states, however long. Faults are retried, five attempts in all unless told otherwise.
 */
export function callWithToken(scope: Construct, stateName: string, call: CallWithToken): LambdaInvoke {
  const variables = call.variables ?? CALL_VARIABLES;
  const state = invoke(scope, stateName, {
    function: call.function,
    payload: {
      ...call.payload,
      renewed: jsonata(`$${variables.renewedIn} = ${REDRIVE}`),
      throttles: jsonata(`$${variables.throttles}`),
    },
    assign: { ...freshCall(variables), ...call.assign },
    retries: [...(call.faults ?? [CXONE_FAULTS]), CLIENT_BLOCKED],
  });
  const renewal = renewToken(scope, `RenewTokenFor${stateName}`, call);
  const pause = Wait.jsonata(scope, `ThrottledIn${stateName}`, {
    time: WaitTime.timestamp(wholeSecond('$states.input.retryAt')),
  });
  renewal.next(state);
  pause.next(state);
  state.addCatch(renewal, {
    errors: ['TokenRejected'],
    assign: { [variables.renewedIn]: jsonata(REDRIVE) },
    outputs: { rejected: jsonata(caughtFact('fingerprint')) },
  });
  state.addCatch(pause, {
    errors: ['Throttled'],
    assign: { [variables.throttles]: jsonata(`$${variables.throttles} + 1`) },
    outputs: { retryAt: jsonata(caughtFact('retryAt')) },
  });
  return state;
}

/** Fetches a token unless a good one is stored already, before the first call of a window. */
export function ensureToken(
  scope: Construct,
  stateName: string,
  call: Pick<CallWithToken, 'family' | 'token' | 'about'>,
): State & INextable {
  const about = Object.entries(call.about ?? ABOUT_WINDOW).map(([name, is]) => [name, jsonata(is)]);
  return tokenState(scope, stateName, call.token, { family: call.family, ...Object.fromEntries(about) });
}

const ABOUT_WINDOW = { run: '$run', dataset: '$dataset', day: '$day' };

/** Names the rejected token, so that forty callers that were rejected with it cause one refresh. */
function renewToken(scope: Construct, stateName: string, call: CallWithToken): State & INextable {
  const about = Object.entries(call.about ?? ABOUT_WINDOW).map(([name, is]) => `'${name}': ${is}`);
  const known = `{'family': '${call.family}', ${about.join(', ')}}`;
  const named = `$merge([${known}, {'rejected': $states.input.rejected}])`;
  const payload = jsonata(`$states.input.rejected = '' ? ${known} : ${named}`);
  return tokenState(scope, stateName, call.token, payload);
}

function tokenState(
  scope: Construct,
  stateName: string,
  token: PipelineFunction,
  payload: Record<string, unknown> | string,
): LambdaInvoke {
  const state = invoke(scope, stateName, {
    function: token,
    payload,
    retries: [CXONE_FAULTS, CLIENT_BLOCKED],
  });
  const pause = Wait.jsonata(scope, `ThrottledIn${stateName}`, {
    time: WaitTime.timestamp(wholeSecond('$states.input.retryAt')),
  });
  pause.next(state);
  state.addCatch(pause, {
    errors: ['Throttled'],
    // The rejected token is named again after the pause.
    outputs: jsonata(`$merge([$states.input, {'retryAt': ${caughtFact('retryAt')}}])`),
  });
  return state;
}
