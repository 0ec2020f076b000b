import type { PipelineName } from '../../lambdas/model/pipelines.ts';
import { type ConfiguredTenant, loadConfiguration } from '../../lib/configuration-file.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { counted } from './wording.ts';

/** Checks a configuration and the mappings that it names. Throws `Refusal` with every problem. */
export function checkConfiguration(request: { file: string }, { out }: Outputs): ExitCode {
  const { tenants, warnings } = loadConfiguration(request.file);
  for (const warning of warnings) out.line(`${out.paint('yellow', 'Warning:')} ${warning}`);
  const found = warnings.length === 0 ? 'no problems' : `no problems, ${counted(warnings.length, 'warning')}`;
  out.line(`${request.file}: ${found}; ${counted(tenants.length, 'tenant')}.`);
  for (const configured of tenants) {
    const { tenant, families } = configured;
    out.line(`  ${tenant.id}: secret ${tenant.secret}, ${families.dataDownload.baseUrl}`);
    for (const pipeline of configured.pipelines)
      out.line(`    ${pipeline}: ${startsOf(settingsOf(configured, pipeline))}`);
  }
  return EXIT.done;
}

/** What says when a pipeline runs by itself. */
interface Starts {
  enabled: boolean;
  /** Absent: it is started on demand only. */
  schedule?: { cron: string; timezone: string } | undefined;
}

function settingsOf(
  { cdr, analytics, reports, archive, dataActions }: ConfiguredTenant,
  pipeline: PipelineName,
): Starts | undefined {
  switch (pipeline) {
    case 'cdr-export':
      return cdr.settings;
    case 'analytics-export':
      return analytics?.settings;
    case 'report-sync':
      return reports?.settings;
    case 'interaction-archive':
      return archive;
    case 'data-action-dates':
      return dataActions;
  }
}

function startsOf(settings: Starts | undefined): string {
  if (settings?.schedule === undefined || !settings.enabled) return 'on demand only';
  return `at ${settings.schedule.cron} ${settings.schedule.timezone}`;
}
