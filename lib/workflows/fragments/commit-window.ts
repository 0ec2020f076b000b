import { Choice, Condition, type INextable, type State, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { PlannedDataset } from '../../../lambdas/model/payloads.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { CLAIMED_WINDOW } from './claim-window.ts';
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
 */
export function commitWindow(
  scope: Construct,
  functions: Record<'commit' | 'publish', PipelineFunction>,
  datasets: readonly PlannedDataset[],
): CommitWindow {
  const commit = invoke(scope, 'Commit', {
    function: functions.commit,
    payload: {
      ...CLAIMED_WINDOW,
      task: jsonata('$task'),
      attempt: jsonata('$attempt'),
      facts: jsonata('$states.input.facts'),
    },
  });
  const publish = invoke(scope, 'Publish', {
    function: functions.publish,
    payload: {
      ...CLAIMED_WINDOW,
      startDates: Object.fromEntries(
        datasets.flatMap(({ dataset, startDate }) => (startDate === undefined ? [] : [[dataset, startDate]])),
      ),
    },
  });
  commit.next(
    Choice.jsonata(scope, 'WindowOfTheLake')
      .when(Condition.jsonata(jsonata("$task = 'adhoc'")), Succeed.jsonata(scope, 'AdhocExported'))
      .otherwise(publish),
  );
  publish.next(Succeed.jsonata(scope, 'WindowCommitted'));
  return { commit, publish };
}
