import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  ItemBatcher,
  Pass,
  type StateMachine,
  StateMachineType,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { ArchivePipeline } from '../../lambdas/model/archive-pipeline.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { ARCHIVE_DATASET } from '../../lambdas/model/interactions.ts';
import type { PipelineFunction } from '../functions/pipeline-function.ts';
import type { FunctionsByName } from '../functions/tenant-functions.ts';
import { archiveDay } from './fragments/archive-day.ts';
import { jsonata, REDRIVE, RESULT } from './fragments/expressions.ts';
import { invoke } from './fragments/invoke.ts';
import { pipelineMachine, type WorkflowProps } from './fragments/machine.ts';
import { ChildResultWriter, LinesReader, WindowListReader } from './fragments/map-objects.ts';
import { INTERACTION_FAULTS } from './fragments/retries.ts';
import { callWithToken, ensureToken, freshCall, RUN_CALL_VARIABLES } from './fragments/with-token.ts';

const FAMILY = 'interactions';
const PIPELINE = 'interaction-archive';

/** The functions that the machine calls. */
export const INTERACTION_ARCHIVE_FUNCTIONS = [
  'token',
  'claim',
  'plan-archive',
  'list-interactions',
  'look-up-interactions',
  'list-archive-days',
  'seal-archive-day',
  'mark-archive-day',
  'audit',
  'reconcile-archive',
  'record',
] as const satisfies readonly FunctionName[];

/** Props of `InteractionArchiveWorkflow`. */
export interface InteractionArchiveWorkflowProps extends WorkflowProps {
  functions: FunctionsByName<(typeof INTERACTION_ARCHIVE_FUNCTIONS)[number]>;
  settings: ArchivePipeline;
  /** What stores recordings and transcripts, where they are to be stored. */
  storeMedia?: PipelineFunction;
}

/** What a batch's notes are filed under: its variables `run`, `dataset` and `day`. */
const NOTED = { run: jsonata('$run'), dataset: jsonata('$dataset'), day: jsonata('$day') };
const RUN = jsonata('$states.context.Execution.Id');
/** The run's own: Step Functions has no name assigned in a child that its parent assigns, too. */
const ABOUT_RUN = {
  run: '$states.context.Execution.Id',
  dataset: `'${ARCHIVE_DATASET}'`,
  day: '$runDay',
};
const NOTED_OF_RUN = { run: RUN, dataset: ARCHIVE_DATASET, day: jsonata('$runDay') };

/**
 * The archive of closed interactions. Plan, list, a Map Run that looks batches up, a Map Run that seals and marks archive days,
 * reconcile. Every state can be entered again: what was done before is in the ledger and under the raw prefix.
 */
export class InteractionArchiveWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: InteractionArchiveWorkflowProps) {
    super(scope, id);
    this.stateMachine = pipelineMachine(this, {
      name: props.machineName,
      definition: this.run(props),
      logs: props.logs,
      functions: [...Object.values(props.functions), ...(props.storeMedia ? [props.storeMedia] : [])],
    });
  }

  private run(props: InteractionArchiveWorkflowProps): IChainable {
    const { functions } = props;
    const is = (condition: string) => Condition.jsonata(jsonata(condition));
    const plan = this.plan(props);
    const token = ensureToken(this, 'EnsureToken', {
      family: FAMILY,
      token: functions.token,
      about: ABOUT_RUN,
    });
    const list = this.list(props);
    const lookUp = this.lookUpBatches(props);
    const days = this.listDays(props);
    const archive = this.archiveDays(props);
    const reconcile = this.reconcile(props);
    const record = invoke(this, 'RecordRun', {
      function: functions.record,
      payload: { run: RUN, pipeline: PIPELINE, outcome: 'SUCCEEDED' },
    });
    token.next(list);
    list.next(
      Choice.jsonata(this, 'ListComplete')
        .when(is('$states.input.more'), list)
        .when(is('$states.input.listed = 0'), days)
        .otherwise(lookUp),
    );
    lookUp.next(days);
    days.next(
      Choice.jsonata(this, 'DaysDue').when(is('$states.input.days = 0'), reconcile).otherwise(archive),
    );
    archive.next(reconcile);
    reconcile.next(
      Choice.jsonata(this, 'InteractionsLeft')
        .when(is("$states.input.outcome = 'again'"), list)
        .otherwise(record),
    );
    record.next(Succeed.jsonata(this, 'RunComplete'));
    return plan.next(
      Choice.jsonata(this, 'ArchiveDue')
        .when(is('$states.input.dryRun'), Succeed.jsonata(this, 'DryRunShown'))
        .when(is('$states.input.paused'), record)
        .otherwise(token),
    );
  }

  private plan({ functions, settings }: InteractionArchiveWorkflowProps) {
    const { startDate, lookBackMinutes, catchUpDays } = settings;
    return invoke(this, 'PlanArchive', {
      function: functions['plan-archive'],
      payload: {
        run: RUN,
        startTime: jsonata('$states.context.Execution.StartTime'),
        input: jsonata('$states.context.Execution.Input'),
        settings: { lookBackMinutes, catchUpDays, ...(startDate === undefined ? {} : { startDate }) },
      },
      assign: {
        runDay: jsonata(`${RESULT}.day`),
        listKey: '',
        runRound: 0,
        ...freshCall(RUN_CALL_VARIABLES),
      },
    });
  }

  private list({ functions }: InteractionArchiveWorkflowProps) {
    return callWithToken(this, 'ListInteractions', {
      family: FAMILY,
      function: functions['list-interactions'],
      token: functions.token,
      about: ABOUT_RUN,
      variables: RUN_CALL_VARIABLES,
      payload: { ...NOTED_OF_RUN, round: jsonata('$runRound') },
      faults: [INTERACTION_FAULTS],
      assign: { listKey: jsonata(`${RESULT}.listKey`) },
    });
  }

  /** Batches of the list side by side, each a child execution. A batch that fails does not stop the others. */
  private lookUpBatches(props: InteractionArchiveWorkflowProps): DistributedMap {
    const { functions, settings, tenant, bucket } = props;
    const objects = { tenant, bucket, settings: { pipeline: PIPELINE } } as const;
    const map = DistributedMap.jsonata(this, 'LookUpBatches', {
      label: 'Batch',
      mapExecutionType: StateMachineType.STANDARD,
      maxConcurrency: settings.batchesAtOnce,
      toleratedFailurePercentage: 100,
      itemReader: new LinesReader(objects),
      itemBatcher: new ItemBatcher({
        maxItemsPerBatch: settings.batchInteractions,
        batchInput: { run: RUN, day: jsonata('$runDay'), round: jsonata('$runRound') },
      }),
      resultWriterV2: new ChildResultWriter(objects),
      outputs: {},
    });
    const begin = Pass.jsonata(this, 'BeginBatch', {
      assign: {
        run: jsonata('$states.input.BatchInput.run'),
        dataset: ARCHIVE_DATASET,
        day: jsonata('$states.input.BatchInput.day'),
        round: jsonata('$states.input.BatchInput.round'),
        // The brackets keep one interaction a list.
        items: jsonata('[$states.input.Items]'),
        ...freshCall(),
      },
    });
    const lookUp = callWithToken(this, 'LookUpInteractions', {
      family: FAMILY,
      function: functions['look-up-interactions'],
      token: functions.token,
      payload: { ...NOTED, round: jsonata('$round'), field: settings.field, items: jsonata('$items') },
      // The function repeats the calls themselves; what it cannot mend is left for the next round.
      faults: [],
    });
    lookUp.next(
      Choice.jsonata(this, 'BatchComplete')
        .when(Condition.jsonata(jsonata('$states.input.more')), lookUp)
        .otherwise(Succeed.jsonata(this, 'BatchLookedUp')),
    );
    map.itemProcessor(begin.next(lookUp));
    return map;
  }

  private listDays({ functions }: InteractionArchiveWorkflowProps) {
    return invoke(this, 'ListArchiveDays', {
      function: functions['list-archive-days'],
      payload: { ...NOTED_OF_RUN, round: jsonata('$runRound') },
      assign: { listKey: jsonata(`${RESULT}.listKey`) },
    });
  }

  /** Archive days side by side, each a child execution: claimed, sealed, then marked. */
  private archiveDays(props: InteractionArchiveWorkflowProps): DistributedMap {
    const { settings, tenant, bucket } = props;
    const objects = { tenant, bucket, settings: { pipeline: PIPELINE } } as const;
    const map = DistributedMap.jsonata(this, 'ArchiveDays', {
      label: 'Day',
      mapExecutionType: StateMachineType.STANDARD,
      maxConcurrency: settings.daysAtOnce,
      toleratedFailurePercentage: 100,
      itemReader: new WindowListReader(objects),
      itemSelector: {
        run: RUN,
        round: jsonata('$runRound'),
        day: jsonata('$states.context.Map.Item.Value.day'),
        dataset: jsonata('$states.context.Map.Item.Value.dataset'),
      },
      resultWriterV2: new ChildResultWriter(objects),
      outputs: {},
    });
    map.itemProcessor(archiveDay(this, { ...props, pipeline: PIPELINE }));
    return map;
  }

  private reconcile({ functions }: InteractionArchiveWorkflowProps) {
    return invoke(this, 'ReconcileArchive', {
      function: functions['reconcile-archive'],
      payload: {
        ...NOTED_OF_RUN,
        round: jsonata('$runRound'),
        redrive: jsonata(REDRIVE),
        startTime: jsonata('$states.context.Execution.StartTime'),
      },
      assign: { runRound: jsonata(REDRIVE) },
    });
  }
}
