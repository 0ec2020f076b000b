import { z } from 'zod';
import { runRecordKey } from '../../lake/keys.ts';
import type { WindowLedger } from '../../ledger/windows.ts';
import { isoInstant } from '../../model/days.ts';
import type { FailureFacts } from '../../model/delivery.ts';
import { catalogueEntry } from '../../model/error-catalogue.ts';
import { catalogued } from '../../model/errors.ts';
import { StatusChange } from '../../model/payloads.ts';
import type { ExecutionFacts } from '../../model/ports.ts';
import { parseOrRefuse, Refusal } from '../../model/refusal.ts';
import { failureOf } from '../run-record.ts';

/** What the machine of deliveries can be started with. */
const Input = z.union([StatusChange, z.strictObject({})]);

/** The failure that an input tells of, or undefined where it asks for what was given up. Throws `InputRefused`. */
export function parseDeliveryInput(input: unknown) {
  try {
    const parsed = parseOrRefuse(Input, input, 'The input of the deliveries');
    return 'run' in parsed ? parsed : undefined;
  } catch (error) {
    if (error instanceof Refusal) throw catalogued('InputRefused', error.message);
    throw error;
  }
}

/** What is said of a run that did not succeed: names and times, no data. */
export function failureFacts(
  { tenant, clock }: WindowLedger,
  { run, pipeline, outcome }: NonNullable<ReturnType<typeof parseDeliveryInput>>,
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
    endedAt: isoInstant(execution?.endedAt ?? now),
    recordKey: runRecordKey(tenant, pipeline, run),
  };
}
