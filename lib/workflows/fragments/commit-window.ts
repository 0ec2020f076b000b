import { Choice, Condition, type INextable, type State, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { FunctionName } from '../../../lambdas/model/environment.ts';
import type { PlannedDataset, PlanningSettings } from '../../../lambdas/model/payloads.ts';
import type { PipelineName } from '../../../lambdas/model/pipelines.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { CLAIMED_WINDOW } from './claim-window.ts';
import { deliverToWebhook } from './deliver.ts';
import { jsonata } from './expressions.ts';
import { invoke } from './invoke.ts';

/** The functions that the last states of a window call. */
export const COMMIT_FUNCTIONS = ['commit', 'publish', 'audit'] as const satisfies readonly FunctionName[];
type CommitFunction = (typeof COMMIT_FUNCTIONS)[number];

/** The last states of a window. */
export interface CommitWindow {
  /** Takes `{ facts }`: makes the generation current. */
  commit: State & INextable;
  /** Shows what is current: also the way in for a commit that was left half way. */
  publish: State & INextable;
}

/** What the last states of a window need. */
export interface CommitWindowProps {
  functions: Record<CommitFunction, PipelineFunction>;
  pipeline: PipelineName;
  /** The pipeline's datasets, each with its first day where the configuration fixes it. */
  datasets: readonly PlannedDataset[];
  /** Delivers commits to the tenant's webhook, where it has one. */
  deliver: PipelineFunction | undefined;
  /** For how long rows of a window are awaited. */
  settings: Pick<PlanningSettings, 'restateDays' | 'settleMinutes'>;
  /** What the commit is told besides, of when CXone was asked. */
  asked?: Pick<Record<string, string>, 'submittedAt'>;
}

/** The first days that the configuration fixes, by dataset. */
export function startDatesOf(datasets: readonly PlannedDataset[]): Record<string, string> {
  return Object.fromEntries(
    datasets.flatMap(({ dataset, startDate }) => (startDate === undefined ? [] : [[dataset, startDate]])),
  );
}

/**
 * Commit in the ledger, then Publish: catalog, `current.json`, marks; then Audit, and Deliver where the tenant has a
 * webhook. A reader sees the old generation or the new
 * one. The window's item knows which of the steps are done: who comes in at Publish does what is left.
 */
export function commitWindow(
  scope: Construct,
  { functions, pipeline, datasets, deliver, settings, asked }: CommitWindowProps,
): CommitWindow {
  const commit = invoke(scope, 'Commit', {
    function: functions.commit,
    payload: {
      ...CLAIMED_WINDOW,
      task: jsonata('$task'),
      attempt: jsonata('$attempt'),
      facts: jsonata('$states.input.facts'),
      ...asked,
      deliver: deliver !== undefined,
      restateDays: settings.restateDays,
      settleMinutes: settings.settleMinutes,
    },
  });
  const publish = invoke(scope, 'Publish', {
    function: functions.publish,
    payload: {
      ...CLAIMED_WINDOW,
      startDates: startDatesOf(datasets),
    },
  });
  commit.next(
    Choice.jsonata(scope, 'WindowOfTheLake')
      .when(Condition.jsonata(jsonata("$task = 'adhoc'")), Succeed.jsonata(scope, 'AdhocExported'))
      .otherwise(publish),
  );
  const audit = invoke(scope, 'Audit', {
    function: functions.audit,
    payload: { ...CLAIMED_WINDOW, pipeline, delivers: deliver !== undefined },
  });
  publish.next(audit);
  audit.next(
    deliver === undefined
      ? Succeed.jsonata(scope, 'WindowCommitted')
      : deliverToWebhook(scope, {
          function: deliver,
          payload: { ...CLAIMED_WINDOW, pipeline },
          end: 'WindowCommitted',
        }),
  );
  return { commit, publish };
}
