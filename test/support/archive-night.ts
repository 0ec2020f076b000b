import { expect } from 'vitest';
import { openObject, recordsOf } from '../../lambdas/archive/open.ts';
import { archivalRecord, recordDigest } from '../../lambdas/archive/record.ts';
import { kmsDataKeys } from '../../lambdas/aws/kms-data-keys.ts';
import { kmsMac } from '../../lambdas/aws/kms-mac.ts';
import { type ArchiveEntry, archiveDayOf, readArchiveEntry } from '../../lambdas/ledger/archive-entries.ts';
import { type ArchiveMarks, readArchiveMarks } from '../../lambdas/ledger/archive-marks.ts';
import { archiveObjects } from '../../lambdas/ledger/archive-objects.ts';
import { isoInstant } from '../../lambdas/model/days.ts';
import type { RunArn } from '../../lambdas/model/ids.ts';
import { InteractionId } from '../../lambdas/model/interactions.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import type { LoggedCall, SimulatedInteraction } from '../../local/cxone/index.ts';
import { auditOf } from './archive-world.ts';
import type { Night, StoredNight } from './night.ts';
import { keysUnder, storesOf } from './night-findings.ts';

export const FIELD = 'archival_status';

/** A record as it lies in the archive. */
export interface ArchivedRecord {
  id: string;
  object: string;
  text: string;
}

/** Every record of every object of the tenant's archive, opened with its own key. */
export async function archivedOf(night: StoredNight): Promise<ArchivedRecord[]> {
  const { clients, objects, ledger } = storesOf(night);
  const ports = { objects, opening: { dataKeys: kmsDataKeys(clients.kms, 'none is made') } };
  const found: ArchivedRecord[] = [];
  for (const object of await keysUnder(night, `archive/${ledger.tenant}/`)) {
    const opened = await openObject(ports, { tenant: ledger.tenant, object });
    for await (const text of recordsOf(opened, object)) {
      const { interaction_id: id }: { interaction_id: string } = JSON.parse(text);
      found.push({ id, object, text });
    }
  }
  return found;
}

/** What the ledger knows of an interaction. */
export async function entryOf(night: StoredNight, id: string): Promise<ArchiveEntry | undefined> {
  const { ledger } = storesOf(night);
  const interaction = InteractionId.parse(id);
  const day = await archiveDayOf(ledger, interaction);
  return day === undefined ? undefined : readArchiveEntry(ledger, day, interaction);
}

/** The events of the archive's audit chain, in their order, and what comes of verifying it. */
export async function archiveAuditOf(night: StoredNight) {
  const { clients, ledger, objects } = storesOf(night);
  const keys = night.platform.assembly.functions.map(({ environment }) => environment.AUDIT_KEY_ARN);
  const mac = kmsMac(clients.kms, keys.find((key) => key !== undefined) ?? '');
  return auditOf({ ledger, objects, mac });
}

/** The marks of the archive. */
export function archiveMarksOf(night: Night): Promise<ArchiveMarks> {
  return readArchiveMarks(storesOf(night).ledger);
}

/** The run's record, and in it the archive's own report. */
export async function archiveRecordOf(night: Night, run: RunArn): Promise<RunRecord> {
  const { objects, ledger } = storesOf(night);
  const name = run.slice(run.lastIndexOf(':') + 1);
  const text = await objects.readText(`runs/${ledger.tenant}/interaction-archive/${name}.json`);
  return RunRecord.parse(JSON.parse(text));
}

/** Interactions that a night with the input `{}` finds: closed on the day before it, or today before its start. */
export function dueInteractions(night: Night): SimulatedInteraction[] {
  const { startedAt } = night;
  const from = isoInstant(Math.floor(startedAt / 86_400_000) * 86_400_000 - 86_400_000);
  return night.simulator.closedInteractions(from, isoInstant(startedAt));
}

/**
 * Every interaction of these that can be had is archived in one object only, as CXone gives it, and has its entry; the
 * others are unavailable.
 */
export async function expectArchived(
  night: Night,
  due: readonly SimulatedInteraction[],
  state: ArchiveEntry['state'] = 'marked',
): Promise<void> {
  const archived = await archivedOf(night);
  const known: string[] = [];
  for await (const { key } of archiveObjects(storesOf(night).ledger)) known.push(key);
  const { events, verdict } = await archiveAuditOf(night);
  const recorded = events.flatMap(({ facts }) => (facts.step === 'object' ? [facts.object] : []));
  expect(verdict, 'the audit chain').toMatchObject({ pending: 0, findings: [] });
  expect(recorded.toSorted(), 'objects that have their audit record').toEqual(known.toSorted());
  expect(new Set(archived.map(({ id }) => id)).size, 'one record an interaction').toBe(archived.length);
  expect(known.toSorted(), 'objects that the ledger knows').toEqual([
    ...new Set(archived.map(({ object }) => object)),
  ]);
  for (const { id, text: details, answer } of due) {
    const found = archived.find((one) => one.id === id);
    const entry = await entryOf(night, id);
    if (answer !== 200) {
      expect(found, `${id} cannot be had`).toBeUndefined();
      expect(entry).toMatchObject({
        state: 'unavailable',
        reason: answer === 404 ? 'notFound' : 'forbidden',
      });
      continue;
    }
    const record = archivalRecord(details);
    if (record === undefined) throw new Error(`The simulator's details of ${id} are none.`);
    expect(entry, id).toMatchObject({ state, object: found?.object, digest: recordDigest(record, FIELD) });
  }
}

/** CXone was treated as its documentation asks. */
export function expectGoodManners(night: Night): void {
  const calls = night.calls().filter(({ kind }) => kind !== 'token');
  expect(night.violations()).toEqual([]);
  expect(mostCallsInASecond(calls), 'calls in any second').toBeLessThanOrEqual(10);
}

/** The most calls that any sliding second saw, by the callers' own times. */
export function mostCallsInASecond(calls: readonly LoggedCall[]): number {
  const instants = calls.map(({ at }) => Date.parse(at)).toSorted((left, right) => left - right);
  return Math.max(
    0,
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + 1_000).length),
  );
}
