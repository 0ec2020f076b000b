import type { Day } from '../model/days.ts';
import type { FamilyName } from '../model/families.ts';
import type { ActionId, DatasetId, RunArn, TenantId } from '../model/ids.ts';
import { runName } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import type { ItemKey } from '../model/ports.ts';

/*
 * Every key of the ledger. The kind of item is part of the partition key, so that a function's role can be bounded to the
 * kinds that it needs (`dynamodb:LeadingKeys`).
 */

/** The partition that holds all windows of a dataset, by day. */
export function windowPartition(tenant: TenantId, dataset: DatasetId): string {
  return `${tenant}#window#${dataset}`;
}

/** The item of one window: claim, job, commit. */
export function windowKey(tenant: TenantId, dataset: DatasetId, day: Day): ItemKey {
  return { pk: windowPartition(tenant, dataset), sk: day };
}

/** The partition that holds what is known of the stored parts of a dataset's windows. */
export function partPartition(tenant: TenantId, dataset: DatasetId): string {
  return `${tenant}#part#${dataset}`;
}

/** The item of one stored part of one attempt. */
export function partKey(
  tenant: TenantId,
  dataset: DatasetId,
  day: Day,
  attempt: number,
  part: number,
): ItemKey {
  return { pk: partPartition(tenant, dataset), sk: `${partPrefix(day, attempt)}${padded(part)}` };
}

/** What the sort keys of an attempt's parts begin with. */
export function partPrefix(day: Day, attempt: number): string {
  return `${day}#${padded(attempt)}#`;
}

/** The item that says how far the pages of a window have been read. */
export function readingKey(tenant: TenantId, dataset: DatasetId, day: Day): ItemKey {
  return { pk: `${tenant}#reading#${dataset}`, sk: day };
}

/** The item that says until when all of a tenant's machines leave a family alone. */
export function restKey(tenant: TenantId, family: FamilyName): ItemKey {
  return { pk: `${tenant}#breaker#${family}`, sk: 'rest' };
}

/** The item with a dataset's marks. */
export function markKey(tenant: TenantId, dataset: DatasetId): ItemKey {
  return { pk: `${tenant}#mark#${dataset}`, sk: 'marks' };
}

/** The partition that holds the columns of a dataset that no mapping knows. */
export function driftPartition(tenant: TenantId, dataset: DatasetId): string {
  return `${tenant}#drift#${dataset}`;
}

/** The item that says which key a version of a tenant's hash key is. */
export function hashKeyKey(tenant: TenantId, version: string): ItemKey {
  return { pk: `${tenant}#hashKey#${version}`, sk: 'key' };
}

/** The partition that holds what a run's functions noted, for its record. */
export function runPartition(tenant: TenantId, run: RunArn): string {
  return `${tenant}#run#${runName(run)}`;
}

/** The partition that holds the deliveries of a topic: of a dataset's commits, or of what a pipeline has to tell. */
export function deliveryPartition(tenant: TenantId, topic: string): string {
  return `${tenant}#delivery#${topic}`;
}

/** The partition that lists deliveries that have been given up. No topic is called so. */
export function deadPartition(tenant: TenantId): string {
  return `${tenant}#delivery##dead`;
}

/** The partition that holds the audit chain of a pipeline: its records, its head, and a note of each event. */
export function auditPartition(tenant: TenantId, pipeline: PipelineName): string {
  return `${tenant}#audit#${pipeline}`;
}

/** The item of one audit record. */
export function auditRecordKey(tenant: TenantId, pipeline: PipelineName, sequence: number): ItemKey {
  return { pk: auditPartition(tenant, pipeline), sk: `record#${String(sequence).padStart(10, '0')}` };
}

/** The item of the last audit record that is anchored. */
export function auditHeadKey(tenant: TenantId, pipeline: PipelineName): ItemKey {
  return { pk: auditPartition(tenant, pipeline), sk: 'head' };
}

/** The note that tells where the record of an event is, or behind which record it can only be. */
export function auditEventKey(tenant: TenantId, pipeline: PipelineName, event: string): ItemKey {
  return { pk: auditPartition(tenant, pipeline), sk: `event#${event}` };
}

/** The item that says whether a pipeline is paused. */
export function pauseKey(tenant: TenantId, pipeline: PipelineName): ItemKey {
  return { pk: `${tenant}#pause#${pipeline}`, sk: 'pause' };
}

/** The partition that lists a tenant's runs. No run has this name: names of executions have no `#`. */
export function runListPartition(tenant: TenantId): string {
  return `${tenant}#run##list`;
}

/** The item that numbers the exports of a dataset, whatever their ranges. */
export function attemptKey(tenant: TenantId, dataset: DatasetId): ItemKey {
  return { pk: `${tenant}#attempt#${dataset}`, sk: 'attempts' };
}

/** The partition that holds what is known of the pages of a dataset's exports. */
export function pagePartition(tenant: TenantId, dataset: DatasetId): string {
  return `${tenant}#page#${dataset}`;
}

/** What the sort keys of an export's pages begin with. */
export function pagePrefix(attempt: number): string {
  return `${padded(attempt)}#`;
}

/** The item of the pages that one part of an export holds. */
export function pageKey(tenant: TenantId, dataset: DatasetId, attempt: number, part: number): ItemKey {
  return { pk: pagePartition(tenant, dataset), sk: `${pagePrefix(attempt)}${padded(part)}` };
}

/** The partition that holds how a run's updates of data actions stand. */
export function actionPartition(tenant: TenantId, run: RunArn): string {
  return `${tenant}#action#${runName(run)}`;
}

/** The item of one update of a run, by its place in the run's list. */
export function actionKey(tenant: TenantId, run: RunArn, index: number): ItemKey {
  return { pk: actionPartition(tenant, run), sk: String(index).padStart(6, '0') };
}

/** The item of whoever is at work on a data action. No run is called so. */
export function actionTurnKey(tenant: TenantId, id: ActionId): ItemKey {
  return { pk: `${tenant}#action##turn`, sk: id };
}

/** The partition of changes of data actions that an audit record is owed for. No run is called so. */
export function owedChangePartition(tenant: TenantId): string {
  return `${tenant}#action##owed`;
}

/** The item of a change that the update at a place of a run's list means to make, for the n-th time from 1. */
export function owedChangeKey(
  tenant: TenantId,
  id: ActionId,
  { run, index, times }: { run: RunArn; index: number; times: number },
): ItemKey {
  return {
    pk: owedChangePartition(tenant),
    sk: `${id}#${runName(run)}#${String(index).padStart(6, '0')}#${padded(times)}`,
  };
}

/** The action's id in the sort key of one of its changes: all before the last three parts, since an id may hold anything. */
export function owedActionIn(sk: string): string {
  return sk.split('#').slice(0, -3).join('#');
}

/** Between which sort keys the changes of an action lie. */
export function owedChangeRange(id: ActionId): { from: string; to: string } {
  return { from: `${id}#`, to: `${id}$` };
}

function padded(number: number): string {
  return String(number).padStart(5, '0');
}
