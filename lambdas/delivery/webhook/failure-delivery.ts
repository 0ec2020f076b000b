import { z } from 'zod';
import { runRecordKey } from '../../lake/keys.ts';
import { readDelivery } from '../../ledger/deliveries.ts';
import type { WindowLedger } from '../../ledger/windows.ts';
import { isoInstant } from '../../model/days.ts';
import type { FailureFacts } from '../../model/delivery.ts';
import { catalogueEntry } from '../../model/error-catalogue.ts';
import { catalogued } from '../../model/errors.ts';
import { StatusChange, type ToldEnding } from '../../model/payloads.ts';
import type { ExecutionFacts } from '../../model/ports.ts';
import { parseOrRefuse, Refusal } from '../../model/refusal.ts';
import { isPastEnding } from '../past-ending.ts';
import { failureOf } from '../run-record.ts';
import { keyOf } from './sources.ts';
import { deliverFacts, type Progress, type WebhookPorts } from './window-delivery.ts';

/** What the machine of deliveries can be started with. */
const Input = z.union([StatusChange, z.strictObject({}).transform(() => undefined)]);

/** The failure that an input tells of, or undefined where it asks for what was given up. Throws `InputRefused`. */
export function parseDeliveryInput(input: unknown): ToldEnding | undefined {
  try {
    return parseOrRefuse(Input, input, 'The input of the deliveries');
  } catch (error) {
    if (error instanceof Refusal) throw catalogued('InputRefused', error.message);
    throw error;
  }
}

/**
 * Delivers the notice of a failure, under the name of the ending that the event tells of. What was opened first is what is delivered, also when
 * the run has been redriven meanwhile; of a run that was redriven before anything was opened, nothing is said: its next ending is told by itself.
 */
export async function deliverFailure(
  ports: WebhookPorts,
  failure: ToldEnding,
  execution: ExecutionFacts | undefined,
): Promise<Progress> {
  const facts = failureFacts(ports.ledger, failure, execution);
  const isPast = isPastEnding(failure, execution);
  if (isPast && (await readDelivery(ports.ledger, keyOf(facts))) === undefined)
    return { outcome: 'done', delivered: 0, dead: 0 };
  return deliverFacts(ports, facts);
}

/** What is said of a run that did not succeed: names and times, no data. */
function failureFacts(
  { tenant, clock }: WindowLedger,
  { run, pipeline, outcome, told }: ToldEnding,
  execution: ExecutionFacts | undefined,
): FailureFacts {
  if (outcome === 'SUCCEEDED') throw catalogued('InputRefused', `The run ${run} has succeeded.`);
  const { name, acts, remedy } = failureOf(execution, outcome);
  const now = clock.now();
  return {
    type: 'failed',
    pipeline,
    run,
    outcome,
    error: {
      name,
      meaning: catalogueEntry(name)?.meaning ?? 'The catalogue does not know it.',
      acts,
      remedy,
    },
    startedAt: isoInstant(execution?.startedAt ?? now),
    endedAt: isoInstant(told.endedAt ?? execution?.endedAt ?? now),
    recordKey: runRecordKey(tenant, pipeline, run),
  };
}
