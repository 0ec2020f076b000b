import { startSimulator, usualCredentials } from '../cxone/index.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import { onInterruption } from './interruption.ts';
import type { Outputs } from './output.ts';

/** What `simulator` is asked for. */
export interface SimulatorRequest {
  port: number;
  scenarios: readonly string[];
  seed?: string;
}

/** Serves the CXone simulator until Ctrl-C: a line to stderr for every call. Throws `ScenarioRefused`, `CommandRefused`. */
export async function serveSimulator(request: SimulatorRequest, { out, err }: Outputs): Promise<ExitCode> {
  const simulator = await startSimulator({
    port: request.port,
    scenarios: request.scenarios,
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    onCall: ({ at, method, path, status, fault }) =>
      err.line(`${at}  ${method} ${path}  ${status ?? 'reset'}${fault === undefined ? '' : `  (${fault})`}`),
  }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new CommandRefused(
        [`Port ${request.port} is in use.`],
        'Choose another with --port; 0 takes a free one.',
      );
    throw error;
  });
  out.line(`CXone simulator at ${simulator.url}, scenarios: ${request.scenarios.join(', ') || 'normal'}.`);
  out.line(`  baseUrl in the configuration: ${simulator.url}`);
  out.line(`  made-up client for the secrets file: ${JSON.stringify(usualCredentials)}`);
  out.line('Ctrl-C ends it.');
  await new Promise<void>((resolve) => onInterruption(resolve));
  await simulator.stop();
  return EXIT.done;
}
