import { Choice, Condition, type IChainable, type State, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { jsonata, RESULT } from './expressions.ts';
import { invoke } from './invoke.ts';
import { freshCall } from './with-token.ts';

/** The payload that names a claimed window: every state of a child passes it. */
export const CLAIMED_WINDOW = {
  run: jsonata('$run'),
  epoch: jsonata('$epoch'),
  dataset: jsonata('$dataset'),
  day: jsonata('$day'),
};

/**
 * The first states of a window: claims it, unless it is done, pinned, or held by a living run, which are all a good end of the
 * child. Leaves the variables `run`, `dataset`, `day`, `task`, `overrides`, `epoch` and those of calls to CXone.
 * @param work where a claimed window goes on
 * @param publish where a commit that was left half way goes on
 * @param replay where stored raw data is transformed once more: the variable `attempt` says whose
 */
export function claimWindow(
  scope: Construct,
  claim: {
    function: PipelineFunction;
    work: State;
    publish: State;
    replay: State;
    variables: Record<string, unknown>;
  },
): IChainable {
  const is = (condition: string) => Condition.jsonata(jsonata(condition));
  return invoke(scope, 'Claim', {
    function: claim.function,
    payload: {
      run: jsonata('$states.input.run'),
      dataset: jsonata('$states.input.dataset'),
      day: jsonata('$states.input.day'),
      task: jsonata('$states.input.task'),
    },
    assign: {
      run: jsonata('$states.input.run'),
      day: jsonata('$states.input.day'),
      dataset: jsonata('$states.input.dataset'),
      overrides: jsonata('$states.input.overrides'),
      task: jsonata(`$exists(${RESULT}.task) ? ${RESULT}.task : $states.input.task`),
      epoch: jsonata(`$exists(${RESULT}.epoch) ? ${RESULT}.epoch : 0`),
      ...freshCall(),
      ...claim.variables,
      attempt: jsonata(
        `$exists(${RESULT}.attempt) ? ${RESULT}.attempt : $exists($states.input.attempt) ? $states.input.attempt : 0`,
      ),
    },
  }).next(
    Choice.jsonata(scope, 'WindowFree')
      .when(is("$states.input.outcome = 'alreadyCommitted'"), Succeed.jsonata(scope, 'AlreadyCommitted'))
      .when(is("$states.input.outcome = 'alreadyRunning'"), Succeed.jsonata(scope, 'AlreadyRunning'))
      .when(is("$states.input.outcome = 'pinned'"), Succeed.jsonata(scope, 'PinnedByOperator'))
      .when(is("$states.input.task = 'reassert'"), claim.publish)
      .when(is("$states.input.task = 'replay'"), claim.replay)
      .otherwise(claim.work),
  );
}
