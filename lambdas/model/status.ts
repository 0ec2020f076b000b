import { z } from 'zod';
import { Day } from './days.ts';
import { FamilyName } from './families.ts';
import { ActionId, DatasetId, TenantId } from './ids.ts';
import { PipelineName } from './pipelines.ts';
import { RunRecord } from './run-record.ts';

const count = z.int().min(0);
const instant = z.iso.datetime();

/** Days and windows that a list of a status names at most, fewer where there are more than 15 datasets; the count beside it is of all. */
export const STATUS_LISTED = 10;

/** A window that somebody is at work on, or has left. */
export const ClaimedStatus = z.strictObject({
  day: Day,
  run: z.string().describe('Name of the run that holds it'),
  leaseUntil: instant,
  expired: z.boolean().describe('The lease is over: another run may take it'),
  ended: RunRecord.shape.outcome
    .optional()
    .describe(
      'How that run has ended, where the list of runs has it: whichever run comes to the window next takes it over',
    ),
});
export type ClaimedStatus = z.infer<typeof ClaimedStatus>;

/** An export that waits in CXone. */
const QueuedStatus = z.strictObject({ day: Day, since: instant, status: z.string() });

/** How a dataset stands. */
export const DatasetStatus = z.strictObject({
  dataset: DatasetId,
  pipeline: PipelineName,
  lastGoodDay: Day.optional().describe('Every day up to it, from the first, is there'),
  maxEvent: instant.optional(),
  committedDays: count,
  holes: count.describe('Days that are missing before the last committed one'),
  firstHoles: z.array(Day).max(STATUS_LISTED),
  pinned: count,
  firstPinned: z.array(Day).max(STATUS_LISTED),
  unfinishedCommits: count.describe('Commits whose later steps are to be finished by the next run'),
  queued: count.describe('Exports that wait in CXone'),
  firstQueued: z.array(QueuedStatus).max(STATUS_LISTED),
  claimed: count.describe('Windows that a run is at work on, or has left'),
  firstClaimed: z.array(ClaimedStatus).max(STATUS_LISTED),
  openDrift: count.describe('Columns in no mapping that nobody has acknowledged'),
});
export type DatasetStatus = z.infer<typeof DatasetStatus>;

/** How the archive of interactions stands. */
export const ArchiveStatus = z.strictObject({
  loadedThrough: instant
    .optional()
    .describe('What was updated before it is archived, unavailable by name, or of a day that is left open'),
  openDays: count.describe('Archive days of which something is left for the next run'),
  firstOpenDays: z.array(Day).max(STATUS_LISTED),
});
export type ArchiveStatus = z.infer<typeof ArchiveStatus>;

/** How a pipeline stands. */
export const PipelineStatus = z.strictObject({
  pipeline: PipelineName,
  paused: z.strictObject({ since: instant, reason: z.string() }).optional(),
  lastRun: z
    .strictObject({
      run: z.string(),
      outcome: RunRecord.shape.outcome,
      startedAt: instant,
      error: z.string(),
    })
    .optional(),
  lastSuccess: instant.optional().describe('Start of the last run that succeeded'),
});
export type PipelineStatus = z.infer<typeof PipelineStatus>;

/** A breaker that has opened. */
const BreakerStatus = z.strictObject({
  family: FamilyName,
  state: z.enum(['closed', 'open', 'halfOpen']),
  failuresInARow: count,
  openUntil: instant.optional(),
});

/** Something that was done, or may have been, and that no audit record tells yet. */
const OwedRecord = z.strictObject({
  dataset: DatasetId.optional(),
  day: Day.optional().describe('The window, or the archive day'),
  action: ActionId.optional().describe('The data action, by its id'),
  since: instant.optional().describe('When it was done. Absent where the item is not of this release’s form'),
  run: z.string().optional().describe('Name of the run that did it'),
});
export type OwedRecord = z.infer<typeof OwedRecord>;

/** Audit records that a pipeline owes. */
const OwedRecords = z.strictObject({
  pipeline: PipelineName,
  count: count.min(1),
  first: z.array(OwedRecord).max(STATUS_LISTED).describe('The oldest first'),
  cure: z.string(),
});
export type OwedRecords = z.infer<typeof OwedRecords>;

/** How a tenant stands, as the ledger says: small, without personal data. */
export const TenantStatus = z.strictObject({
  tenant: TenantId,
  at: instant,
  pipelines: z.array(PipelineStatus),
  datasets: z.array(DatasetStatus),
  archive: ArchiveStatus.optional().describe('Where the tenant has one'),
  breakers: z.array(BreakerStatus),
  owedRecords: z.array(OwedRecords).describe('Of each pipeline that owes the audit chain records'),
});
export type TenantStatus = z.infer<typeof TenantStatus>;

/** What a tenant has that can be asked for its status. */
export const Deployed = z.strictObject({
  pipelines: z.array(PipelineName),
  datasets: z.array(z.strictObject({ dataset: DatasetId, pipeline: PipelineName })),
  breakers: z.array(FamilyName).describe('Families whose calls have a breaker'),
  nightly: z
    .array(z.strictObject({ pipeline: PipelineName, settleMinutes: z.int().min(0) }))
    .describe('Pipelines that their schedules start, and how long after its end a day is fit to be exported'),
});
export type Deployed = z.infer<typeof Deployed>;
