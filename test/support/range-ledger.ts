import { readParts } from '../../lambdas/ledger/parts.ts';
import { claimWindow, type WindowLedger } from '../../lambdas/ledger/windows.ts';
import { Day } from '../../lambdas/model/days.ts';
import { type RunArn, rangeDataset } from '../../lambdas/model/ids.ts';
import { ANALYTICS_DATASET, type WindowTask } from '../../lambdas/model/payloads.ts';
import { type ClaimedRange, ExportSettings } from '../../lambdas/model/range-payloads.ts';
import type { DayRange } from '../../lambdas/model/ranges.ts';
import { everybodyHasEnded } from './window-ledger.ts';

/** Three days of May 2024. */
export const THREE_DAYS: DayRange = { from: Day.parse('2024-05-13'), days: 3 };

/** An export as a configuration asks for it. */
export const EXPORT = ExportSettings.parse({
  reportId: 'interactions',
  format: 'json',
  columns: ['id', 'startTime'],
  pageSize: 100,
});

/** Claims a range that is free. */
export async function claimedRange(
  ledger: WindowLedger,
  run: RunArn,
  { range = THREE_DAYS, task = 'export' }: { range?: DayRange; task?: WindowTask } = {},
): Promise<ClaimedRange> {
  const dataset = rangeDataset(ANALYTICS_DATASET, range.days);
  const claim = await claimWindow(ledger, { run, dataset, day: range.from, task }, everybodyHasEnded);
  if (claim.outcome !== 'claimed') throw new Error(`The claim ended as ${claim.outcome}.`);
  return { run, epoch: claim.epoch, dataset, day: range.from, of: ANALYTICS_DATASET, days: range.days };
}

/** The parts that are noted of a day, as its transform finds them. */
export function partsOfDay(ledger: WindowLedger, claim: ClaimedRange, day: string, attempt: number) {
  return readParts(ledger, { ...claim, dataset: claim.of, day: Day.parse(day) }, attempt);
}
