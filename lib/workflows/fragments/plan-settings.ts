import type { Day } from '../../../lambdas/model/days.ts';
import type { DatasetId } from '../../../lambdas/model/ids.ts';
import type { Mapping } from '../../../lambdas/model/mapping.ts';
import type { PlannedDataset, PlanningSettings, PlanSettings } from '../../../lambdas/model/payloads.ts';

/** A dataset as plans take it: with its first day where the configuration fixes it. */
export function plannedDataset(dataset: DatasetId, startDate: Day | undefined): PlannedDataset {
  return { dataset, ...(startDate === undefined ? {} : { startDate }) };
}

/** Source names of the columns without which nothing can be transformed: an input cannot leave them out. */
export function requiredSources({ columns }: Mapping): string[] {
  return columns.filter(({ required }) => required).map(({ source }) => source);
}

/** What the plan of a pipeline is told: its datasets, and which of their days are due when. */
export function planSettings(
  { settleMinutes, catchUpDays, restateDays }: PlanningSettings,
  own: Omit<PlanSettings, keyof PlanningSettings>,
): PlanSettings {
  return { ...own, settleMinutes, catchUpDays, restateDays };
}
