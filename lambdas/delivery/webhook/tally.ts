import type { WindowState } from '../../ledger/window-state.ts';
import type { DeliveryFacts } from '../../model/delivery.ts';
import type { TenantId } from '../../model/ids.ts';
import { WEBHOOK_MACHINE } from '../../model/pipelines.ts';
import type { MetricSet } from '../metrics.ts';

/** A delivery that is under way for longer is late: ten tries of one batch, the default, take 51 minutes at the most. */
const LATE_MILLISECONDS = 60 * 60_000;

/** Counts what one call of the webhook's function comes to. */
export class DeliveryTally {
  /** Batches that were acknowledged. */
  batches = 0;
  /** Posts that failed and are to be made again. */
  retries = 0;
  /** Deliveries that were given up. */
  givenUp = 0;
  private readonly left: { facts: DeliveryFacts; dead: boolean }[] = [];

  /** Takes a delivery that has not got through: given up, or to be gone on with. */
  leave(facts: DeliveryFacts, dead: boolean): void {
    this.left.push({ facts, dead });
  }

  /** What is told of the call; of a dataset only what is wrong: that all is well is for a run's record to say. */
  metrics(tenant: TenantId, now: number): MetricSet[] {
    const late = new Map<string, number[]>();
    for (const { facts, dead } of this.left) {
      if (facts.type !== 'records' && facts.type !== 'committed') continue;
      const age = now - Date.parse(facts.committedAt);
      if (dead || age > LATE_MILLISECONDS) late.set(facts.dataset, [...(late.get(facts.dataset) ?? []), age]);
    }
    return [
      {
        dimensions: { Tenant: tenant, Pipeline: WEBHOOK_MACHINE },
        values: {
          BatchesDelivered: this.batches,
          DeliveryRetries: this.retries,
          DeliveriesGivenUp: this.givenUp,
        },
      },
      ...[...late].map(([dataset, ages]) => ({
        dimensions: { Tenant: tenant, Dataset: dataset },
        values: { UndeliveredDays: ages.length, UndeliveredSeconds: Math.max(...ages) / 1_000 },
      })),
    ];
  }
}

/** For how long the webhook has not been told of a window's commit, in milliseconds; undefined where it was, or may yet be in time. */
export function undeliveredFor(
  { deliverCommit = 0, deliveredCommit = 0, delivery, committedAt = 0 }: WindowState,
  now: number,
): number | undefined {
  const age = now - committedAt;
  if (deliverCommit > deliveredCommit) return age > LATE_MILLISECONDS ? age : undefined;
  return delivery?.state === 'dead' ? age : undefined;
}
