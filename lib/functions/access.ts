import type { FunctionName } from '../../lambdas/model/environment.ts';
import type { FamilyName } from '../../lambdas/model/families.ts';
import type { LakePrefix } from '../storage/lake-bucket.ts';
import type { LedgerAccess, LedgerAction } from '../storage/ledger.ts';

const READ: readonly LedgerAction[] = ['GetItem'];
const CHANGE: readonly LedgerAction[] = ['GetItem', 'UpdateItem'];
const NOTE: readonly LedgerAction[] = ['UpdateItem'];
const LIST: readonly LedgerAction[] = ['Query'];

/** Every stage of a window renews the claim in its item and adds a note to the run's. */
const stage: LedgerAccess = { window: CHANGE, run: NOTE };

/** Every call to CXone takes a slot of the limiter and reads the sealed access token; a 403 marks it as discarded. */
const call: LedgerAccess = { ...stage, token: CHANGE, limiter: CHANGE };

/** The same for calls that are about no window. */
const callOfRun: LedgerAccess = { run: NOTE, token: CHANGE, limiter: CHANGE };

/** What each function may do with the ledger's items of its tenant, by kind. */
export const LEDGER_ACCESS: Readonly<Record<FunctionName, LedgerAccess>> = {
  plan: { window: LIST, mark: CHANGE, run: [...NOTE, ...LIST], pause: READ },
  claim: stage,
  token: { token: CHANGE, refresh: CHANGE, run: NOTE },
  submit: call,
  poll: call,
  download: { ...call, part: CHANGE },
  'read-report': { ...call, part: NOTE, reading: CHANGE, breaker: CHANGE },
  transform: { ...stage, part: LIST, drift: NOTE },
  'transform-records': { ...stage, part: LIST, drift: NOTE },
  'list-ranges': { window: READ, run: NOTE },
  'submit-export': { ...call, attempt: NOTE },
  'poll-export': { ...call, attempt: READ },
  'fetch-export': { ...call, attempt: NOTE, page: [...NOTE, ...LIST], part: NOTE },
  commit: stage,
  publish: { window: [...CHANGE, ...LIST], mark: CHANGE, run: NOTE },
  deliver: { window: CHANGE, run: CHANGE, delivery: [...CHANGE, ...LIST], action: CHANGE },
  audit: { window: CHANGE, run: NOTE, audit: [...CHANGE, ...LIST] },
  operate: {
    window: [...CHANGE, ...LIST],
    pause: CHANGE,
    mark: READ,
    drift: LIST,
    breaker: READ,
    run: LIST,
    action: LIST,
    archive: READ,
  },
  doctor: { token: CHANGE, run: [...NOTE, ...LIST], window: LIST, archive: LIST },
  'roll-back': stage,
  reconcile: { window: READ, run: LIST },
  'plan-updates': { run: NOTE, pause: READ },
  'list-actions': callOfRun,
  'update-actions': { ...callOfRun, action: [...CHANGE, ...LIST], breaker: CHANGE },
  'audit-updates': { action: CHANGE, run: NOTE, audit: [...CHANGE, ...LIST] },
  'reconcile-updates': { action: LIST, breaker: READ, run: [...NOTE, ...LIST] },
  'plan-archive': { window: LIST, mark: CHANGE, run: NOTE, pause: READ },
  'list-interactions': { ...call, window: LIST, archive: [...CHANGE, ...LIST] },
  'look-up-interactions': { run: NOTE, token: CHANGE, limiter: CHANGE, archive: NOTE },
  'list-archive-days': { window: [...READ, ...LIST], archive: LIST, run: NOTE },
  'seal-archive-day': { ...stage, archive: CHANGE },
  'store-media': { ...call, archive: [...CHANGE, ...LIST] },
  'mark-archive-day': { ...call, archive: [...NOTE, ...LIST] },
  'reconcile-archive': { window: [...READ, ...LIST], archive: [...READ, ...LIST], mark: CHANGE, run: NOTE },
  record: {
    window: [...READ, ...LIST],
    reading: READ,
    mark: READ,
    run: [...CHANGE, ...LIST],
    drift: LIST,
    pause: READ,
  },
};

/** What each function may do with its tenant's objects, by the first segment of their keys. */
export const LAKE_ACCESS: Readonly<
  Partial<Record<FunctionName, { read: readonly LakePrefix[]; write: readonly LakePrefix[] }>>
> = {
  plan: { read: [], write: ['runs'] },
  poll: { read: ['raw'], write: ['raw'] },
  download: { read: ['raw'], write: ['raw'] },
  'read-report': { read: [], write: ['raw'] },
  // Before it writes a generation it looks whether that is there already, in all its files.
  transform: { read: ['raw', 'lake', 'export', 'adhoc'], write: ['lake', 'export', 'quarantine', 'adhoc'] },
  'transform-records': {
    read: ['raw', 'lake', 'export', 'adhoc'],
    write: ['lake', 'export', 'quarantine', 'adhoc'],
  },
  'list-ranges': { read: ['runs'], write: ['runs'] },
  // A file is stored first and taken apart then, as it was stored.
  'fetch-export': { read: ['raw'], write: ['raw'] },
  publish: { read: ['lake'], write: ['current'] },
  deliver: { read: ['lake', 'export', 'runs'], write: ['runs'] },
  // Nobody else writes here, and it reads nothing: what it has written it does not need again.
  audit: { read: [], write: ['audit'] },
  // A generation that is rolled back to is looked at in all its files.
  operate: { read: ['lake', 'export'], write: [] },
  doctor: { read: ['runs'], write: [] },
  'roll-back': { read: ['lake', 'export'], write: [] },
  reconcile: { read: ['runs'], write: ['runs'] },
  'plan-updates': { read: ['manifests'], write: ['runs'] },
  'list-actions': { read: ['runs'], write: ['runs'] },
  'update-actions': { read: ['runs'], write: ['runs'] },
  'audit-updates': { read: ['runs'], write: ['audit'] },
  'reconcile-updates': { read: ['runs'], write: ['runs'] },
  'plan-archive': { read: [], write: ['runs'] },
  'list-interactions': { read: ['runs'], write: ['runs'] },
  'look-up-interactions': { read: ['raw'], write: ['raw'] },
  'list-archive-days': { read: ['runs'], write: ['runs'] },
  // Before it seals an object it looks whether that is there already.
  'seal-archive-day': { read: ['raw', 'archive'], write: ['archive'] },
  'store-media': { read: ['raw'], write: ['media'] },
  'mark-archive-day': { read: ['runs'], write: [] },
  'reconcile-archive': { read: ['runs', 'raw'], write: ['runs'] },
  record: { read: ['runs'], write: ['runs'] },
};

/** Functions that call CXone with an access token, and the family that each calls: they may open its access token, and no refresh token. */
export const CALLERS: Readonly<Partial<Record<FunctionName, FamilyName>>> = {
  submit: 'dataDownload',
  poll: 'dataDownload',
  download: 'dataDownload',
  'submit-export': 'analytics',
  'poll-export': 'analytics',
  'fetch-export': 'analytics',
  'list-actions': 'dataActions',
  'update-actions': 'dataActions',
  'read-report': 'reporting',
  'list-interactions': 'interactions',
  'look-up-interactions': 'interactions',
  'store-media': 'interactions',
  'mark-archive-day': 'interactions',
};

/** What a function may do beside its work on ledger and lake. */
export type Capability =
  | 'readCredentials'
  | 'sealTokens'
  | 'publishPartitions'
  | 'authenticateAudit'
  | 'sealArchives'
  | 'readWebhookSecret'
  | 'readHashKey'
  | 'sendDeadLetters'
  | 'notify'
  | 'lookUpRuns';

/** What each function may do beside its work on ledger and lake. */
export const CAPABILITIES: Readonly<Partial<Record<FunctionName, readonly Capability[]>>> = {
  claim: ['lookUpRuns'],
  token: ['readCredentials', 'sealTokens'],
  publish: ['publishPartitions'],
  audit: ['authenticateAudit'],
  'audit-updates': ['authenticateAudit'],
  doctor: ['readCredentials', 'readHashKey'],
  transform: ['readHashKey'],
  'transform-records': ['readHashKey'],
  operate: ['notify'],
  reconcile: ['lookUpRuns'],
  'roll-back': ['lookUpRuns'],
  'seal-archive-day': ['sealArchives'],
  deliver: ['readWebhookSecret', 'sendDeadLetters', 'lookUpRuns'],
  record: ['notify', 'lookUpRuns'],
};
