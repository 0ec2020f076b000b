import type { DataAction, DataActions } from '../cxone/data-actions.ts';
import type { EndedUpdate } from '../ledger/action-updates.ts';
import type { OwedChange } from '../ledger/owed-changes.ts';
import type { ErrorName } from '../model/error-catalogue.ts';
import { CataloguedError, catalogued, isError } from '../model/errors.ts';
import { type ActionId, type RunArn, runName } from '../model/ids.ts';
import type { PlannedUpdate } from '../model/planned-update.ts';
import type { Clock } from '../model/ports.ts';
import { deviationOf } from './accuracy.ts';
import {
  dateProcessingFields,
  dateProcessingText,
  firstDifference,
  holds,
  type KeptByServer,
  type WantedFields,
  withFields,
} from './action-text.ts';
import { judgeOwed } from './judge-owed.ts';
import type { Progress } from './progress.ts';
import { wantedFields } from './wanted-fields.ts';

/** Times that an action is read anew because somebody else changed it between our reading and our writing. */
const CHANGE_TRIES = 3;

/** A computed value may differ from its recomputation by less than this, in milliseconds. */
const ACCURACY_MILLISECONDS = 1;

/** What updating one action needs of the world. */
export interface UpdatePorts {
  dataActions: DataActions;
  clock: Clock;
  changes: Pick<Progress, 'owed' | 'judge' | 'drop' | 'intend' | 'supersededBy'>;
}

/**
 * Puts an update into its action: reads it, changes `dateProcessing` alone, reads it again just before the write where CXone does not
 * number its versions, writes the whole, reads it back and compares. What is in place already is not written. What runs have changed,
 * and did not live to have recorded, is noted to be recorded by this one.
 *
 * @throws ActionNotFound where the action bears another name by now
 * @throws ActionSuperseded where a run that was started after this one has put another value
 * @throws ActionContended where somebody else kept writing in between
 * @throws ActionNotAsWritten where CXone stored something else
 * @throws ResultInaccurate where the computed value is wrong; nothing was written then
 */
export async function updateAction(
  ports: UpdatePorts,
  update: PlannedUpdate,
  id: ActionId,
): Promise<EndedUpdate> {
  const { dataActions, changes } = ports;
  const begun = ports.clock.now();
  requireAccurate(update, update.computedValue);
  for (let tries = 0; tries < CHANGE_TRIES; tries++) {
    const { owed, own } = await changes.owed(update.index, id);
    const first = await readNamed(dataActions, id, update);
    const { inPlace, judged, notMade } = judgeOwed(owed, first.text);
    const wanted = wantedFields(update, first.text);
    if (holds(first.text, wanted)) {
      const others = judged.filter(({ sk }) => sk !== inPlace?.sk || inPlace !== own);
      await changes.judge(update.index, others);
      return foundInPlace(ports, update, { begun, action: first.text }, { inPlace, ours: inPlace === own });
    }
    await changes.judge(update.index, judged);
    await changes.drop(notMade);
    requireLatest(changes.supersededBy(id));
    const before = dateProcessingText(first.text) ?? 'null';
    const intended = await changes.intend({ id, update, before, wanted });
    const written = await write(dataActions, id, first, wanted).catch(async (error: unknown) => {
      if (isNeverWritten(error)) await changes.drop([intended]);
      throw error;
    });
    if (written === 'changed') {
      await changes.drop([intended]);
      continue;
    }
    const back = await dataActions.read(id);
    if (holds(back.text, wanted)) {
      const changedSince = firstDifference(written.text, back.text, isKeptByServer) !== undefined;
      return { ...ended(ports, update, { begun, before, action: back.text }), changedSince };
    }
    // Made, and undone by somebody already.
    const found = dateProcessingText(written.text) ?? 'null';
    await changes.judge(update.index, [{ ...intended, verdict: 'made', found }]);
  }
  throw catalogued(
    'ActionContended',
    `Somebody else changed the data action ${CHANGE_TRIES} times between our reading and our writing.`,
  );
}

/** A run that comes back late, as a redrive may, does not put its value in the place of what was asked for since. */
function requireLatest(later: RunArn | undefined): void {
  if (later === undefined) return;
  throw catalogued(
    'ActionSuperseded',
    `The run ${runName(later)}, which was started after this one, has put another value: nothing is written.`,
  );
}

/** What the action would become: for a dry run. `updated` stands for what would be. */
export async function previewAction(
  { dataActions }: Pick<UpdatePorts, 'dataActions'>,
  update: PlannedUpdate,
  id: ActionId,
): Promise<EndedUpdate> {
  requireAccurate(update, update.computedValue);
  const { text } = await readNamed(dataActions, id, update);
  const wanted = wantedFields(update, text);
  return {
    outcome: holds(text, wanted) ? 'inPlace' : 'updated',
    before: dateProcessingText(text) ?? 'null',
    after: dateProcessingText(withFields(text, wanted)) ?? 'null',
  };
}

/** Refusals: what was sent has not been carried out. After any other error of a write nobody knows. */
const NEVER_WRITTEN: readonly string[] = [
  'ActionNotFound',
  'RequestRefused',
  'ScopeMissing',
  'TokenRejected',
  'TokenRejectedTwice',
  'Throttled',
  'ThrottledTooLong',
  'ClientBlocked',
] satisfies readonly ErrorName[];

function isNeverWritten(error: unknown): boolean {
  return error instanceof CataloguedError && NEVER_WRITTEN.includes(error.name);
}

/** The action, as long as it bears the name that it was found by: the list is read once a run, which may take hours. */
async function readNamed(
  dataActions: DataActions,
  id: ActionId,
  { action }: PlannedUpdate,
): Promise<DataAction> {
  const found = await dataActions.read(id);
  if (found.name === action) return found;
  throw catalogued('ActionNotFound', 'The data action has been given another name since the list was read.');
}

/** Writes the change into what CXone holds now; `'changed'` where that is no longer what was read. */
async function write(
  dataActions: DataActions,
  id: ActionId,
  first: DataAction,
  wanted: WantedFields,
): Promise<DataAction | 'changed'> {
  const base = first.versioned ? first : await dataActions.read(id);
  if (!first.versioned && firstDifference(first.text, base.text) !== undefined) return 'changed';
  const sent = withFields(base.text, wanted);
  try {
    const stored = await dataActions.replace(id, sent);
    requireStored(sent, stored.text);
    return stored;
  } catch (error) {
    if (isError(error, 'ActionChanged')) return 'changed';
    throw error;
  }
}

function requireStored(sent: string, stored: string): void {
  const path = firstDifference(sent, stored, isKeptByServer);
  if (path === undefined) return;
  throw catalogued('ActionNotAsWritten', `CXone stored another value than was sent at ${path}.`);
}

/** Fields of the action itself that are the administrator's. */
const OWN_FIELDS: readonly unknown[] = ['id', 'name', 'type', 'enabled'];

/** Version numbers and stamps: plain values beside the configuration that CXone sets with every write. */
const isKeptByServer: KeptByServer = ([field, ...below], { type }) =>
  field !== undefined &&
  below.length === 0 &&
  !OWN_FIELDS.includes(field) &&
  (type === 'string' || type === 'number');

/** What a read of the action found, and when that was begun. */
interface Found {
  begun: number;
  before: string | undefined;
  action: string;
}

/** A value in place is the work of whoever owes its record, and else nobody's that we know of. */
function foundInPlace(
  ports: UpdatePorts,
  update: PlannedUpdate,
  found: Omit<Found, 'before'>,
  { inPlace, ours }: { inPlace: OwedChange | undefined; ours: boolean },
): EndedUpdate {
  const end = ended(ports, update, { ...found, before: inPlace?.before });
  if (inPlace === undefined) return end;
  return ours
    ? { ...end, change: inPlace.sk, times: inPlace.times }
    : { ...end, madeBy: runName(inPlace.run) };
}

function ended({ clock }: UpdatePorts, update: PlannedUpdate, facts: Found): EndedUpdate {
  const after = dateProcessingText(facts.action) ?? 'null';
  const { computedValue } = dateProcessingFields(facts.action);
  return {
    outcome: facts.before === undefined ? 'inPlace' : 'updated',
    before: facts.before ?? after,
    after,
    latencyMilliseconds: Math.max(0, Math.round(clock.now() - facts.begun)),
    accuracyMilliseconds: requireAccurate(update, String(computedValue)),
  };
}

function requireAccurate(update: PlannedUpdate, value: string): number {
  const deviation = deviationOf(update, value);
  if (deviation < ACCURACY_MILLISECONDS) return deviation;
  throw catalogued('ResultInaccurate', `The computed value is off by ${deviation} ms.`);
}
