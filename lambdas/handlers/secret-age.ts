import { publishMetrics } from '../aws/embedded-metrics.ts';
import { DAY_MILLISECONDS } from '../model/days.ts';
import type { SecretName } from '../model/metrics.ts';
import type { Invocation } from './handler.ts';

/** Takes when the version of a secret was made that has just been read, and tells its age as a metric. */
export function tellsAge(
  {
    environment,
    tenant,
    clock,
  }: Pick<Invocation<'token' | 'deliver' | 'seal-archive-day'>, 'tenant' | 'clock'> & {
    environment: { LAKE_NAME: string };
  },
  secret: SecretName,
): (createdAt: Date) => void {
  return (createdAt) => {
    const age = clock.now() - createdAt.getTime();
    const values = { SecretAgeDays: Math.max(0, Math.floor(age / DAY_MILLISECONDS)) };
    publishMetrics(environment.LAKE_NAME, [{ dimensions: { Tenant: tenant, Secret: secret }, values }]);
  };
}
