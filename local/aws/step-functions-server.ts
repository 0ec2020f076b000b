import { type EffectListener, EffectListeners } from './effects.ts';
import { openGateway } from './gateway.ts';
import { type StepFunctionsPort, stepFunctions } from './step-functions.ts';

/** Step Functions alone, for an engine whose process is not the one of the other services. */
export interface StepFunctionsServer {
  /** Laid over the other services' environment, points SDK clients at this engine. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves an engine's executions on 127.0.0.1, on a free port; `ServiceUnavailable` (503) while there is no engine. */
export async function serveStepFunctions(
  engine: () => StepFunctionsPort | undefined,
  onEffect?: EffectListener,
): Promise<StepFunctionsServer> {
  const listeners = new EffectListeners();
  if (onEffect) listeners.add(onEffect);
  const gateway = await openGateway([stepFunctions(engine)], listeners);
  return { environment: { AWS_ENDPOINT_URL_SFN: gateway.url }, close: () => gateway.close() };
}
