import {
  Choice,
  Condition,
  type State,
  type StateMachine,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { type Mapping, withoutDefaults } from '../../lambdas/model/mapping.ts';
import type { PlannedDataset } from '../../lambdas/model/payloads.ts';
import type { Report, ReportsPipeline } from '../../lambdas/model/reports.ts';
import type { FunctionsByName } from '../functions/tenant-functions.ts';
import { CLAIMED_WINDOW, claimWindow } from './fragments/claim-window.ts';
import { COMMIT_FUNCTIONS, commitWindow } from './fragments/commit-window.ts';
import { jsonata, RESULT, wholeSecond } from './fragments/expressions.ts';
import { hashKeyFor } from './fragments/hash-key.ts';
import { invoke } from './fragments/invoke.ts';
import { pipelineMachine, type WorkflowProps } from './fragments/machine.ts';
import { plannedDataset, planSettings } from './fragments/plan-settings.ts';
import { windowedRun } from './fragments/windowed-run.ts';
import { callWithToken, ensureToken } from './fragments/with-token.ts';

const FAMILY = 'reporting';

/** The functions that the machine calls. */
export const REPORT_SYNC_FUNCTIONS = [
  'plan',
  'claim',
  'token',
  'read-report',
  'transform-records',
  ...COMMIT_FUNCTIONS,
  'reconcile',
  'record',
] as const satisfies readonly FunctionName[];

/** A report and the mapping that its settings name. */
export interface MappedReport {
  report: Report;
  mapping: Mapping;
}

/** Props of `ReportSyncWorkflow`. */
export interface ReportSyncWorkflowProps extends WorkflowProps {
  functions: FunctionsByName<(typeof REPORT_SYNC_FUNCTIONS)[number]>;
  settings: ReportsPipeline;
  reports: readonly MappedReport[];
}

/**
 * All reports of a tenant: one child execution a report and UTC day. Claim, EnsureToken, ReadReport (again and again, with
 * rests where CXone cuts it short), Transform, Commit, Publish. Each report has a Transform of its own: its mapping
 * is a literal there, so that no state carries it, and the payload of no function holds more than one.
 */
export class ReportSyncWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: ReportSyncWorkflowProps) {
    super(scope, id);
    const { settings, functions } = props;
    const definition = windowedRun(this, {
      tenant: props.tenant,
      bucket: props.bucket,
      functions,
      settings: planSettings(settings, {
        pipeline: 'report-sync',
        datasets: datasetsOf(settings),
        requiredColumns: [],
      }),
      windowsAtOnce: settings.windowsAtOnce,
      window: this.window(props),
    });
    this.stateMachine = pipelineMachine(this, {
      name: props.machineName,
      definition,
      logs: props.logs,
      functions: [...Object.values(functions), props.deliver],
    });
  }

  private window(props: ReportSyncWorkflowProps) {
    const { functions, settings } = props;
    const { commit, publish } = commitWindow(this, {
      functions,
      pipeline: 'report-sync',
      datasets: datasetsOf(settings),
      deliver: props.deliver,
      settings,
    });
    const token = ensureToken(this, 'EnsureToken', { family: FAMILY, token: functions.token });
    const transform = this.transform(props, commit);
    token.next(this.readReport(props, transform));
    return claimWindow(this, {
      function: functions.claim,
      work: token,
      publish,
      replay: transform,
      variables: {},
    });
  }

  /** Reads pages until all are there. The function goes on where it stopped: after a time limit, a rest, a fault, a redrive. */
  private readReport({ functions, reports }: ReportSyncWorkflowProps, transform: State): State {
    const read = callWithToken(this, 'ReadReport', {
      family: FAMILY,
      function: functions['read-report'],
      token: functions.token,
      payload: {
        ...CLAIMED_WINDOW,
        task: jsonata('$task'),
        reports: Object.fromEntries(
          reports.map(({ report: { dataset, reportId, parameters, intervalMinutes } }) => [
            dataset,
            { reportId, parameters, intervalMinutes },
          ]),
        ),
      },
      assign: { attempt: jsonata(`$exists(${RESULT}.attempt) ? ${RESULT}.attempt : 0`) },
    });
    const rest = Wait.jsonata(this, 'RestAfterTruncation', {
      time: WaitTime.timestamp(wholeSecond('$states.input.resumeAt')),
    });
    const is = (outcome: string) => Condition.jsonata(jsonata(`$states.input.outcome = '${outcome}'`));
    rest.next(read);
    read.next(
      Choice.jsonata(this, 'ReportRead')
        .when(is('read'), transform)
        .when(is('resting'), rest)
        .otherwise(read),
    );
    return read;
  }

  private transform({ functions, reports, hashKey }: ReportSyncWorkflowProps, commit: State): State {
    const which = Choice.jsonata(this, 'WhichReport');
    for (const { report, mapping } of reports) {
      const { dataset, key, outputs, thresholds, completeness } = report;
      const transform = invoke(this, `Transform ${dataset}`, {
        function: functions['transform-records'],
        payload: {
          ...CLAIMED_WINDOW,
          task: jsonata('$task'),
          attempt: jsonata('$attempt'),
          settings: {
            mapping: withoutDefaults(mapping),
            key,
            outputs,
            thresholds,
            completeness,
            ...hashKeyFor(mapping, hashKey),
          },
        },
      });
      transform.next(commit);
      which.when(Condition.jsonata(jsonata(`$dataset = '${dataset}'`)), transform);
    }
    return which;
  }
}

function datasetsOf({ reports }: ReportsPipeline): PlannedDataset[] {
  return reports.map(({ dataset, startDate }) => plannedDataset(dataset, startDate));
}
