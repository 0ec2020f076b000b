import { z } from 'zod';
import type { DatasetId } from '../lambdas/model/ids.ts';
import { ANALYTICS_DATASET, CDR_DATASET } from '../lambdas/model/payloads.ts';

/** A mapping that a dataset is to have instead of the configured one. */
export interface PinnedMapping {
  dataset: DatasetId;
  /** Name of its file, without `.json`. */
  mapping: string;
}

const Settings = z.looseObject({});
const Tenants = z.looseObject({ tenants: z.array(z.looseObject({ pipelines: Settings.prefault({}) })) });
const Reports = z.looseObject({ reports: z.array(Settings) });

/** The configuration, as its file gives it, with another mapping for a dataset. One that is none is left as it is: its problems are told elsewhere. */
export function withPinned(configuration: unknown, pinned: PinnedMapping): unknown {
  const parsed = Tenants.safeParse(configuration);
  if (!parsed.success) return configuration;
  const tenants = parsed.data.tenants.map(({ pipelines, ...tenant }) => ({
    ...tenant,
    pipelines: pinnedIn(pipelines, pinned),
  }));
  return { ...parsed.data, tenants };
}

function pinnedIn(
  pipelines: z.infer<typeof Settings>,
  { dataset, mapping }: PinnedMapping,
): z.infer<typeof Settings> {
  if (dataset === CDR_DATASET) {
    const cdr = Settings.safeParse(pipelines.cdr ?? {});
    return cdr.success ? { ...pipelines, cdr: { ...cdr.data, mapping } } : pipelines;
  }
  if (dataset === ANALYTICS_DATASET) {
    const analytics = Settings.safeParse(pipelines.analytics);
    return analytics.success ? { ...pipelines, analytics: { ...analytics.data, mapping } } : pipelines;
  }
  const reports = Reports.safeParse(pipelines.reports);
  if (!reports.success) return pipelines;
  const pinned = reports.data.reports.map((report) =>
    report.dataset === dataset ? { ...report, mapping } : report,
  );
  return { ...pipelines, reports: { ...reports.data, reports: pinned } };
}
