import { Choice, Condition, type INextable, type State, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { jsonata, RESULT, wholeSecond } from './expressions.ts';
import { type CallWithToken, callWithToken } from './with-token.ts';

/** The states between a submitted job and its complete list of parts. */
export interface AwaitJob {
  /** Where a submitted job is waited for. */
  start: State;
  /** Asks for the status at once: for who found that the list of parts does not hold. */
  poll: State & INextable;
}

/**
 * Wait, Poll, Choice: round and round until the job's parts are listed. The function computes when to poll next and the
 * variable `pollAt` holds it; a job that has not moved for 45 minutes is waited for in `WaitInQueue`, to be seen as such.
 * @param submit where a job that failed, has expired or is too old is submitted anew
 * @param ready where the parts are taken
 */
export function awaitJob(scope: Construct, poll: CallWithToken, submit: State, ready: State): AwaitJob {
  const ask = callWithToken(scope, 'Poll', {
    ...poll,
    assign: {
      ...poll.assign,
      pollAt: jsonata(`$exists(${RESULT}.pollAt) ? ${RESULT}.pollAt : $pollAt`),
    },
  });
  const wait = Wait.jsonata(scope, 'WaitBeforePoll', { time: WaitTime.timestamp(wholeSecond('$pollAt')) });
  const queue = Wait.jsonata(scope, 'WaitInQueue', { time: WaitTime.timestamp(wholeSecond('$pollAt')) });
  const coolDown = Wait.jsonata(scope, 'CoolDown', {
    time: WaitTime.timestamp(wholeSecond('$states.input.at')),
  });
  const is = (outcome: string) => Condition.jsonata(jsonata(`$states.input.outcome = '${outcome}'`));
  const choice = Choice.jsonata(scope, 'JobState')
    .when(is('completed'), ready)
    .when(is('waiting'), queue)
    .when(is('resubmit'), coolDown)
    .otherwise(wait);
  wait.next(ask);
  queue.next(ask);
  coolDown.next(submit);
  ask.next(choice);
  ask.addCatch(submit, { errors: ['JobExpired', 'JobOutdated'], outputs: {} });
  return { start: wait, poll: ask };
}
