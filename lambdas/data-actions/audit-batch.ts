import { type AuditPorts, appendAudit } from '../audit/chain.ts';
import { noteAudit, owesAudit, readUpdate, type UpdateState } from '../ledger/action-updates.ts';
import type { AuditEvent } from '../model/audit.ts';
import { isoInstant } from '../model/days.ts';
import { type RunArn, runName } from '../model/ids.ts';
import type { PlannedUpdate } from '../model/planned-update.ts';

/** Characters of a configuration that a record holds; longer ones are in the run's results. */
const CONFIGURATION_CHARACTERS = 4_000;

/**
 * Makes the audit records that the updates of a batch owe: one for each that has, or may have, changed something in CXone. Can
 * be repeated: an event has one record. Throws as `appendAudit` does.
 */
export async function auditBatch(
  ports: AuditPorts,
  run: RunArn,
  updates: readonly PlannedUpdate[],
): Promise<{ recorded: number }> {
  let recorded = 0;
  for (const update of updates) {
    const state = await readUpdate(ports.ledger, run, update.index);
    if (!owesAudit(state)) continue;
    const event = eventOf(update, state, run);
    const { sequence } = await appendAudit(ports, { pipeline: 'data-action-dates', event });
    await noteAudit(ports.ledger, run, update.index, sequence);
    recorded += 1;
  }
  return { recorded };
}

function eventOf(update: PlannedUpdate, state: UpdateState, run: RunArn): AuditEvent {
  const { index, action, timestamp, zone, operation, offsetMinutes, arithmetic, precision } = update;
  return {
    id: `data-action/${runName(run)}/${index}/${state.round}/${state.outcome}`,
    kind: 'dataAction',
    at: isoInstant(state.endedAt ?? 0),
    run,
    facts: JSON.parse(
      JSON.stringify({
        index,
        action,
        source: { timestamp, zone, operation, offsetMinutes, arithmetic, precision },
        computedValue: update.computedValue,
        localValue: update.localValue,
        truncated: update.truncated,
        outcome: state.outcome,
        before: shown(state.before),
        after: shown(state.after),
        changedSince: state.changedSince,
        latencyMilliseconds: state.latencyMilliseconds,
        accuracyMilliseconds: state.accuracyMilliseconds,
        error: state.error,
      }),
    ),
  };
}

/** The value of a configuration's text, or its length where it is long. */
function shown(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  return text.length <= CONFIGURATION_CHARACTERS ? JSON.parse(text) : `${text.length} characters`;
}
