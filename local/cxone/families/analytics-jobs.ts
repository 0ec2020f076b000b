import type { Behaviour } from '../behaviour.ts';
import { type ExportPlan, planExport } from '../data/interactions/export-plan.ts';
import type { AnalyticsSettings } from '../data/interactions/settings.ts';
import { uuidOf } from '../data/random.ts';
import type { AnalyticsRequest } from './analytics-request.ts';

/** Seconds for which a finished export is kept. */
const keptSeconds = 24 * 3600;

/** An export job. What a scenario says of its data and its life holds from its creation on. */
export interface AnalyticsJob {
  readonly id: string;
  readonly client: string;
  readonly request: AnalyticsRequest;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly plan: ExportPlan;
  readonly behaviour: Behaviour;
  readonly fails: boolean;
  readonly expires: boolean;
  readonly goneWhilePaging: boolean;
  /** Polls that were answered. */
  polls: number;
  /** Epoch milliseconds of the last call that asked for the status. */
  lastPollAt: number | undefined;
  /** Pages, or files, that were handed out. */
  pages: number;
}

/** Makes the n-th export, from 1, since the scenarios were chosen. There is no key: every submission is one more. */
export function createAnalyticsJob(
  client: string,
  request: AnalyticsRequest,
  origin: {
    seed: string;
    now: number;
    behaviour: Behaviour;
    settings: (day: string) => AnalyticsSettings;
    number: number;
    ordinal: number;
  },
): AnalyticsJob {
  const { seed, now, behaviour, number, settings, ordinal } = origin;
  return {
    id: uuidOf(seed, 'analytics', client, String(ordinal)),
    client,
    request,
    createdAt: now,
    plan: planExport({ seed, settings, ...request }),
    behaviour,
    fails: number <= behaviour.job.failing,
    expires: number <= behaviour.job.expiring,
    goneWhilePaging: number <= behaviour.analytics.goneWhilePaging,
    polls: 0,
    lastPollAt: undefined,
    pages: 0,
  };
}

/** Epoch milliseconds at which an export ends, well or not. */
export function endOfAnalyticsJob({ createdAt, behaviour }: AnalyticsJob): number {
  return createdAt + (behaviour.job.queueWait + behaviour.job.processing) * 1000;
}

/** Whether an export is gone. */
export function isAnalyticsJobGone(job: AnalyticsJob, now: number): boolean {
  return (
    now >= endOfAnalyticsJob(job) + keptSeconds * 1000 ||
    (job.expires && job.polls > 0) ||
    (job.goneWhilePaging && job.pages > 0)
  );
}

/** The status to tell: what a scenario tells the first polls, else what the time makes it. */
export function statusOfAnalyticsJob(job: AnalyticsJob, now: number): string {
  const told = job.behaviour.job.statesFirst[job.polls];
  if (told !== undefined) return told.toLowerCase();
  if (now < job.createdAt + job.behaviour.job.queueWait * 1000) return 'pending';
  if (now < endOfAnalyticsJob(job)) return 'processing';
  return job.fails ? 'failed' : 'completed';
}
