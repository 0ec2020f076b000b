import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  Pass,
  type StateMachine,
  StateMachineType,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DataActionsPipeline } from '../../lambdas/model/data-actions-pipeline.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import type { FunctionsByName } from '../functions/tenant-functions.ts';
import { deliverToWebhook } from './fragments/deliver.ts';
import { jsonata, REDRIVE, RESULT, wholeSecond } from './fragments/expressions.ts';
import { invoke } from './fragments/invoke.ts';
import { pipelineMachine, type WorkflowProps } from './fragments/machine.ts';
import { ChildResultWriter, WindowListReader } from './fragments/map-objects.ts';
import { callWithToken, freshCall, RUN_CALL_VARIABLES } from './fragments/with-token.ts';

const FAMILY = 'dataActions';
const PIPELINE = 'data-action-dates';

/** The functions that the machine calls. */
export const DATA_ACTION_FUNCTIONS = [
  'plan-updates',
  'token',
  'list-actions',
  'update-actions',
  'audit-updates',
  'reconcile-updates',
  'record',
] as const satisfies readonly FunctionName[];

/** Props of `DataActionDatesWorkflow`. */
export interface DataActionDatesWorkflowProps extends WorkflowProps {
  functions: FunctionsByName<(typeof DATA_ACTION_FUNCTIONS)[number]>;
  settings: DataActionsPipeline;
}

const RUN = jsonata('$states.context.Execution.Id');
/** The run's own: Step Functions has no name assigned in a child that its parent assigns, too. */
const RUN_FACTS = { run: RUN, round: jsonata('$runRound'), dryRun: jsonata('$runDry') };
/** The same as a batch's child was given it. */
const BATCH_FACTS = { run: jsonata('$run'), round: jsonata('$round'), dryRun: jsonata('$dryRun') };

/**
 * Date and time values of data actions: Plan, ListActions, a Map Run with one child execution a batch of updates, Reconcile,
 * RecordRun. Every state can be entered again: what was done before is in the ledger, or is found in place.
 */
export class DataActionDatesWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: DataActionDatesWorkflowProps) {
    super(scope, id);
    this.stateMachine = pipelineMachine(this, {
      name: props.machineName,
      definition: this.run(props),
      logs: props.logs,
      functions: [...Object.values(props.functions), ...(props.deliver === undefined ? [] : [props.deliver])],
    });
  }

  private run(props: DataActionDatesWorkflowProps): IChainable {
    const { functions } = props;
    const plan = this.plan(props);
    const list = this.listActions(props);
    const batches = this.updateBatches(props);
    const reconcile = this.reconcile(props);
    const shown = Succeed.jsonata(this, 'DryRunShown');
    const record = invoke(this, 'RecordRun', {
      function: functions.record,
      payload: { run: RUN, pipeline: PIPELINE, outcome: 'SUCCEEDED' },
    });
    const is = (condition: string) => Condition.jsonata(jsonata(condition));
    list.next(
      Choice.jsonata(this, 'ListComplete')
        .when(is("$states.input.outcome = 'more'"), list)
        .otherwise(batches),
    );
    batches.next(reconcile);
    reconcile.next(
      Choice.jsonata(this, 'UpdatesLeft')
        .when(is("$states.input.outcome = 'again'"), list)
        .when(is("$states.input.outcome = 'shown'"), shown)
        .otherwise(record),
    );
    record.next(
      this.delivery(props, 'run', 'RunComplete', { run: RUN, updates: 'all' }) ??
        Succeed.jsonata(this, 'RunComplete'),
    );
    return plan.next(
      Choice.jsonata(this, 'UpdatesDue')
        .when(is('$states.input.updates > 0'), list)
        .when(is('$states.input.dryRun'), shown)
        .otherwise(record),
    );
  }

  private plan({ functions, settings }: DataActionDatesWorkflowProps) {
    return invoke(this, 'Plan', {
      function: functions['plan-updates'],
      payload: {
        run: RUN,
        startTime: jsonata('$states.context.Execution.StartTime'),
        input: jsonata('$states.context.Execution.Input'),
        settings: { batchSize: settings.batchSize, updates: settings.updates },
      },
      assign: {
        listKey: jsonata(`${RESULT}.listKey`),
        nameHint: jsonata(`${RESULT}.nameHint`),
        runDry: jsonata(`${RESULT}.dryRun`),
        runRound: 0,
        ...freshCall(RUN_CALL_VARIABLES),
      },
    });
  }

  /** The list of all data actions, once a round. A long one takes several calls. */
  private listActions({ functions, settings }: DataActionDatesWorkflowProps) {
    return callWithToken(this, 'ListActions', {
      family: FAMILY,
      function: functions['list-actions'],
      token: functions.token,
      about: { run: '$states.context.Execution.Id', unit: "$runDry ? '' : 'list'" },
      variables: RUN_CALL_VARIABLES,
      payload: {
        ...RUN_FACTS,
        unit: jsonata("$runDry ? '' : 'list'"),
        nameHint: jsonata('$nameHint'),
        pageSize: settings.pageSize,
      },
    });
  }

  private updateBatches(props: DataActionDatesWorkflowProps): DistributedMap {
    const objects = { tenant: props.tenant, bucket: props.bucket, settings: { pipeline: PIPELINE } } as const;
    const map = DistributedMap.jsonata(this, 'UpdateBatches', {
      label: 'Batch',
      mapExecutionType: StateMachineType.STANDARD,
      maxConcurrency: props.settings.batchesAtOnce,
      toleratedFailurePercentage: 100,
      itemReader: new WindowListReader(objects),
      itemSelector: {
        ...RUN_FACTS,
        startTime: jsonata('$states.context.Execution.StartTime'),
        batch: jsonata('$states.context.Map.Item.Value.batch'),
        key: jsonata('$states.context.Map.Item.Value.key'),
      },
      resultWriterV2: new ChildResultWriter(objects),
      outputs: {},
    });
    map.itemProcessor(this.batch(props));
    return map;
  }

  /** A batch: worked off by one function, again and again until it is done. */
  private batch(props: DataActionDatesWorkflowProps): IChainable {
    const { functions } = props;
    const begin = Pass.jsonata(this, 'BeginBatch', {
      assign: {
        run: jsonata('$states.input.run'),
        round: jsonata('$states.input.round'),
        dryRun: jsonata('$states.input.dryRun'),
        startTime: jsonata('$states.input.startTime'),
        batch: jsonata('$states.input.batch'),
        key: jsonata('$states.input.key'),
        unit: jsonata(
          "$states.input.dryRun ? '' : 'batch ' & $string($states.input.round) & '.' & $string($states.input.batch)",
        ),
        ...freshCall(),
      },
    });
    const update = callWithToken(this, 'UpdateActions', {
      family: FAMILY,
      function: functions['update-actions'],
      token: functions.token,
      about: { run: '$run', unit: '$unit' },
      payload: {
        ...BATCH_FACTS,
        unit: jsonata('$unit'),
        startTime: jsonata('$startTime'),
        batch: jsonata('$batch'),
        key: jsonata('$key'),
      },
    });
    const wait = Wait.jsonata(this, 'WaitBeforeUpdate', {
      time: WaitTime.timestamp(wholeSecond('$states.input.at')),
    });
    const audit = invoke(this, 'AuditUpdates', {
      function: functions['audit-updates'],
      payload: { run: jsonata('$run'), unit: jsonata('$unit'), key: jsonata('$key') },
    });
    const done = Succeed.jsonata(this, 'BatchDone');
    const told = this.delivery(props, 'item', 'UpdatesTold', {
      run: jsonata('$run'),
      unit: jsonata('$unit'),
      updates: jsonata("$string($round) & '.' & $string($batch)"),
      key: jsonata('$key'),
    });
    const is = (condition: string) => Condition.jsonata(jsonata(condition));
    wait.next(update);
    audit.next(told ?? done);
    update.next(
      Choice.jsonata(this, 'BatchLeft')
        .when(is("$states.input.outcome = 'again'"), wait)
        .when(is('$dryRun'), done)
        .otherwise(audit),
    );
    return begin.next(update);
  }

  /** The states that tell the tenant's webhook, where it has one and is told so. */
  private delivery(
    { deliver, settings }: DataActionDatesWorkflowProps,
    when: DataActionsPipeline['webhook'],
    end: string,
    share: Record<string, unknown>,
  ) {
    if (deliver === undefined || settings.webhook !== when) return undefined;
    const payload = { unit: 'webhook', ...share };
    return deliverToWebhook(this, { function: deliver, payload, end });
  }

  private reconcile({ functions, settings, deliver }: DataActionDatesWorkflowProps) {
    return invoke(this, 'Reconcile', {
      function: functions['reconcile-updates'],
      payload: {
        ...RUN_FACTS,
        batchSize: settings.batchSize,
        redrive: jsonata(REDRIVE),
        tellsEach: deliver !== undefined && settings.webhook === 'item',
      },
      assign: {
        runRound: jsonata(REDRIVE),
        listKey: jsonata(`$exists(${RESULT}.listKey) ? ${RESULT}.listKey : $listKey`),
        nameHint: jsonata(`$exists(${RESULT}.nameHint) ? ${RESULT}.nameHint : $nameHint`),
      },
    });
  }
}
