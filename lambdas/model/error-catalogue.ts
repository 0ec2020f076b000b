import { ARCHIVE_ERRORS } from './archive-errors.ts';
import { DATA_ACTION_ERRORS } from './data-action-errors.ts';
import { JOB_ERRORS } from './job-errors.ts';
import { LATER_STEP_ERRORS } from './later-errors.ts';
import { OPERATION_ERRORS } from './operation-errors.ts';
import { PAGE_ERRORS } from './page-errors.ts';
import { type CatalogueEntry, PLATFORM_ERRORS } from './platform-errors.ts';

export type { CatalogueEntry, WhoActs } from './platform-errors.ts';

/**
 * Every error that a pipeline of ours, or the platform beneath it, can end with. docs/errors.md is made from this table and
 * the state machines match these names.
 */
export const CATALOGUE = {
  InputRefused: {
    meaning:
      'The input of the run is not one that the pipeline knows. Nothing was called and nothing was written.',
    acts: 'operator',
    remedy: 'Mend every problem that the message lists and start the pipeline again with the new input.',
  },
  SettingsRefused: {
    meaning: 'A function was given settings or an environment that are not what it was built for.',
    acts: 'platform engineer',
    remedy:
      'Mend what the message names of the configuration or of a mapping, and deploy. Where it names nothing of them, deploy the tenant stack again: functions and machine come from different releases.',
  },
  HashKeyMissing: {
    meaning:
      'A column is to be hashed, and the secret with the tenant’s hash keys is absent, unreadable, not of its form, or lacks the version that the configuration names.',
    acts: 'platform engineer',
    remedy:
      'Write {"keys": {"<version>": "<output of openssl rand -base64 32>"}} to the secret that the message names, beside every key that it has; then redrive. Nothing was written.',
  },
  HashKeyChanged: {
    meaning:
      'The secret has another key under a version that values were hashed with before: what would be hashed now would not join with them.',
    acts: 'platform engineer',
    remedy:
      'Put the earlier key back: Secrets Manager keeps the secret’s previous value as AWSPREVIOUS; then redrive. Where another key is meant, give it a new version, in the secret and in hashKey.version of the configuration, and deploy. Nothing was written.',
  },
  CredentialsMissing: {
    meaning:
      'The secret with the client credentials is absent, unreadable, or lacks clientId or clientSecret.',
    acts: 'platform engineer',
    remedy:
      'Write {"clientId": "…", "clientSecret": "…"} to the secret named in the configuration, then redrive.',
  },
  CredentialsRejected: {
    meaning: 'CXone refused the client credentials.',
    acts: 'CXone administrator',
    remedy: 'Check the service account in CXone, write its current credentials to the secret, then redrive.',
  },
  TokenRejected: {
    meaning:
      'CXone answered 401 to an access token, or the ledger holds none that may be used. The machine fetches a new one and repeats the call.',
    acts: 'nobody',
    remedy: 'Nothing; if a run ends with it, redrive.',
  },
  TokenRejectedTwice: {
    meaning: 'CXone answered 401 to an access token, and again to the one fetched in its place.',
    acts: 'CXone administrator',
    remedy: 'Check that the service account is active and that no policy revokes its tokens, then redrive.',
  },
  TokenBusy: {
    meaning: 'Another machine has been refreshing the token for longer than its call may take.',
    acts: 'nobody',
    remedy: 'The token is asked for again. If a run ends with it, redrive.',
  },
  ScopeMissing: {
    meaning: 'CXone answered 403: the service account lacks a scope or a permission that the call needs.',
    acts: 'CXone administrator',
    remedy: 'Grant the scope that the message names to the service account, then redrive.',
  },
  ClientBlocked: {
    meaning:
      'CXone answered 403 without a JSON body: our address is blocked, for about 15 minutes, after ignored throttling.',
    acts: 'operator',
    remedy:
      'Look for another client on the same egress address that polls too fast. The machine waits 15 minutes and tries again; redrive if it ended.',
  },
  Throttled: {
    meaning:
      'CXone answered 429, or the limiter has no slot soon. The machine waits until the stated instant.',
    acts: 'nobody',
    remedy: 'Nothing, unless it repeats for hours: then lower the rate in the configuration.',
  },
  ThrottledTooLong: {
    meaning: 'CXone asked for a pause of more than 24 hours.',
    acts: 'NICE support',
    remedy: 'Ask NICE support why, with the request id in the message; redrive when the pause is over.',
  },
  ServerFault: {
    meaning: 'CXone answered 5xx, or with a body that is not what its API promises, on every attempt.',
    acts: 'operator',
    remedy:
      'Look at the status page of CXone; redrive when it is well. With the request id NICE support can look the call up.',
  },
  ConnectionLost: {
    meaning: 'The connection to CXone could not be made, broke, or answered too late, on every attempt.',
    acts: 'operator',
    remedy: 'Check the egress (proxy, security group, DNS) and the status page of CXone, then redrive.',
  },
  RequestRefused: {
    meaning: 'CXone answered 400, 409 or 422: it holds our request to be wrong. It is never repeated.',
    acts: 'platform engineer',
    remedy:
      'Read CXone’s own words in the message; mend columns, filters or the endpoint in the configuration, deploy, and start again.',
  },
  NotFound: {
    meaning: 'CXone answered 404 to a call that should know its address.',
    acts: 'platform engineer',
    remedy: 'Check the base URL and the endpoint paths of the family in the configuration.',
  },
  ...JOB_ERRORS,
  PartNotReady: {
    meaning:
      'CXone answered 404 to a part of a job that it calls completed. The machine asks for the status again.',
    acts: 'nobody',
    remedy: 'Redrive if a run ended with it; with the job id NICE support can see what became of the part.',
  },
  PartIncomplete: {
    meaning: 'A part arrived short, long, or with another digest than announced, on every attempt.',
    acts: 'operator',
    remedy:
      'Redrive: parts that arrived whole are not fetched again. If it repeats, give NICE support the job id and the part.',
  },
  PartCorrupted: {
    meaning: 'A stored part does not read back as the bytes that were received.',
    acts: 'platform engineer',
    remedy: 'Find out who wrote to the raw prefix, then start the window again with "refresh": true.',
  },
  PartMalformed: {
    meaning: 'A part cannot be read as the format that was asked for.',
    acts: 'NICE support',
    remedy:
      'Look at the raw part that the message names; redrive, which fetches the file of an analytics export anew; then refresh the window, and if it is the same ask NICE support. Where a sheet of a workbook is full, lower `rangeDays` or take another format.',
  },
  RecordCountMismatch: {
    meaning: 'The rows of the parts are not as many as CXone announced, also after fetching them again.',
    acts: 'NICE support',
    remedy:
      'The next run asks CXone for the job and its files again; "refresh": true asks for a new job at once. If it repeats, give NICE support the job id and both counts.',
  },
  RequiredColumnMissing: {
    meaning: 'A part lacks a column that the mapping requires, or gives it twice.',
    acts: 'platform engineer',
    remedy:
      'If CXone renamed it, add the new name to the aliases in the mapping, deploy, and start the window again.',
  },
  RejectsAboveThreshold: {
    meaning:
      'More rows than the threshold allows could not be typed. Nothing was committed; the rejects lie in quarantine.',
    acts: 'platform engineer',
    remedy:
      'Read the reasons in the quarantine object that the message names; mend the mapping or raise the threshold, and start the window again.',
  },
  CompletenessBelowThreshold: {
    meaning:
      'More records than the configured rate allows lack fields that the mapping requires. Nothing was committed.',
    acts: 'platform engineer',
    remedy:
      'See which fields the message names: grant the scope or ask for the columns that bring them, or mend the mapping, and start the window again with "refresh": true.',
  },
  FieldsUnknown: {
    meaning: 'The source has fields that the mapping does not know, and the mapping’s newFields is fail.',
    acts: 'platform engineer',
    remedy:
      'Add the fields that the message names to the mapping, or set its newFields to extra or ignore, deploy, and start the window again.',
  },
  RowsOutsideWindow: {
    meaning: 'More rows than the threshold allows start outside the window’s day.',
    acts: 'platform engineer',
    remedy:
      'Check the window column of the mapping and the time zone of the report; then start the window again with "refresh": true.',
  },
  DurationUnitUnclear: {
    meaning: 'The durations of a part fit neither seconds nor milliseconds between start and end.',
    acts: 'platform engineer',
    remedy:
      'Compare a few rows of the raw part with the mapping’s unit, mend the mapping, and start the window again.',
  },
  SumsDisagree: {
    meaning: 'Rows read and rows written do not add up. Nothing was committed.',
    acts: 'platform engineer',
    remedy: 'This is a defect of ours: keep the raw parts and report it with the counts in the message.',
  },
  WindowTooLarge: {
    meaning: 'The window needs more disk than the transform function has.',
    acts: 'platform engineer',
    remedy:
      'Raise the setting that the message names, deploy, and start the same input again: a redrive would use the earlier settings.',
  },
  ClaimLost: {
    meaning: 'Another run has taken the window over, because this one’s lease was over.',
    acts: 'nobody',
    remedy: 'Look at the run that holds the window now. Redrive this one only if the other did not commit.',
  },
  WindowPinned: {
    meaning: 'The window is pinned to an earlier generation and is not committed until it is unpinned.',
    acts: 'operator',
    remedy: 'Unpin the window when the earlier generation is no longer wanted.',
  },
  CommitContended: {
    meaning: 'The catalog did not come to rest on the ledger’s generation: committers kept changing it.',
    acts: 'operator',
    remedy: 'Redrive; if it repeats, find the second run that commits the same window.',
  },
  WindowsFailed: {
    meaning: 'One or more windows of the run failed; the others are committed.',
    acts: 'operator',
    remedy:
      'Look at the error of each window in the list. Then redrive this execution: only what is unfinished runs again.',
  },
  ...DATA_ACTION_ERRORS,
  LedgerUnreadable: {
    meaning: 'An item of the ledger is not of the form that this release writes.',
    acts: 'platform engineer',
    remedy: 'Find out who wrote the item that the message names; restore it by point-in-time recovery.',
  },
  LedgerContended: {
    meaning: 'A conditional write to the ledger kept losing to other writers.',
    acts: 'nobody',
    remedy: 'The state is tried again; if a run ends with it, redrive.',
  },
  ObjectMissing: {
    meaning:
      'An object that the ledger names is not in the bucket, or a stored part is not the one that the list of parts announces.',
    acts: 'platform engineer',
    remedy: 'Restore the object from its earlier version, or start the window again with "refresh": true.',
  },
  CallbackRefused: {
    meaning: 'A download address points to a host that may not be called.',
    acts: 'platform engineer',
    remedy: 'If the host is CXone’s, add it to the family’s downloadHosts in the configuration.',
  },
  AwsCallFailed: {
    meaning:
      'An AWS service refused or failed a call of a function, or an object’s bytes broke off while it was read, after all retries.',
    acts: 'platform engineer',
    remedy:
      'Read the service’s error in the message: permissions, quotas and encryption keys are the usual causes. Then redrive.',
  },
  UnexpectedFault: {
    meaning: 'A function failed in a way that it does not foresee.',
    acts: 'platform engineer',
    remedy:
      'This is a defect of ours: report it with the message and the function’s log. A redrive goes on from the ledger.',
  },
  PartMissing: {
    meaning:
      'CXone answered 404 to a part of a completed job, also after its list of files had been asked for five times more.',
    acts: 'NICE support',
    remedy:
      'The next run asks CXone for the job and its files again; "refresh": true asks for a new job at once. If it repeats, give NICE support the job id and the part.',
  },
  RunInterrupted: {
    meaning: 'The embedded platform was stopped while the run was under way.',
    acts: 'operator',
    remedy: 'Run the same command again, or redrive the run: it goes on where it stopped.',
  },
  ...ARCHIVE_ERRORS,
  ...PAGE_ERRORS,
  ...LATER_STEP_ERRORS,
  ...OPERATION_ERRORS,
  ...PLATFORM_ERRORS,
} as const satisfies Record<string, CatalogueEntry>;

/** The name of an error of the catalogue. */
export type ErrorName = keyof typeof CATALOGUE;

/** What the catalogue says of a name, or undefined where it has none. */
export function catalogueEntry(name: string): CatalogueEntry | undefined {
  return Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name as ErrorName] : undefined;
}
