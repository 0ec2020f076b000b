import {
  Choice,
  Condition,
  type IChainable,
  type INextable,
  Pass,
  type State,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { FunctionName } from '../../../lambdas/model/environment.ts';
import type { Mapping } from '../../../lambdas/model/mapping.ts';
import type { ExportSettings } from '../../../lambdas/model/range-payloads.ts';
import type { FunctionsByName } from '../../functions/tenant-functions.ts';
import { awaitJob } from './await-job.ts';
import { jsonata, RESULT } from './expressions.ts';
import { invoke } from './invoke.ts';
import { callWithToken, ensureToken, freshCall } from './with-token.ts';

const FAMILY = 'analytics';

/** The functions that load a range. */
export const RANGE_FUNCTIONS = [
  'claim',
  'token',
  'submit-export',
  'poll-export',
  'fetch-export',
] as const satisfies readonly FunctionName[];

/*
 * The variables of a range have names of their own: Step Functions has none assigned in a child that its parent assigns, too,
 * and those of a window are assigned in the day's child.
 */
const RANGE_CALL_VARIABLES = { renewedIn: 'rangeRenewedIn', throttles: 'rangeThrottles' };
const ABOUT_RANGE = { run: '$rangeRun', dataset: '$rangeDataset', day: '$rangeDay' };

/** The payload that names a claimed range: every state that works on its export passes it. */
const CLAIMED_RANGE = {
  run: jsonata('$rangeRun'),
  epoch: jsonata('$rangeEpoch'),
  dataset: jsonata('$rangeDataset'),
  day: jsonata('$rangeDay'),
  of: jsonata('$table'),
  days: jsonata('$days'),
};

/** What loading a range needs. */
export interface LoadRange {
  functions: FunctionsByName<(typeof RANGE_FUNCTIONS)[number]>;
  /** Where a loaded range goes on: the variables `rangeRun`, `table`, `rangeAttempt`, `rangeSubmittedAt` and `windows` are there. */
  loaded: State;
  settings: ExportSettings;
  mapping: Mapping;
  rawDays: number;
}

/**
 * The first states of a range's child, whose input is an entry of the list of ranges: claims the range, sees to it that it has an
 * export, waits for it, and stores its pages by day. A range that a living run holds, and one that CXone finds too large,
 * are both a good end of the child.
 */
export function loadRange(scope: Construct, range: LoadRange): IChainable {
  const { functions, loaded } = range;
  const is = (condition: string) => Condition.jsonata(jsonata(condition));
  const submit = submitExport(scope, range);
  const fetch = fetchExport(scope, range, submit);
  const poll = {
    family: FAMILY,
    function: functions['poll-export'],
    token: functions.token,
    payload: { ...CLAIMED_RANGE, attempt: jsonata('$rangeAttempt') },
    about: ABOUT_RANGE,
    variables: RANGE_CALL_VARIABLES,
  } as const;
  const { start } = awaitJob(scope, poll, submit, fetch);
  submit.next(
    Choice.jsonata(scope, 'ExportSubmitted')
      .when(is("$states.input.outcome = 'halved'"), Succeed.jsonata(scope, 'RangeHalved'))
      .when(is("$states.input.outcome = 'loaded'"), loaded)
      .otherwise(start),
  );
  const token = ensureToken(scope, 'EnsureToken', {
    family: FAMILY,
    token: functions.token,
    about: ABOUT_RANGE,
  });
  token.next(submit);
  return beginRange(scope).next(
    Choice.jsonata(scope, 'ExportNeeded')
      .when(is('$load'), claimRange(scope, range, token))
      .otherwise(loaded),
  );
}

function beginRange(scope: Construct): Pass {
  return Pass.jsonata(scope, 'BeginRange', {
    assign: {
      rangeRun: jsonata('$states.input.run'),
      // The ledger keeps ranges of a length under a dataset of their own: see `rangeDataset`.
      rangeDataset: jsonata("$states.input.dataset & '_r' & $states.input.days"),
      table: jsonata('$states.input.dataset'),
      rangeDay: jsonata('$states.input.day'),
      days: jsonata('$states.input.days'),
      rangeTask: jsonata('$states.input.task'),
      load: jsonata('$states.input.load'),
      rangeOverrides: jsonata('$states.input.overrides'),
      windows: jsonata('$states.input.windows'),
      rangeAttempt: 0,
      rangeSubmittedAt: '',
      ...freshCall(RANGE_CALL_VARIABLES),
    },
  });
}

function claimRange(scope: Construct, { functions }: LoadRange, work: State): State {
  const claim = invoke(scope, 'ClaimRange', {
    function: functions.claim,
    payload: {
      run: jsonata('$rangeRun'),
      dataset: jsonata('$rangeDataset'),
      day: jsonata('$rangeDay'),
      task: jsonata('$rangeTask'),
    },
    assign: { rangeEpoch: jsonata(`$exists(${RESULT}.epoch) ? ${RESULT}.epoch : 0`) },
  });
  claim.next(
    Choice.jsonata(scope, 'RangeFree')
      .when(Condition.jsonata(jsonata("$states.input.outcome = 'claimed'")), work)
      .otherwise(Succeed.jsonata(scope, 'RangeAlreadyRunning')),
  );
  return claim;
}

function submitExport(scope: Construct, { functions, settings, rawDays }: LoadRange): State & INextable {
  return callWithToken(scope, 'Submit', {
    family: FAMILY,
    function: functions['submit-export'],
    token: functions.token,
    payload: {
      ...CLAIMED_RANGE,
      task: jsonata('$rangeTask'),
      overrides: jsonata('$rangeOverrides'),
      settings,
      rawDays,
    },
    about: ABOUT_RANGE,
    variables: RANGE_CALL_VARIABLES,
    assign: {
      rangeAttempt: jsonata(`$exists(${RESULT}.attempt) ? ${RESULT}.attempt : 0`),
      rangeSubmittedAt: jsonata(`$exists(${RESULT}.submittedAt) ? ${RESULT}.submittedAt : ''`),
      pollAt: jsonata(`$exists(${RESULT}.pollAt) ? ${RESULT}.pollAt : ''`),
    },
  });
}

/** Stores pages for as long as a function may work, and again, until there is none left. */
function fetchExport(scope: Construct, range: LoadRange, submit: State): State {
  const { functions, settings, mapping, loaded } = range;
  const fetch = callWithToken(scope, 'FetchPages', {
    family: FAMILY,
    function: functions['fetch-export'],
    token: functions.token,
    payload: {
      ...CLAIMED_RANGE,
      attempt: jsonata('$rangeAttempt'),
      format: jsonata(`$exists($rangeOverrides.format) ? $rangeOverrides.format : '${settings.format}'`),
      pageSize: settings.pageSize,
      mapping,
    },
    about: ABOUT_RANGE,
    variables: RANGE_CALL_VARIABLES,
  });
  fetch.next(
    Choice.jsonata(scope, 'PagesLeft')
      .when(Condition.jsonata(jsonata('$states.input.more')), fetch)
      .otherwise(loaded),
  );
  // An export that CXone has forgotten is asked for again, from page 1.
  fetch.addCatch(submit, { errors: ['JobExpired'], outputs: {} });
  return fetch;
}
