import { isHashed, type Mapping } from '../lambdas/model/mapping.ts';
import { ANALYTICS_DATASET, CDR_DATASET } from '../lambdas/model/payloads.ts';
import type { CdrPipeline, OutputFormat } from '../lambdas/model/pipelines.ts';
import { kindOf, type Problem } from '../lambdas/model/refusal.ts';
import type { ConfiguredTenant } from './configuration-file.ts';
import { familiesProblems } from './family-checks.ts';
import { expressionProblems, keyProblems, mappingSizeProblems, scheduleProblems } from './mapping-checks.ts';
import { reportsProblems } from './report-checks.ts';

/** From so many columns on CXone's exports are known to end in INTERNAL_SERVER_ERROR after 15 minutes (API notes, section 4). */
const MANY_COLUMNS = 50;

/** Tenants that would name a stack which is there already: `<lake>-lake`. */
const RESERVED_TENANTS: readonly string[] = ['lake'];

/** Bytes of a function's environment that the webhook may take, beside its other variables: Lambda allows 4 KiB for all of a function. */
const WEBHOOK_BYTES = 3_000;

/** Bytes of JSON that configured updates may have: the machine hands them to the plan in a state, which is to stay under 64 KiB. */
const UPDATES_BYTES = 48 * 1024;

/** What no single file can see: the configuration against the mapping, and against what AWS takes. */
export function tenantProblems(configured: ConfiguredTenant, path: string): Problem[] {
  const { tenant, cdr, analytics, reports } = configured;
  return [
    ...(RESERVED_TENANTS.includes(tenant.id)
      ? [
          {
            path: `${path}.id`,
            found: kindOf(tenant.id),
            expected: 'must not be "lake": the lake’s stack has that name',
          },
        ]
      : []),
    ...hashProblems(configured, path),
    ...webhookProblems(configured, `${path}.webhook`),
    ...familiesProblems(configured, path),
    ...pipelineProblems(configured, `${path}.pipelines`),
    ...exportProblems(cdr.settings, cdr.mapping, `${path}.pipelines.cdr`),
    ...(analytics === undefined
      ? []
      : exportProblems(analytics.settings, analytics.mapping, `${path}.pipelines.analytics`)),
    ...dataActionProblems(configured, path),
    ...(reports === undefined
      ? []
      : reportsProblems(
          reports,
          configured.datasets.map(({ dataset }) => dataset),
          `${path}.pipelines.reports`,
        )),
  ];
}

/** A mapping that hashes would stop every window of a tenant without a key. */
function hashProblems({ tenant, datasets }: ConfiguredTenant, path: string): Problem[] {
  if (tenant.hashKey !== undefined) return [];
  const hashing = datasets.filter(({ mapping }) => isHashed(mapping)).map(({ dataset }) => dataset);
  if (hashing.length === 0) return [];
  const expected = `must name a secret and a version: columns of ${hashing.join(', ')} are to be hashed`;
  return [{ path: `${path}.hashKey`, found: kindOf(undefined), expected }];
}

/** What the webhook is to send must be there: records come from a dataset's JSON lines. */
function webhookProblems({ tenant, cdr, analytics, reports }: ConfiguredTenant, path: string): Problem[] {
  const { webhook } = tenant;
  if (webhook === undefined) return [];
  const outputs: Readonly<Record<string, readonly OutputFormat[]>> = {
    [CDR_DATASET]: cdr.settings.outputs,
    ...(analytics ? { [ANALYTICS_DATASET]: analytics.settings.outputs } : {}),
    ...Object.fromEntries((reports?.reports ?? []).map(({ report }) => [report.dataset, report.outputs])),
  };
  const records = webhook.records.flatMap((dataset, index): Problem[] => {
    const formats = outputs[dataset];
    if (formats?.includes('jsonl')) return [];
    const expected =
      formats === undefined
        ? `must be one of ${Object.keys(outputs).join(', ')}`
        : 'must be a dataset whose outputs include jsonl: its records are read from there';
    return [{ path: `${path}.records[${index}]`, found: kindOf(dataset), expected }];
  });
  const bytes = Buffer.byteLength(JSON.stringify(webhook));
  const size = `must be at most ${WEBHOOK_BYTES} bytes of JSON with its defaults: they are variables of a Lambda function`;
  return bytes <= WEBHOOK_BYTES
    ? records
    : [...records, { path, found: `settings of ${bytes} bytes`, expected: size }];
}

/** What works but is probably not meant. */
export function tenantWarnings(configured: ConfiguredTenant): string[] {
  const { tenant, families, cdr, analytics, archive, datasets } = configured;
  const { columns } = cdr.settings;
  const many = `${columns.length} columns are asked for: CXone's exports of ${MANY_COLUMNS} and more are known to fail`;
  return [
    ...exportWarnings(cdr.settings, cdr.mapping).map((sentence) => `cdr: ${sentence}.`),
    ...(columns.length >= MANY_COLUMNS ? [`cdr: ${many}.`] : []),
    ...(analytics ? exportWarnings(analytics.settings, analytics.mapping) : []).map(
      (sentence) => `analytics: ${sentence}.`,
    ),
    ...(tenant.hashKey !== undefined && !datasets.some(({ mapping }) => isHashed(mapping))
      ? ['hashKey: no mapping has a column with the privacy hash, so no function may read the key.']
      : []),
    ...(archive?.media && families.interactions.downloadHosts.length === 0
      ? [
          'archive: media are to be stored, and families.interactions.downloadHosts names no host that they may come from.',
        ]
      : []),
  ].map((sentence) => `${tenant.id}, ${sentence}`);
}

function exportWarnings(
  { columns, outputs }: Pick<CdrPipeline, 'columns' | 'outputs'>,
  mapping: Mapping,
): string[] {
  const known = new Set(mapping.columns.flatMap(({ source, aliases }) => [source, ...aliases]));
  const unmapped = columns.filter((column) => !known.has(column));
  const warnings = unmapped.map(
    (column) => `column ${column} is in no mapping: it lands in extra_columns and is reported as drift`,
  );
  if (!outputs.includes('parquet'))
    warnings.push('parquet is not among the outputs: the Glue table shows nothing of what is exported');
  return warnings;
}

/** What every pipeline has: a schedule that EventBridge takes, and no text that its machine would evaluate. */
function pipelineProblems({ tenant }: ConfiguredTenant, path: string): Problem[] {
  return Object.entries(tenant.pipelines).flatMap(([name, settings]) => {
    const at = `${path}.${name}`;
    const cron = settings?.schedule?.cron;
    return [...(cron === undefined ? [] : scheduleProblems(cron, at)), ...expressionProblems(settings, at)];
  });
}

/** What a pipeline that asks for columns may be told to do beyond what its mapping and AWS take. */
type ExportSettings = Pick<CdrPipeline, 'mapping' | 'key' | 'columns'>;

function exportProblems(settings: ExportSettings, mapping: Mapping, path: string): Problem[] {
  const shown = `mappings/${settings.mapping}.json`;
  const keys = keyProblems(settings, mapping, path);
  const asked = new Set(settings.columns);
  const missing = mapping.columns
    .filter(
      ({ required, source, aliases }) => required && ![source, ...aliases].some((name) => asked.has(name)),
    )
    .map(({ source }) => source);
  const columns: Problem[] = missing.map((source) => ({
    path: `${path}.columns`,
    found: kindOf(settings.columns),
    expected: `must ask for ${source}, which ${shown} requires`,
  }));
  const size = mappingSizeProblems(settings.mapping, mapping);
  return [...keys, ...columns, ...size, ...expressionProblems(mapping, `${shown}: `)];
}

/** The pipeline of data actions, where there is one. */
function dataActionProblems({ dataActions }: ConfiguredTenant, path: string): Problem[] {
  if (dataActions === undefined) return [];
  const bytes = Buffer.byteLength(JSON.stringify(dataActions.updates));
  if (bytes <= UPDATES_BYTES) return [];
  const expected = `must be at most ${UPDATES_BYTES} bytes with their defaults: give a manifest to each run`;
  return [{ path: `${path}.pipelines.dataActions.updates`, found: `${bytes} bytes of JSON`, expected }];
}
