import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AnalyticsPipeline } from '../lambdas/model/analytics-pipeline.ts';
import type { ArchivePipeline } from '../lambdas/model/archive-pipeline.ts';
import { Configuration, Tenant } from '../lambdas/model/configuration.ts';
import type { DataActionsPipeline } from '../lambdas/model/data-actions-pipeline.ts';
import type { Day } from '../lambdas/model/days.ts';
import { type Family, type FamilyName, resolveFamily } from '../lambdas/model/families.ts';
import { Mapping } from '../lambdas/model/mapping.ts';
import { ANALYTICS_DATASET, CDR_DATASET, type PlannedDataset } from '../lambdas/model/payloads.ts';
import { CdrPipeline, type PipelineName } from '../lambdas/model/pipelines.ts';
import { type Problem, problemsOf, Refusal } from '../lambdas/model/refusal.ts';
import type { Report, ReportsPipeline } from '../lambdas/model/reports.ts';
import { tenantProblems, tenantWarnings } from './configuration-checks.ts';
import { type PinnedMapping, withPinned } from './pinned-mapping.ts';

/** A tenant with everything that its configuration leaves to defaults or to other files. */
export interface ConfiguredTenant {
  tenant: Tenant;
  /** Every family of the tenant, whole. */
  families: Readonly<Record<FamilyName, Family>>;
  /** The pipelines that are deployed. */
  pipelines: readonly PipelineName[];
  /** Every dataset that becomes a table. */
  datasets: readonly LoadedDataset[];
  cdr: { settings: CdrPipeline; mapping: Mapping };
  analytics?: { settings: AnalyticsPipeline; mapping: Mapping };
  /** Absent: the pipeline is not deployed. */
  dataActions?: DataActionsPipeline | undefined;
  /** Absent where no reports are read. */
  reports?: ConfiguredReports;
  archive?: ArchivePipeline;
}

/** A dataset that becomes a table: which pipeline loads it, how, and its first day where the configuration fixes it. */
export interface LoadedDataset extends PlannedDataset {
  pipeline: PipelineName;
  mapping: Mapping;
}

/** The reports of a tenant, each with its mapping. */
export interface ConfiguredReports {
  settings: ReportsPipeline;
  reports: readonly { report: Report; mapping: Mapping }[];
}

/** A configuration that has passed every check. */
export interface LoadedConfiguration {
  configuration: Configuration;
  tenants: readonly ConfiguredTenant[];
  /** What would work but is probably not meant, one sentence each. */
  warnings: readonly string[];
}

/** What became of one file: its value, or its problems. */
type Read<Value> = { value: Value } | { problems: Problem[] };

/**
 * Loads a configuration and the mapping files that it names, `mappings/<name>.json` beside it.
 * Throws one `Refusal` with the problems of all of them.
 * @param pinned taken instead of what the file says
 */
export function loadConfiguration(file: string, pinned?: PinnedMapping): LoadedConfiguration {
  const read = readJson(file);
  if ('problems' in read) throw new Refusal(`The configuration ${file}`, read.problems);
  const json = { value: pinned === undefined ? read.value : withPinned(read.value, pinned) };
  const configuration = parse(Configuration, json.value);
  const mappings = new Map(
    mappingNames(json.value).map((name) => [name, readMapping(dirname(file), name)] as const),
  );
  const problems = [
    ...('problems' in configuration ? configuration.problems : []),
    ...[...mappings.values()].flatMap((mapping) => ('problems' in mapping ? mapping.problems : [])),
  ];
  const tenants = readableTenants(json.value).flatMap(({ tenant, index }) => {
    const configured = withDefaults(tenant, (name) => {
      const mapping = mappings.get(name);
      return mapping === undefined || 'problems' in mapping ? undefined : mapping.value;
    });
    if (configured === undefined) return [];
    problems.push(...tenantProblems(configured, `tenants[${index}]`));
    return [configured];
  });
  if ('problems' in configuration || problems.length > 0)
    throw new Refusal(`The configuration ${file}`, problems);
  return { configuration: configuration.value, tenants, warnings: tenants.flatMap(tenantWarnings) };
}

/** The tenants that can be read, whatever is wrong with others or with the lake: their problems are to be told with those. */
function readableTenants(configuration: unknown): { tenant: Tenant; index: number }[] {
  const { tenants } = z
    .object({ tenants: z.array(z.unknown()) })
    .catch({ tenants: [] })
    .parse(configuration);
  return tenants.flatMap((entry, index) => {
    const { data: tenant } = Tenant.safeParse(entry);
    return tenant === undefined ? [] : [{ tenant, index }];
  });
}

/** The tenant with all that its configuration leaves open; undefined where a mapping that it names cannot be used. */
function withDefaults(
  tenant: Tenant,
  mappingOf: (name: string) => Mapping | undefined,
): ConfiguredTenant | undefined {
  const { cdr, analytics, reports, dataActions } = tenant.pipelines;
  const cdrMapping = mappingOf(cdr.mapping);
  const interactions = analytics && mappingOf(analytics.mapping);
  const mapped = reports && mappedReports(reports, mappingOf);
  if (cdrMapping === undefined || (analytics && !interactions) || (reports && !mapped)) return undefined;
  const family = (name: FamilyName) => resolveFamily(name, tenant.baseUrl, tenant.families[name]);
  const { archive } = tenant.pipelines;
  return {
    tenant,
    families: {
      dataDownload: family('dataDownload'),
      analytics: family('analytics'),
      reporting: family('reporting'),
      interactions: family('interactions'),
      dataActions: family('dataActions'),
    },
    pipelines: [
      'cdr-export',
      ...(analytics ? (['analytics-export'] as const) : []),
      ...(reports ? (['report-sync'] as const) : []),
      ...(dataActions ? (['data-action-dates'] as const) : []),
      ...(archive ? (['interaction-archive'] as const) : []),
    ],
    datasets: [
      { pipeline: 'cdr-export', dataset: CDR_DATASET, mapping: cdrMapping, ...startDateOf(cdr) },
      ...(analytics && interactions
        ? [
            {
              pipeline: 'analytics-export' as const,
              dataset: ANALYTICS_DATASET,
              mapping: interactions,
              ...startDateOf(analytics),
            },
          ]
        : []),
      ...(mapped?.reports ?? []).map(({ report, mapping }) => ({
        pipeline: 'report-sync' as const,
        dataset: report.dataset,
        mapping,
        ...startDateOf(report),
      })),
    ],
    cdr: { settings: cdr, mapping: cdrMapping },
    ...(analytics && interactions ? { analytics: { settings: analytics, mapping: interactions } } : {}),
    dataActions,
    ...(mapped ? { reports: mapped } : {}),
    ...(archive ? { archive } : {}),
  };
}

/** The first day of a dataset, where its settings have one. */
function startDateOf({ startDate }: { startDate?: Day | undefined }): Pick<PlannedDataset, 'startDate'> {
  return startDate === undefined ? {} : { startDate };
}

function mappedReports(
  settings: ReportsPipeline,
  mappingOf: (name: string) => Mapping | undefined,
): ConfiguredReports | undefined {
  const reports = settings.reports.flatMap((report) => {
    const mapping = mappingOf(report.mapping);
    return mapping === undefined ? [] : [{ report, mapping }];
  });
  return reports.length === settings.reports.length ? { settings, reports } : undefined;
}

/** Every mapping that a configuration names, as far as it can be read: their problems are to be told with its own. */
function mappingNames(configuration: unknown): string[] {
  const tenant = z.object({ pipelines: z.looseObject({ cdr: z.looseObject({}).prefault({}) }).prefault({}) });
  const { tenants } = z
    .object({ tenants: z.array(tenant.catch({ pipelines: { cdr: {} } })) })
    .catch({ tenants: [] })
    .parse(configuration);
  const named = tenants.flatMap(({ pipelines: { cdr, ...others } }) => [
    ...namesUnder({ mapping: CdrPipeline.parse({}).mapping, ...cdr }),
    ...('analytics' in others
      ? namesUnder({ mapping: AnalyticsPipeline.parse({}).mapping, ...Object(others.analytics) })
      : []),
    ...namesUnder(others),
  ]);
  return [...new Set(named)];
}

/** The values of every well-formed field `mapping`, at any depth. */
function namesUnder(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, entry]) => {
    if (field !== 'mapping') return namesUnder(entry);
    const name = CdrPipeline.shape.mapping.safeParse(entry);
    return name.success ? [name.data] : [];
  });
}

function readMapping(folder: string, name: string): Read<Mapping> {
  const shown = `mappings/${name}.json`;
  const json = readJson(join(folder, 'mappings', `${name}.json`));
  const mapping = 'problems' in json ? json : parse(Mapping, json.value);
  if ('value' in mapping) return mapping;
  return { problems: mapping.problems.map((problem) => ({ ...problem, path: `${shown}: ${problem.path}` })) };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): Read<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  return parsed.success ? { value: parsed.data } : { problems: problemsOf(parsed.error, value) };
}

function readJson(file: string): Read<unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {
      problems: [{ path: '(whole)', found: 'no file', expected: `must be a readable file: ${file}` }],
    };
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    // The parser's own sentence quotes the text, which may hold a secret: the place alone is told.
    const place = /line \d+ column \d+/.exec(error instanceof Error ? error.message : '')?.[0];
    const found = place === undefined ? 'text' : `text that ends being JSON at ${place}`;
    return { problems: [{ path: '(whole)', found, expected: 'must be JSON' }] };
  }
}
