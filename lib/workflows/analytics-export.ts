import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  Pass,
  ProvideItems,
  type StateMachine,
  StateMachineType,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { AnalyticsPipeline } from '../../lambdas/model/analytics-pipeline.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import type { Mapping } from '../../lambdas/model/mapping.ts';
import { ANALYTICS_DATASET, type PlannedDataset, type PlanSettings } from '../../lambdas/model/payloads.ts';
import type { FunctionsByName } from '../functions/tenant-functions.ts';
import { CLAIMED_WINDOW, claimWindow } from './fragments/claim-window.ts';
import { COMMIT_FUNCTIONS, commitWindow } from './fragments/commit-window.ts';
import { jsonata, RESULT } from './fragments/expressions.ts';
import { hashKeyFor } from './fragments/hash-key.ts';
import { invoke } from './fragments/invoke.ts';
import { loadRange, RANGE_FUNCTIONS } from './fragments/load-range.ts';
import { pipelineMachine, type WorkflowProps } from './fragments/machine.ts';
import { ChildResultWriter, WindowListReader } from './fragments/map-objects.ts';
import { plannedDataset, planSettings, requiredSources } from './fragments/plan-settings.ts';
import { type RunWork, windowedRun } from './fragments/windowed-run.ts';

const PIPELINE = 'analytics-export';

/** The functions that the machine calls. */
export const ANALYTICS_EXPORT_FUNCTIONS = [
  'plan',
  'list-ranges',
  ...RANGE_FUNCTIONS,
  'transform-records',
  ...COMMIT_FUNCTIONS,
  'reconcile',
  'record',
] as const satisfies readonly FunctionName[];

/** Props of `AnalyticsExportWorkflow`. */
export interface AnalyticsExportWorkflowProps extends WorkflowProps {
  functions: FunctionsByName<(typeof ANALYTICS_EXPORT_FUNCTIONS)[number]>;
  settings: AnalyticsPipeline;
  mapping: Mapping;
  /** Days that raw parts are kept. */
  rawDays: number;
}

/**
 * Historical interactions: one child execution a range of at most 90 days, which submits, polls and stores an export's pages by day,
 * and in it one child execution a day: Claim, Transform, Commit, Publish, Audit. A range that CXone finds too large is
 * listed again as its halves. Every state can be entered again: what was done before is in the ledger.
 */
export class AnalyticsExportWorkflow extends Construct {
  readonly stateMachine: StateMachine;
  private readonly props: AnalyticsExportWorkflowProps;

  constructor(scope: Construct, id: string, props: AnalyticsExportWorkflowProps) {
    super(scope, id);
    this.props = props;
    const { functions } = props;
    const definition = windowedRun(this, {
      tenant: props.tenant,
      bucket: props.bucket,
      functions,
      settings: this.planSettings(),
      work: this.ranges(),
    });
    this.stateMachine = pipelineMachine(this, {
      name: props.machineName,
      definition,
      logs: props.logs,
      functions: [...Object.values(functions), props.deliver],
    });
  }

  private planSettings(): PlanSettings {
    const { settings, mapping } = this.props;
    return planSettings(settings, {
      pipeline: PIPELINE,
      datasets: this.datasets(),
      requiredColumns: requiredSources(mapping),
      rangeDays: settings.rangeDays,
    });
  }

  private datasets(): PlannedDataset[] {
    const { startDate } = this.props.settings;
    return [plannedDataset(ANALYTICS_DATASET, startDate)];
  }

  /** Lists the ranges, exports them, and lists what has been halved meanwhile, until nothing is left to list. */
  private ranges(): RunWork {
    const begin = Pass.jsonata(this, 'BeginRanges', { assign: { lists: 0 } });
    const list = invoke(this, 'ListRanges', {
      function: this.props.functions['list-ranges'],
      payload: {
        run: jsonata('$states.context.Execution.Id'),
        pipeline: PIPELINE,
        listKey: jsonata('$listKey'),
        round: jsonata('$round'),
        lists: jsonata('$lists'),
      },
      assign: { rangesKey: jsonata(`${RESULT}.rangesKey`), lists: jsonata(`${RESULT}.lists`) },
    });
    const map = this.exportRanges();
    const left = Choice.jsonata(this, 'RangesLeft').when(
      Condition.jsonata(jsonata('$states.input.ranges > 0')),
      map,
    );
    begin.next(list).next(left);
    map.next(list);
    return {
      start: begin,
      end: (reconcile) => {
        left.otherwise(reconcile);
      },
    };
  }

  private exportRanges(): DistributedMap {
    const { tenant, bucket, settings } = this.props;
    const objects = { tenant, bucket, settings: { pipeline: PIPELINE } } as const;
    const value = (field: string) => jsonata(`$states.context.Map.Item.Value.${field}`);
    const map = DistributedMap.jsonata(this, 'ExportRanges', {
      label: 'Range',
      mapExecutionType: StateMachineType.STANDARD,
      maxConcurrency: settings.rangesAtOnce,
      toleratedFailurePercentage: 100,
      itemReader: new WindowListReader(objects, 'rangesKey'),
      itemSelector: {
        run: jsonata('$states.context.Execution.Id'),
        dataset: value('dataset'),
        day: value('day'),
        days: value('days'),
        task: value('task'),
        load: value('load'),
        overrides: value('overrides'),
        // The brackets keep one window a list.
        windows: jsonata('[$states.context.Map.Item.Value.windows]'),
      },
      resultWriterV2: new ChildResultWriter(objects),
      outputs: {},
    });
    map.itemProcessor(this.range());
    return map;
  }

  /** A range's child: its export, then its days. */
  private range(): IChainable {
    const { functions, settings, rawDays, mapping } = this.props;
    const days = this.loadDays();
    days.next(Succeed.jsonata(this, 'RangeExported'));
    return loadRange(this, {
      functions,
      loaded: days,
      rawDays,
      settings: {
        reportId: settings.reportId,
        columns: settings.columns,
        format: settings.format,
        pageSize: settings.pageSize,
        ...(settings.filters === undefined ? {} : { filters: settings.filters }),
      },
      mapping,
    });
  }

  /** A child execution for each day of the range that the run is to commit: one that fails does not stop the others. */
  private loadDays(): DistributedMap {
    const { tenant, bucket, settings } = this.props;
    const map = DistributedMap.jsonata(this, 'LoadDays', {
      label: 'Day',
      mapExecutionType: StateMachineType.STANDARD,
      maxConcurrency: settings.daysAtOnce,
      toleratedFailurePercentage: 100,
      items: ProvideItems.jsonata(jsonata('$windows')),
      itemSelector: {
        run: jsonata('$rangeRun'),
        dataset: jsonata('$table'),
        day: jsonata('$states.context.Map.Item.Value.day'),
        task: jsonata('$states.context.Map.Item.Value.task'),
        attempt: jsonata('$rangeAttempt'),
        submittedAt: jsonata('$rangeSubmittedAt'),
        overrides: {},
      },
      resultWriterV2: new ChildResultWriter({ tenant, bucket, settings: { pipeline: PIPELINE } }),
      outputs: {},
    });
    map.itemProcessor(this.day());
    return map;
  }

  private day(): IChainable {
    const { functions, settings, mapping, hashKey } = this.props;
    const { commit, publish } = commitWindow(this, {
      functions,
      pipeline: PIPELINE,
      datasets: this.datasets(),
      deliver: this.props.deliver,
      settings,
      // The export is the range's: the day's own item does not know when it was asked for.
      asked: { submittedAt: jsonata("$submittedAt != '' ? $submittedAt : null") },
    });
    const transform = invoke(this, 'Transform', {
      function: functions['transform-records'],
      payload: {
        ...CLAIMED_WINDOW,
        task: jsonata('$task'),
        attempt: jsonata('$attempt'),
        settings: {
          mapping,
          key: settings.key,
          outputs: settings.outputs,
          thresholds: settings.thresholds,
          completeness: settings.completeness,
          ...hashKeyFor(mapping, hashKey),
        },
      },
    });
    transform.next(commit);
    return claimWindow(this, {
      function: functions.claim,
      work: transform,
      publish,
      replay: transform,
      variables: { submittedAt: jsonata('$states.input.submittedAt') },
    });
  }
}
