import { type AuditPorts, appendAudit } from '../audit/chain.ts';
import { hasChanged, noteAudit, owesAudit, readUpdate, type UpdateState } from '../ledger/action-updates.ts';
import { noteTold, type OwedChange, readChange, settleChange } from '../ledger/owed-changes.ts';
import type { AuditEvent } from '../model/audit.ts';
import { isoInstant } from '../model/days.ts';
import { type RunArn, runName } from '../model/ids.ts';
import type { PlannedUpdate } from '../model/planned-update.ts';
import { deviationOf } from './accuracy.ts';

/** Characters of a configuration that a record holds; longer ones are in the run's results. */
const CONFIGURATION_CHARACTERS = 4_000;

/**
 * Makes the audit records that the updates of a batch owe: one for each that has, or may have, changed something in CXone, and
 * one for each change of an earlier run that the batch has found. Can be repeated, and two runs can make the same record
 * at once: an event has one. Throws as `appendAudit` does.
 */
export async function auditBatch(
  ports: AuditPorts,
  run: RunArn,
  updates: readonly PlannedUpdate[],
): Promise<{ recorded: number }> {
  const { ledger } = ports;
  let recorded = 0;
  for (const update of updates) {
    const state = await readUpdate(ledger, run, update.index);
    const { change, settles = [] } = state;
    // It came to be in place without us: that we meant to write it is of no account.
    if (state.outcome === 'inPlace' && change !== undefined && !settles.includes(change))
      await settleChange(ledger, change);
    if (!owesAudit(state)) continue;
    let last: number | undefined;
    for (const sk of settles) {
      last = await recordOwed(ports, run, sk);
      recorded += 1;
    }
    if (hasChanged(state)) {
      last = await append(ports, eventOf(update, state, run));
      recorded += 1;
      if (change !== undefined) await settleOwn(ledger, state.outcome, change, last);
    }
    if (last !== undefined) await noteAudit(ledger, run, update.index, last);
  }
  return { recorded };
}

async function append(ports: AuditPorts, event: AuditEvent): Promise<number> {
  const { sequence } = await appendAudit(ports, { pipeline: 'data-action-dates', event });
  return sequence;
}

/** What failed may have been written all the same: whoever finds it in place makes the record of the change. */
function settleOwn(
  ledger: AuditPorts['ledger'],
  outcome: UpdateState['outcome'],
  change: string,
  sequence: number,
): Promise<void> {
  return outcome === 'failed' ? noteTold(ledger, change) : settleChange(ledger, change, sequence);
}

/** Makes the record of another run's change, unless there is one by now; its number. */
async function recordOwed(ports: AuditPorts, run: RunArn, sk: string): Promise<number | undefined> {
  const change = await readChange(ports.ledger, sk);
  if (change === undefined || change.settled) return change?.auditSequence;
  const sequence = await append(ports, owedEvent(change, run));
  await settleChange(ports.ledger, sk, sequence);
  return sequence;
}

/** One name for one change, whoever records it: the run that made it, or one that finds it. */
function changeEvent(run: RunArn, index: number, times: number): string {
  return `data-action/${runName(run)}/${index}/change/${times}`;
}

function owedEvent({ run, update, times, before, found, verdict, at }: OwedChange, by: RunArn): AuditEvent {
  return {
    id: changeEvent(run, update.index, times),
    kind: 'dataAction',
    at: isoInstant(at),
    run,
    facts: factsOf(update, {
      outcome: verdict === 'made' ? 'updated' : 'unclear',
      before: shown(before),
      after: shown(found),
      accuracyMilliseconds: deviationOf(update, update.computedValue),
      recordedBy: runName(by),
    }),
  };
}

function eventOf(update: PlannedUpdate, state: UpdateState, run: RunArn): AuditEvent {
  const { index } = update;
  const failed = `data-action/${runName(run)}/${index}/${state.round}/failed`;
  return {
    id: state.outcome === 'failed' ? failed : changeEvent(run, index, state.times),
    kind: 'dataAction',
    at: isoInstant(state.endedAt ?? 0),
    run,
    facts: factsOf(update, {
      outcome: state.outcome,
      before: shown(state.before),
      after: shown(state.after),
      changedSince: state.changedSince,
      latencyMilliseconds: state.latencyMilliseconds,
      accuracyMilliseconds: state.accuracyMilliseconds,
      error: state.error,
    }),
  };
}

function factsOf(update: PlannedUpdate, found: Readonly<Record<string, unknown>>): AuditEvent['facts'] {
  const { index, action, timestamp, zone, operation, offsetMinutes, arithmetic, precision } = update;
  const { computedValue, localValue, truncated } = update;
  const source = { timestamp, zone, operation, offsetMinutes, arithmetic, precision };
  return JSON.parse(
    JSON.stringify({ index, action, source, computedValue, localValue, truncated, ...found }),
  );
}

/** The value of a configuration's text, or its length where it is long. */
function shown(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  return text.length <= CONFIGURATION_CHARACTERS ? JSON.parse(text) : `${text.length} characters`;
}
