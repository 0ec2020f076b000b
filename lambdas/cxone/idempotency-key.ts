import { createHash } from 'node:crypto';
import type { Day } from '../model/days.ts';
import type { DatasetId, TenantId } from '../model/ids.ts';
import type { CdrFilters } from '../model/pipelines.ts';

/** All that makes a job for a window another job. */
export interface JobIdentity {
  tenant: TenantId;
  dataset: DatasetId;
  day: Day;
  reportId: string;
  columns: readonly string[];
  filters: CdrFilters | undefined;
  format: 'csv' | 'json';
  /** The n-th job for this window, from 1. */
  attempt: number;
}

/**
 * The `X-Request-Id` under which a job is submitted: SHA-256 of what makes it this job, in the form of a version 4 UUID. The
 * same job has the same id on every machine and in every year, so a POST whose answer was lost can be made again.
 */
export function requestUuid(identity: JobIdentity): string {
  const { tenant, dataset, day, reportId, columns, filters, format, attempt } = identity;
  const { skillGroups, segments } = filters ?? {};
  const canonical = [
    tenant,
    dataset,
    day,
    reportId,
    columns,
    skillGroups ?? null,
    segments ?? null,
    format,
    attempt,
  ];
  const hex = createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
