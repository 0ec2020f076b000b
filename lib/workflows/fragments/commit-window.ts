import { type INextable, type State, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { jsonata } from './expressions.ts';
import { invoke } from './invoke.ts';

/** The last states of a window. */
export interface CommitWindow {
  /** Takes `{ facts }`: makes the generation current. */
  commit: State & INextable;
  /** Shows what is current: also the way in for a commit that was left half way. */
  publish: State & INextable;
}

/**
 * Commit in the ledger, then Publish: catalog, `current.json`, marks. A reader sees the old generation or the new one.
 * @param claim the payload that names the claimed window
 * @param attempt the variable with the attempt
 */
export function commitWindow(
  scope: Construct,
  functions: Record<'commit' | 'publish', PipelineFunction>,
  claim: Record<string, unknown>,
  startDate: string | undefined,
): CommitWindow {
  const commit = invoke(scope, 'Commit', {
    function: functions.commit,
    payload: { ...claim, attempt: jsonata('$attempt'), facts: jsonata('$states.input.facts') },
  });
  const publish = invoke(scope, 'Publish', {
    function: functions.publish,
    payload: { ...claim, ...(startDate === undefined ? {} : { startDate }) },
  });
  commit.next(publish);
  publish.next(Succeed.jsonata(scope, 'WindowCommitted'));
  return { commit, publish };
}
