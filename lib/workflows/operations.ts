import {
  Choice,
  Condition,
  Map as InlineMap,
  ProvideItems,
  type StateMachine,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { ARCHIVE_DATASET } from '../../lambdas/model/interactions.ts';
import type { PlannedDataset } from '../../lambdas/model/payloads.ts';
import type { PipelineName } from '../../lambdas/model/pipelines.ts';
import type { Deployed } from '../../lambdas/model/status.ts';
import type { PipelineFunction } from '../functions/pipeline-function.ts';
import type { FunctionsByName } from '../functions/tenant-functions.ts';
import { CLAIMED_WINDOW } from './fragments/claim-window.ts';
import { startDatesOf } from './fragments/commit-window.ts';
import { deliverToWebhook } from './fragments/deliver.ts';
import { jsonata, RESULT } from './fragments/expressions.ts';
import { invoke } from './fragments/invoke.ts';
import { pipelineMachine, type WorkflowProps } from './fragments/machine.ts';

/** The functions that the machine calls. */
export const OPERATIONS_FUNCTIONS = [
  'operate',
  'roll-back',
  'doctor',
  'publish',
  'audit',
] as const satisfies readonly FunctionName[];

/** See `RolledBack` of the model. */
const ROLLED_BACK = jsonata(
  "$merge([{'operation': 'rolledBack', 'dataset': $dataset, 'day': $day, 'generation': $generation}, $replaced = '' ? {} : {'replaced': $replaced}])",
);

/** Props of `OperationsWorkflow`. */
export interface OperationsWorkflowProps extends Omit<WorkflowProps, 'bucket' | 'hashKey'> {
  functions: FunctionsByName<(typeof OPERATIONS_FUNCTIONS)[number]>;
  /** Every dataset whose windows can be rolled back, and the pipeline that loads it. */
  datasets: readonly (PlannedDataset & { pipeline: PipelineName })[];
  /** Delivers to the webhook, where the tenant has one, whatever it is told of: an examination tries it. */
  webhook: PipelineFunction | undefined;
  /** Seals the archive, where the tenant has one: an examination tries it. */
  archive: PipelineFunction | undefined;
  /** What is asked for its status. */
  deployed: Deployed;
}

/**
 * What an operator does by hand, from the console or the command line: rollback, unpin, pause, resume, give-up, status, doctor. A rollback
 * is a commit: RollBack in the ledger, then Publish, Audit and Deliver as after every other. What is decided about interactions of the
 * archive is audited, too.
 */
export class OperationsWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: OperationsWorkflowProps) {
    super(scope, id);
    const { functions, datasets, deliver, webhook, archive } = props;
    const read = invoke(this, 'ReadRequest', {
      function: functions.operate,
      payload: {
        run: jsonata('$states.context.Execution.Id'),
        input: jsonata('$states.context.Execution.Input'),
        deployed: props.deployed,
      },
    });
    const rollBack = invoke(this, 'RollBack', {
      function: functions['roll-back'],
      payload: {
        run: jsonata('$states.context.Execution.Id'),
        dataset: jsonata('$states.input.dataset'),
        day: jsonata('$states.input.day'),
        to: jsonata('$states.input.to'),
        deliver: deliver !== undefined,
      },
      assign: {
        run: jsonata('$states.context.Execution.Id'),
        dataset: jsonata('$states.input.dataset'),
        day: jsonata('$states.input.day'),
        epoch: jsonata(`${RESULT}.epoch`),
        generation: jsonata(`${RESULT}.generation`),
        replaced: jsonata(`$exists(${RESULT}.replaced) ? ${RESULT}.replaced : ''`),
      },
    });
    const publish = invoke(this, 'Publish', {
      function: functions.publish,
      payload: { ...CLAIMED_WINDOW, startDates: startDatesOf(datasets) },
    });
    const pipelines = Object.fromEntries(datasets.map(({ dataset, pipeline }) => [dataset, pipeline]));
    const pipeline = jsonata(`$lookup(${JSON.stringify(pipelines)}, $dataset)`);
    const audit = invoke(this, 'Audit', {
      function: functions.audit,
      payload: { ...CLAIMED_WINDOW, pipeline, delivers: deliver !== undefined },
    });
    const rolledBack = Succeed.jsonata(this, 'RolledBack', { outputs: ROLLED_BACK });
    rollBack
      .next(publish)
      .next(audit)
      .next(
        deliver === undefined
          ? rolledBack
          : deliverToWebhook(this, {
              function: deliver,
              payload: { ...CLAIMED_WINDOW, pipeline },
              end: rolledBack,
            }),
      );
    const examine = invoke(this, 'Examine', {
      function: functions.doctor,
      payload: { run: jsonata('$states.context.Execution.Id') },
    });
    // The doctor may read neither the webhook's secret nor the archive's: who delivers, and who seals, add what they find.
    const adds = (state: string, adding: PipelineFunction | undefined) =>
      adding === undefined
        ? []
        : [
            invoke(this, state, {
              function: adding,
              payload: {
                run: jsonata('$states.context.Execution.Id'),
                examination: jsonata('$states.input'),
              },
            }),
          ];
    let last = examine;
    for (const state of [...adds('ExamineArchive', archive), ...adds('ExamineWebhook', webhook)]) {
      last.next(state);
      last = state;
    }
    last.next(Succeed.jsonata(this, 'Examined'));
    const decided = this.auditDecisions(functions.audit);
    read.next(
      Choice.jsonata(this, 'WhatIsAsked')
        .when(Condition.jsonata(jsonata("$states.input.operation = 'rollback'")), rollBack)
        .when(Condition.jsonata(jsonata("$states.input.operation = 'doctor'")), examine)
        .when(Condition.jsonata(jsonata("$states.input.operation = 'decided'")), decided)
        .otherwise(Succeed.jsonata(this, 'OperationDone')),
    );
    this.stateMachine = pipelineMachine(this, {
      name: props.machineName,
      definition: read,
      logs: props.logs,
      functions: [...Object.values(functions), deliver ?? webhook, archive],
    });
  }

  /** The archive days that owe records of a decision, one after the other: they are of one chain. */
  private auditDecisions(audit: PipelineFunction): InlineMap {
    const map = InlineMap.jsonata(this, 'AuditDecisions', {
      items: ProvideItems.jsonata(jsonata('$states.input.days')),
      itemSelector: { day: jsonata('$states.context.Map.Item.Value') },
      maxConcurrency: 1,
      outputs: jsonata('$states.input'),
    });
    map.itemProcessor(
      invoke(this, 'AuditDecision', {
        function: audit,
        payload: {
          run: jsonata('$states.context.Execution.Id'),
          dataset: ARCHIVE_DATASET,
          day: jsonata('$states.input.day'),
          // A record is made under no claim.
          epoch: 1,
          pipeline: 'interaction-archive' satisfies PipelineName,
          delivers: false,
        },
      }),
    );
    map.next(Succeed.jsonata(this, 'DecisionsAudited'));
    return map;
  }
}
