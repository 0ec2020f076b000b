import {
  Choice,
  Condition,
  Map as InlineMap,
  Pass,
  ProvideItems,
  type State,
  type StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import type { Mapping } from '../../lambdas/model/mapping.ts';
import { CDR_DATASET, type PlannedDataset } from '../../lambdas/model/payloads.ts';
import type { CdrPipeline } from '../../lambdas/model/pipelines.ts';
import type { FunctionsByName } from '../functions/tenant-functions.ts';
import { awaitJob } from './fragments/await-job.ts';
import { CLAIMED_WINDOW, claimWindow } from './fragments/claim-window.ts';
import { COMMIT_FUNCTIONS, commitWindow } from './fragments/commit-window.ts';
import { jsonata, RESULT } from './fragments/expressions.ts';
import { hashKeyFor } from './fragments/hash-key.ts';
import { invoke } from './fragments/invoke.ts';
import { pipelineMachine, type WorkflowProps } from './fragments/machine.ts';
import { plannedDataset, planSettings, requiredSources } from './fragments/plan-settings.ts';
import { windowedRun } from './fragments/windowed-run.ts';
import { callWithToken, ensureToken, freshCall } from './fragments/with-token.ts';

const FAMILY = 'dataDownload';
const PART_VARIABLES = { renewedIn: 'partRenewedIn', throttles: 'partThrottles' };

/** The functions that the machine calls. */
export const CDR_EXPORT_FUNCTIONS = [
  'plan',
  'claim',
  'token',
  'submit',
  'poll',
  'download',
  'transform',
  ...COMMIT_FUNCTIONS,
  'reconcile',
  'record',
] as const satisfies readonly FunctionName[];

/** Props of `CdrExportWorkflow`. */
export interface CdrExportWorkflowProps extends WorkflowProps {
  functions: FunctionsByName<(typeof CDR_EXPORT_FUNCTIONS)[number]>;
  settings: CdrPipeline;
  mapping: Mapping;
}

/**
 * Daily call detail records: one child execution a UTC day. Claim, EnsureToken, Submit, (Wait, Poll)*, the parts, Transform,
 * Commit, Publish. Every state can be entered again: what was done before is in the ledger.
 */
export class CdrExportWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: CdrExportWorkflowProps) {
    super(scope, id);
    const { settings, functions } = props;
    const definition = windowedRun(this, {
      tenant: props.tenant,
      bucket: props.bucket,
      functions,
      settings: planSettings(settings, {
        pipeline: 'cdr-export',
        datasets: datasetsOf(settings),
        requiredColumns: requiredSources(props.mapping),
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

  private window(props: CdrExportWorkflowProps) {
    const { functions, settings } = props;
    const { commit, publish } = commitWindow(this, {
      functions,
      pipeline: 'cdr-export',
      datasets: datasetsOf(settings),
      deliver: props.deliver,
      settings,
    });
    const download = this.downloadParts(props);
    const transform = this.transform(props, download, commit);
    download.next(transform);
    const submit = this.submit(props);
    const { start, poll } = awaitJob(this, this.pollCall(props), submit, download);
    submit.next(start);
    const askAgain = Pass.jsonata(this, 'AskForPartsAgain', {
      assign: { partsMissing: jsonata('$partsMissing + 1') },
    });
    askAgain.next(poll);
    download.addCatch(askAgain, { errors: ['PartNotReady'], outputs: {} });
    const token = ensureToken(this, 'EnsureToken', { family: FAMILY, token: functions.token });
    token.next(submit);
    return claimWindow(this, {
      function: functions.claim,
      work: token,
      publish,
      replay: transform,
      variables: { partsMissing: 0, fetch: 1 },
    });
  }

  private submit({ functions, settings }: CdrExportWorkflowProps) {
    return callWithToken(this, 'Submit', {
      family: FAMILY,
      function: functions.submit,
      token: functions.token,
      payload: {
        ...CLAIMED_WINDOW,
        task: jsonata('$task'),
        overrides: jsonata('$overrides'),
        settings: {
          reportId: settings.reportId,
          columns: settings.columns,
          format: settings.format,
          ...(settings.filters === undefined ? {} : { filters: settings.filters }),
        },
      },
      assign: {
        attempt: jsonata(`${RESULT}.attempt`),
        pollAt: jsonata(`${RESULT}.pollAt`),
      },
    });
  }

  private pollCall({ functions, settings }: CdrExportWorkflowProps) {
    return {
      family: FAMILY,
      function: functions.poll,
      token: functions.token,
      payload: {
        ...CLAIMED_WINDOW,
        attempt: jsonata('$attempt'),
        partsMissing: jsonata('$partsMissing'),
        outputs: settings.outputs,
        transformDisk: settings.transformDisk,
      },
      // The brackets keep one part a list, and make a list of none.
      assign: { parts: jsonata(`[${RESULT}.parts]`) },
    } as const;
  }

  /** The parts side by side. A part that CXone does not have yet ends the Map: the list is asked for again. */
  private downloadParts({ functions, settings }: CdrExportWorkflowProps): InlineMap {
    const begin = Pass.jsonata(this, 'BeginPart', {
      assign: { part: jsonata('$states.input.part'), ...freshCall(PART_VARIABLES) },
    });
    const download = callWithToken(this, 'Download', {
      family: FAMILY,
      function: functions.download,
      token: functions.token,
      variables: PART_VARIABLES,
      payload: {
        ...CLAIMED_WINDOW,
        attempt: jsonata('$attempt'),
        part: jsonata('$part'),
        format: settings.format,
        fetch: jsonata('$fetch'),
        partsMissing: jsonata('$partsMissing'),
      },
    });
    return InlineMap.jsonata(this, 'DownloadParts', {
      items: ProvideItems.jsonata(jsonata('$parts')),
      itemSelector: { part: jsonata('$states.context.Map.Item.Value') },
      maxConcurrency: settings.downloadsAtOnce,
      outputs: { parts: jsonata('$count($states.result)') },
    }).itemProcessor(begin.next(download));
  }

  /** Transforms the window. Parts that hold fewer rows than announced are fetched once more. */
  private transform(
    { functions, settings, mapping, hashKey }: CdrExportWorkflowProps,
    download: State,
    commit: State,
  ) {
    const fetchAgain = Pass.jsonata(this, 'FetchAgain', { assign: { fetch: jsonata('$fetch + 1') } });
    fetchAgain.next(download);
    const transform = invoke(this, 'Transform', {
      function: functions.transform,
      payload: {
        ...CLAIMED_WINDOW,
        task: jsonata('$task'),
        attempt: jsonata('$attempt'),
        fetch: jsonata('$fetch'),
        settings: {
          format: settings.format,
          mapping,
          key: settings.key,
          outputs: settings.outputs,
          thresholds: settings.thresholds,
          ...hashKeyFor(mapping, hashKey),
        },
      },
    });
    transform.next(
      Choice.jsonata(this, 'RowsComplete')
        .when(Condition.jsonata(jsonata("$states.input.outcome = 'fetchAgain'")), fetchAgain)
        .otherwise(commit),
    );
    return transform;
  }
}

function datasetsOf({ startDate }: CdrPipeline): PlannedDataset[] {
  return [plannedDataset(CDR_DATASET, startDate)];
}
