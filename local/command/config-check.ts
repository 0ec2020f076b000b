import { loadConfiguration } from '../../lib/configuration-file.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { counted } from './wording.ts';

/** Checks a configuration and the mappings that it names. Throws `Refusal` with every problem. */
export function checkConfiguration(request: { file: string }, { out }: Outputs): ExitCode {
  const { tenants, warnings } = loadConfiguration(request.file);
  for (const warning of warnings) out.line(`${out.paint('yellow', 'Warning:')} ${warning}`);
  const found = warnings.length === 0 ? 'no problems' : `no problems, ${counted(warnings.length, 'warning')}`;
  out.line(`${request.file}: ${found}; ${counted(tenants.length, 'tenant')}.`);
  for (const { tenant, families, cdr } of tenants)
    out.line(
      `  ${tenant.id}: secret ${tenant.secret}, ${families.dataDownload.baseUrl}, cdr ${cdr.settings.enabled ? `at ${cdr.settings.schedule.cron} ${cdr.settings.schedule.timezone}` : 'on demand only'}`,
    );
  return EXIT.done;
}
