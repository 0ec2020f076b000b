import { type Day, endOf, plusDays } from '../model/days.ts';
import type { PlanningSettings } from '../model/payloads.ts';

const MINUTE_MILLISECONDS = 60_000;

/** For how long rows of a day are awaited after its end. */
export type LateRows = Pick<PlanningSettings, 'restateDays' | 'settleMinutes'>;

/** From when on no more rows of a day are awaited, epoch milliseconds: it has settled, and its restatements are over. */
export function lateRowsUntil(day: Day, { restateDays, settleMinutes }: LateRows): number {
  return Math.max(endOf(plusDays(day, restateDays)), endOf(day) + settleMinutes * MINUTE_MILLISECONDS);
}
