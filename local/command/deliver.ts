import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import type { TenantId } from '../../lambdas/model/ids.ts';
import { DeliverResult } from '../../lambdas/model/later-payloads.ts';
import { WEBHOOK_MACHINE } from '../../lambdas/model/pipelines.ts';
import { openPlatform } from '../platform.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { prepare } from './preparation.ts';

/** Whose deliveries are taken up, and where. */
export interface DeliverRequest {
  config: string;
  data: string;
  tenant?: TenantId;
  secrets?: string;
  /** The result as one JSON document. */
  json: boolean;
}

/**
 * Takes up what was given up, by the machine of deliveries, as an operator does from the AWS console. Exit code 0 where all is
 * delivered, 1 where something had to be given up again. Throws `CommandRefused` where the tenant has no webhook.
 */
export async function retryDeliveries(request: DeliverRequest, { out, err }: Outputs): Promise<ExitCode> {
  const { config, data, secrets: file, tenant, json } = request;
  const place = { config, data, skipWaits: 'no' as const, ...(file === undefined ? {} : { secrets: file }) };
  // Deliveries call the webhook alone, whose secret the folder has from the runs.
  const { configuration, configured, secrets } = prepare(place, tenant, { credentials: false });
  if (configured.tenant.webhook === undefined)
    throw new CommandRefused([`The tenant ${configured.tenant.id} has no webhook in ${config}.`]);
  const platform = await openPlatform({ folder: data, configuration, secrets });
  try {
    const machine = platform.machineOf(configured.tenant.id, WEBHOOK_MACHINE);
    const { executionArn } = await platform.engine.start(machine, { input: {} });
    const { status, output, error } = await platform.engine.wait(executionArn);
    const result = DeliverResult.safeParse(JSON.parse(output ?? 'null')).data;
    if (json) out.line(JSON.stringify({ outcome: status, error, result }));
    if (status !== 'SUCCEEDED' || result?.outcome !== 'done') {
      err.line(err.paint('red', `The deliveries ended as ${error ?? status}.`));
      err.line(`Next: ${catalogueEntry(error ?? '')?.remedy ?? 'look at the execution’s history'}`);
      return EXIT.failed;
    }
    if (!json) out.line(`${result.delivered} delivered, ${result.dead} given up again.`);
    return result.dead === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await platform.close();
  }
}
