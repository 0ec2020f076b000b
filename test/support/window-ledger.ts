import { leaveCommit } from '../../lambdas/ledger/commits.ts';
import { recordedCommit } from '../../lambdas/ledger/later-steps.ts';
import type { WindowState } from '../../lambdas/ledger/window-state.ts';
import { claimWindow, readWindow, type WindowLedger } from '../../lambdas/ledger/windows.ts';
import { CommitEntry } from '../../lambdas/model/audit.ts';
import { Day } from '../../lambdas/model/days.ts';
import { type DatasetId, GenerationId, RunArn, TenantId } from '../../lambdas/model/ids.ts';
import {
  CDR_DATASET,
  type ClaimedWindow,
  type GenerationFacts,
  PlanSettings,
  type WindowTask,
} from '../../lambdas/model/payloads.ts';
import type { Table } from '../../lambdas/model/ports.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';

export { CDR_DATASET };

/** What the plan of call detail records is told, all by default. */
export const CDR_PLAN = PlanSettings.parse({ pipeline: 'cdr-export', datasets: [{ dataset: CDR_DATASET }] });

export const MAY_15 = Day.parse('2024-05-15');

let tenants = 0;

/** The ledger of a tenant that no other test has, on the morning after 15 May 2024. */
export function windowLedger(table: Table, now = '2024-05-16T03:30:00.000Z') {
  tenants += 1;
  const clock: FakeClock = fakeClock(now);
  const ledger: WindowLedger = { table, tenant: TenantId.parse(`tenant-${tenants}`), clock };
  return { ledger, clock };
}

/** The run of that name. */
export function runCalled(name: string): RunArn {
  return RunArn.parse(`arn:aws:states:eu-west-1:000000000000:execution:cxone-export-acme-cdr-export:${name}`);
}

/** A generation's id made of one hex digit. */
export function generationOf(digit: string): GenerationId {
  return GenerationId.parse(digit.repeat(32));
}

/** What a commit is told of a generation: 10 rows, one of them a duplicate. */
export function factsOf(generation: GenerationId, maxEvent?: string): GenerationFacts {
  return {
    generation,
    manifestKey: `lake/manifest-${generation}.json`,
    files: 1,
    bytesIn: 1_000,
    bytesOut: 400,
    rows: { parsed: 10, rowsOut: 9, duplicates: 1, superseded: 0, rejects: 0, outsideWindow: 0 },
    driftColumns: 0,
    ...(maxEvent === undefined ? {} : { maxEvent }),
  };
}

/** Says of every run that it lives. */
export const everybodyLives = async () => false;
/** Says of every run that it has ended. */
export const everybodyHasEnded = async () => true;

/** Claims a window that is free. */
export async function claimed(
  ledger: WindowLedger,
  run: RunArn,
  {
    day = MAY_15,
    task = 'export',
    dataset = CDR_DATASET,
  }: { day?: Day; task?: WindowTask; dataset?: DatasetId } = {},
): Promise<ClaimedWindow> {
  const request = { run, dataset, day, task };
  const claim = await claimWindow(ledger, request, everybodyHasEnded);
  if (claim.outcome !== 'claimed') throw new Error(`The claim ended as ${claim.outcome}.`);
  return { run, epoch: claim.epoch, dataset, day };
}

/** Sees the commit of a claimed window through, as if everything had been shown and recorded. */
export async function seenThrough(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  generation: GenerationId,
): Promise<void> {
  await leaveCommit(ledger, claim, generation);
  const { unaudited } = await readWindow(ledger, claim.dataset, claim.day);
  for (const text of unaudited)
    await recordedCommit(ledger, CommitEntry.parse(JSON.parse(text)), {
      pipeline: 'cdr-export',
      sequence: 1,
      text,
    });
}

/** The state of a window that nobody has touched, with some of it changed. */
export function stateWith(changes: Partial<WindowState>): WindowState {
  return {
    day: MAY_15,
    epoch: 1,
    leaseUntil: 0,
    attempt: 0,
    nextPollAt: 0,
    polls: 0,
    failures: 0,
    partsMissing: 0,
    registrants: new Set(),
    commits: 0,
    unaudited: new Set(),
    pinned: false,
    ...changes,
  };
}
