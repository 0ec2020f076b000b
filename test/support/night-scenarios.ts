/** Scenarios that a night survives by itself. */
export interface Survived {
  requirement: string;
  scenarios: string;
  /** Jobs that the window took. Default 1. */
  attempts?: number;
}

/** The life of jobs. */
export const jobs: readonly Survived[] = [
  { requirement: 'CDR-01', scenarios: 'normal' },
  { requirement: 'CDR-04', scenarios: 'states-out-of-order' },
  { requirement: 'CDR-04', scenarios: 'unknown-status' },
  { requirement: 'CDR-04', scenarios: 'early-completed' },
  { requirement: 'CDR-04', scenarios: 'files-grow:2' },
  { requirement: 'CDR-04', scenarios: 'files-out-of-order' },
  { requirement: 'CDR-05', scenarios: 'queue-wait:7200' },
  { requirement: 'CDR-05', scenarios: 'processing-time:7200' },
  { requirement: 'CDR-06', scenarios: 'job-failed:1', attempts: 2 },
  { requirement: 'CDR-06', scenarios: 'job-failed:2', attempts: 3 },
  { requirement: 'CDR-06', scenarios: 'job-expired', attempts: 2 },
  { requirement: 'CDR-06', scenarios: 'part-not-ready:1' },
  { requirement: 'CDR-07', scenarios: 'absolute-urls' },
  { requirement: 'CDR-07', scenarios: 'foreign-host' },
  { requirement: 'CDR-07', scenarios: 'parts:9' },
  { requirement: 'CDR-07', scenarios: 'no-range' },
  { requirement: 'CDR-07', scenarios: 'no-sha256' },
  { requirement: 'CDR-13', scenarios: 'no-record-count' },
];

/** Throttling, errors, connections. */
export const faults: readonly Survived[] = [
  { requirement: 'ALL-08', scenarios: 'throttle-seconds' },
  { requirement: 'ALL-08', scenarios: 'throttle-date' },
  { requirement: 'ALL-08', scenarios: 'throttle-silent' },
  { requirement: 'ALL-08', scenarios: 'rate-limit:60' },
  { requirement: 'ALL-08', scenarios: 'throttle-seconds,unforgiving:1' },
  { requirement: 'ALL-09', scenarios: 'server-errors' },
  { requirement: 'ALL-09', scenarios: 'html-errors' },
  { requirement: 'ALL-09', scenarios: 'blocked' },
  { requirement: 'ALL-09', scenarios: 'reset' },
  { requirement: 'ALL-09', scenarios: 'fault-rate:0.1' },
  { requirement: 'CDR-02', scenarios: 'lost-reply' },
  { requirement: 'CDR-07', scenarios: 'short-body' },
  { requirement: 'CDR-07', scenarios: 'clean-short' },
  { requirement: 'CDR-07', scenarios: 'corrupt-body' },
];

/** Tokens and their endpoint. */
export const tokens: readonly Survived[] = [
  { requirement: 'ALL-07', scenarios: 'token-short-life' },
  { requirement: 'ALL-07', scenarios: 'token-life:100' },
  { requirement: 'ALL-07', scenarios: 'token-revoked:3' },
  { requirement: 'ALL-07', scenarios: 'refresh-token-dead,token-short-life' },
  { requirement: 'ALL-07', scenarios: 'token-throttled' },
  { requirement: 'ALL-07', scenarios: 'token-endpoint-errors' },
];

/** What a day holds and how its parts are written, where that is committed. */
export const committed: readonly (readonly [requirement: string, scenarios: string])[] = [
  ['CDR-09', 'bom'],
  ['CDR-09', 'crlf'],
  ['CDR-09', 'no-final-newline'],
  ['CDR-09', 'column-order'],
  ['CDR-09', 'quoted-fields'],
  ['CDR-09', 'header-only-part'],
  ['CDR-09', 'bom,crlf,column-order,quoted-fields,no-final-newline,header-only-part'],
  ['CDR-10', 'drift'],
  ['CDR-10', 'missing-column:Disposition'],
  ['CDR-10', 'rows:2000,rejects:2'],
  ['CDR-10', 'rows:2000,wrong-width:2'],
  ['CDR-11', 'type-change'],
  ['CDR-12', 'duplicates'],
  ['CDR-12', 'superseded'],
  ['CDR-13', 'rows:4000,duplicates:5,superseded:5,rejects:2,wrong-width:1,outside:3,drift'],
  ['CDR-01', 'outside:2'],
  ['CDR-14', 'empty-day'],
  ['CDR-14', 'empty-day-no-files'],
];

/** Scenarios that a night fails under, by which name and where. */
export interface Failure {
  requirement: string;
  scenarios: string;
  error: string;
  state: string;
  /** Jobs by the time that the window is committed. Default 1. */
  attempts?: number;
  /** Hours until the run is redriven. Default none. */
  hours?: number;
}

/** What passes: a redrive commits. */
export const passing: readonly Failure[] = [
  {
    requirement: 'CDR-06',
    scenarios: 'job-always-failed',
    error: 'ExportFailed',
    state: 'Poll',
    attempts: 4,
  },
  {
    requirement: 'CDR-06',
    scenarios: 'job-expired:100',
    error: 'ExportFailed',
    state: 'Poll',
    attempts: 4,
  },
  {
    requirement: 'CDR-06',
    scenarios: 'export-too-large',
    error: 'ExportTooLarge',
    state: 'Poll',
    attempts: 2,
  },
  { requirement: 'CDR-07', scenarios: 'short-body:100', error: 'PartIncomplete', state: 'Download' },
  { requirement: 'CDR-07', scenarios: 'clean-short:100', error: 'PartIncomplete', state: 'Download' },
  { requirement: 'CDR-07', scenarios: 'corrupt-body:100', error: 'PartIncomplete', state: 'Download' },
  { requirement: 'ALL-07', scenarios: 'token-always-rejected', error: 'TokenRejectedTwice', state: 'Submit' },
  {
    requirement: 'ALL-07',
    scenarios: 'scope-missing:data:download:write',
    error: 'ScopeMissing',
    state: 'Submit',
  },
  {
    requirement: 'ALL-07',
    scenarios: 'scope-missing:data:download:read',
    error: 'ScopeMissing',
    state: 'Poll',
  },
  {
    requirement: 'ALL-07',
    scenarios: 'token-endpoint-errors:100',
    error: 'ServerFault',
    state: 'EnsureToken',
  },
  {
    requirement: 'ALL-08',
    scenarios: 'throttle-long',
    error: 'ThrottledTooLong',
    state: 'Submit',
    hours: 26,
  },
  { requirement: 'ALL-09', scenarios: 'server-errors:100', error: 'ServerFault', state: 'Submit' },
  { requirement: 'ALL-09', scenarios: 'html-errors:100', error: 'ServerFault', state: 'Submit' },
  { requirement: 'ALL-09', scenarios: 'reset:100', error: 'ConnectionLost', state: 'Submit' },
  {
    requirement: 'ALL-09',
    scenarios: 'blocked:20000,token-life:86400',
    error: 'ClientBlocked',
    state: 'Poll',
  },
];

/** What CXone gave is defective: it has to be asked again. */
export const defects: readonly Failure[] = [
  { requirement: 'CDR-06', scenarios: 'part-not-ready:100', error: 'PartMissing', state: 'Download' },
  {
    requirement: 'CDR-13',
    scenarios: 'record-count-wrong',
    error: 'RecordCountMismatch',
    state: 'Transform',
  },
  {
    requirement: 'CDR-10',
    scenarios: 'missing-column:CallId',
    error: 'RequiredColumnMissing',
    state: 'Transform',
  },
  {
    requirement: 'CDR-10',
    scenarios: 'missing-column:StartTime',
    error: 'RequiredColumnMissing',
    state: 'Transform',
  },
  { requirement: 'CDR-10', scenarios: 'rejects', error: 'RejectsAboveThreshold', state: 'Transform' },
  { requirement: 'CDR-10', scenarios: 'wrong-width', error: 'RejectsAboveThreshold', state: 'Transform' },
  { requirement: 'CDR-11', scenarios: 'duration-unclear', error: 'DurationUnitUnclear', state: 'Transform' },
  { requirement: 'CDR-01', scenarios: 'outside', error: 'RowsOutsideWindow', state: 'Transform' },
];
