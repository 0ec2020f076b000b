import type { Behaviour, FilesTold } from '../behaviour.ts';
import { type DayPlan, planDay } from '../data/day-plan.ts';
import { type PartFacts, partFacts } from '../data/part-facts.ts';
import { uuidOf } from '../data/random.ts';
import type { DownloadRequest } from './download-request.ts';

/** Seconds for which a finished job is kept. */
const keptSeconds = 24 * 3600;

/** An export job. What a scenario says of its data and its life holds from its creation on. */
export interface DownloadJob {
  readonly requestId: string;
  readonly idempotencyKey: string;
  readonly client: string;
  readonly request: DownloadRequest;
  /** The posted body, to tell another request under the same key. */
  readonly body: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly plan: DayPlan;
  readonly behaviour: Behaviour;
  readonly fails: boolean;
  readonly expires: boolean;
  /** Polls that were answered. */
  polls: number;
  /** Of those, polls that were told COMPLETED. */
  completedPolls: number;
  /** Epoch milliseconds of the last call that asked for the status, whatever became of it. */
  lastPollAt: number | undefined;
  /** Calls in a row that asked too soon. */
  hasty: number;
  /** Downloads of each part. */
  readonly downloads: Map<number, number>;
}

/** Makes the n-th job, from 1, since the scenarios were chosen. */
export function createJob(
  client: string,
  idempotencyKey: string,
  request: DownloadRequest,
  body: string,
  origin: { seed: string; now: number; behaviour: Behaviour; number: number },
): DownloadJob {
  const { seed, now, behaviour, number } = origin;
  const { day, layout, job } = behaviour;
  return {
    requestId: uuidOf(seed, 'job', client, idempotencyKey),
    idempotencyKey,
    client,
    request,
    body,
    createdAt: now,
    plan: planDay({ seed, settings: day, layout, ...request }),
    behaviour,
    fails: number <= job.failing && request.columns.length >= job.failingFromColumns,
    expires: number <= job.expiring,
    polls: 0,
    completedPolls: 0,
    lastPollAt: undefined,
    hasty: 0,
    downloads: new Map(),
  };
}

/** Epoch milliseconds at which a job ends, well or not. */
export function endOf(job: DownloadJob): number {
  return job.createdAt + (job.behaviour.job.queueWait + job.behaviour.job.processing) * 1000;
}

/** Whether a job is gone. */
export function isGone(job: DownloadJob, now: number): boolean {
  return now >= endOf(job) + keptSeconds * 1000 || (job.expires && job.polls > 0);
}

/** Whether a job's parts can be had. */
export function isFinished(job: DownloadJob, now: number): boolean {
  return !job.fails && now >= endOf(job) && !isGone(job, now);
}

/** The status to tell: what a scenario tells the first polls, else what the time makes it. */
export function statusOf(job: DownloadJob, now: number): string {
  const told = job.behaviour.job.statesFirst[job.polls];
  if (told !== undefined) return told;
  if (now < job.createdAt + job.behaviour.job.queueWait * 1000) return 'PENDING';
  if (now < endOf(job)) return 'PROCESSING';
  return job.fails ? 'FAILED' : 'COMPLETED';
}

/** Length, digest and rows of every part. */
export async function allFacts(job: DownloadJob): Promise<PartFacts[]> {
  const facts: PartFacts[] = [];
  if (job.behaviour.manifest.noFiles) return facts;
  for (const part of job.plan.parts) facts.push(await partFacts(job.plan, part));
  return facts;
}

/** The job as the status call tells it. */
export async function describeJob(
  job: DownloadJob,
  now: number,
  addressOf: (part: number) => string,
): Promise<Record<string, unknown>> {
  const status = statusOf(job, now);
  const createdAt = new Date(job.createdAt).toISOString();
  const known = { id: job.requestId, status, createdAt };
  if (status === 'FAILED') {
    return {
      ...known,
      completedAt: new Date(endOf(job)).toISOString(),
      errorCode: job.behaviour.job.errorCode,
    };
  }
  if (status !== 'COMPLETED') return known;
  const completed = { ...known, completedAt: new Date(endOf(job)).toISOString() };
  const told = job.behaviour.job.filesFirst[job.completedPolls];
  const facts = await allFacts(job);
  if (told !== undefined && !(typeof told === 'number' && told >= facts.length)) {
    const early = filesTold(facts, told);
    return { ...completed, files: early?.map((fact) => fileOf(job, fact, addressOf)) };
  }
  const { reversed, recordCount, recordCountOff } = job.behaviour.manifest;
  const files = facts.map((fact) => fileOf(job, fact, addressOf));
  if (reversed) files.reverse();
  const rows = facts.reduce((sum, fact) => sum + fact.rows, 0) + recordCountOff;
  return { ...completed, files, recordCount: recordCount ? rows : undefined };
}

/** The name of a part's file. */
export function fileName(job: DownloadJob, part: number): string {
  const day = job.request.day.replaceAll('-', '');
  return `cdr_export_${day}_${partName(part)}.${job.request.format}`;
}

/** A part as file names write it. */
export function partName(part: number): string {
  return `part${String(part).padStart(3, '0')}`;
}

function fileOf(
  job: DownloadJob,
  fact: PartFacts,
  addressOf: (part: number) => string,
): Record<string, unknown> {
  const { sha256, recordCount, recordCountOff } = job.behaviour.manifest;
  return {
    fileName: fileName(job, fact.part),
    fileSize: fact.size,
    downloadUrl: addressOf(fact.part),
    sha256: sha256 ? fact.sha256 : undefined,
    recordCount: recordCount ? fact.rows + recordCountOff : undefined,
  };
}

function filesTold(facts: readonly PartFacts[], told: FilesTold): PartFacts[] | undefined {
  switch (told) {
    case 'absent':
      return undefined;
    case 'gap':
      return facts.slice(1);
    case 'zero-size':
      return facts.map((fact, position) => (position === facts.length - 1 ? { ...fact, size: 0 } : fact));
    default:
      return facts.slice(0, told);
  }
}
