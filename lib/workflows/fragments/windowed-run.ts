import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  type State,
  StateMachineType,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { TenantId } from '../../../lambdas/model/ids.ts';
import type { PlanSettings } from '../../../lambdas/model/payloads.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { jsonata, REDRIVE, RESULT } from './expressions.ts';
import { invoke } from './invoke.ts';
import { ChildResultWriter, WindowListReader } from './map-objects.ts';

/** The states between Plan and Reconcile: they find the list of windows in the variables `listKey` and `round`. */
export interface RunWork {
  start: State;
  /** Leads on to Reconcile. */
  end: (reconcile: State) => void;
}

/** What every run over windows needs. */
interface RunFrame {
  tenant: TenantId;
  bucket: IBucket;
  functions: Record<'plan' | 'reconcile' | 'record', PipelineFunction>;
  settings: PlanSettings;
}

/** Each window by itself. */
interface EachWindow {
  /** Windows side by side. */
  windowsAtOnce: number;
  /** The child: one execution a window, its input `{ run, day, task, dataset, overrides }`. */
  window: IChainable;
}

/** A run that does its windows each by itself, or in a way of its own. */
export type WindowedRun = RunFrame & (EachWindow | { work: RunWork });

/**
 * Plan, a Map Run with one child execution a window, Reconcile, RecordRun. Failed children do not stop the others:
 * Reconcile reads the ledger and ends the run by name, in place, so that a redrive comes back to it and sends round again
 * what is unfinished.
 */
export function windowedRun(scope: Construct, run: WindowedRun): IChainable {
  const { pipeline } = run.settings;
  const plan = invoke(scope, 'Plan', {
    function: run.functions.plan,
    payload: {
      run: jsonata('$states.context.Execution.Id'),
      startTime: jsonata('$states.context.Execution.StartTime'),
      input: jsonata('$states.context.Execution.Input'),
      settings: run.settings,
    },
    assign: { listKey: jsonata(`${RESULT}.listKey`), round: 0 },
  });
  const { start: windows, end } = 'work' in run ? run.work : exportWindows(scope, run);
  const reconcile = invoke(scope, 'Reconcile', {
    function: run.functions.reconcile,
    payload: {
      run: jsonata('$states.context.Execution.Id'),
      pipeline,
      listKey: jsonata('$listKey'),
      round: jsonata('$round'),
      redrive: jsonata(REDRIVE),
    },
    assign: {
      round: jsonata(REDRIVE),
      listKey: jsonata(`$exists(${RESULT}.listKey) ? ${RESULT}.listKey : $listKey`),
    },
  });
  const record = invoke(scope, 'RecordRun', {
    function: run.functions.record,
    payload: { run: jsonata('$states.context.Execution.Id'), pipeline, outcome: 'SUCCEEDED' },
  });
  const is = (condition: string) => Condition.jsonata(jsonata(condition));
  end(reconcile);
  reconcile.next(
    Choice.jsonata(scope, 'WindowsLeft')
      .when(is("$states.input.outcome = 'again'"), windows)
      .otherwise(record),
  );
  record.next(Succeed.jsonata(scope, 'RunComplete'));
  return plan.next(
    Choice.jsonata(scope, 'WindowsDue')
      .when(is('$states.input.dryRun'), Succeed.jsonata(scope, 'DryRunShown'))
      .when(is('$states.input.windows = 0'), record)
      .otherwise(windows),
  );
}

function exportWindows(scope: Construct, run: RunFrame & EachWindow): RunWork {
  const map = DistributedMap.jsonata(scope, 'ExportWindows', {
    label: 'Window',
    mapExecutionType: StateMachineType.STANDARD,
    maxConcurrency: run.windowsAtOnce,
    toleratedFailurePercentage: 100,
    itemReader: new WindowListReader(run),
    itemSelector: {
      run: jsonata('$states.context.Execution.Id'),
      day: jsonata('$states.context.Map.Item.Value.day'),
      task: jsonata('$states.context.Map.Item.Value.task'),
      dataset: jsonata('$states.context.Map.Item.Value.dataset'),
      overrides: jsonata('$states.context.Map.Item.Value.overrides'),
    },
    // The children's results are in the ledger; what Step Functions writes here keeps the Map's own result small.
    resultWriterV2: new ChildResultWriter(run),
    outputs: {},
  });
  map.itemProcessor(run.window);
  return {
    start: map,
    end: (reconcile) => {
      map.next(reconcile);
    },
  };
}
