import type { DataAction, DataActions } from '../cxone/data-actions.ts';
import type { EndedUpdate } from '../ledger/action-updates.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { ActionId } from '../model/ids.ts';
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
import { wantedFields } from './wanted-fields.ts';

/** Times that an action is read anew because somebody else changed it between our reading and our writing. */
const CHANGE_TRIES = 3;

/** A computed value may differ from its recomputation by less than this, in milliseconds. */
const ACCURACY_MILLISECONDS = 1;

/** What updating one action needs of the world. */
export interface UpdatePorts {
  dataActions: DataActions;
  clock: Clock;
  /** Notes what is about to be replaced, before the first write. */
  intend: (before: string) => Promise<void>;
}

/**
 * Puts an update into its action: reads it, changes `dateProcessing` alone, reads it again just before the write where CXone does not
 * number its versions, writes the whole, reads it back and compares. What is in place already is not written.
 *
 * @param intended what an earlier attempt of this run was about to replace: a value in place is its work then
 * @throws ActionContended where somebody else kept writing in between
 * @throws ActionNotAsWritten where CXone stored something else
 * @throws ResultInaccurate where the computed value is wrong; nothing was written then
 */
export async function updateAction(
  ports: UpdatePorts,
  update: PlannedUpdate,
  id: ActionId,
  intended: string | undefined,
): Promise<EndedUpdate> {
  const begun = ports.clock.now();
  requireAccurate(update, update.computedValue);
  let before = intended;
  for (let tries = 0; tries < CHANGE_TRIES; tries++) {
    const first = await ports.dataActions.read(id);
    const wanted = wantedFields(update, first.text);
    if (holds(first.text, wanted)) return ended(ports, update, { begun, before, action: first.text });
    before = dateProcessingText(first.text) ?? 'null';
    await ports.intend(before);
    const written = await write(ports.dataActions, id, first, wanted);
    if (written === 'changed') continue;
    const back = await ports.dataActions.read(id);
    if (!holds(back.text, wanted)) continue;
    const changedSince = firstDifference(written.text, back.text, isKeptByServer) !== undefined;
    return { ...ended(ports, update, { begun, before, action: back.text }), changedSince };
  }
  throw catalogued(
    'ActionContended',
    `Somebody else changed the data action ${CHANGE_TRIES} times between our reading and our writing.`,
  );
}

/** What the action would become: for a dry run. `updated` stands for what would be. */
export async function previewAction(
  { dataActions }: Pick<UpdatePorts, 'dataActions'>,
  update: PlannedUpdate,
  id: ActionId,
): Promise<EndedUpdate> {
  requireAccurate(update, update.computedValue);
  const { text } = await dataActions.read(id);
  const wanted = wantedFields(update, text);
  return {
    outcome: holds(text, wanted) ? 'inPlace' : 'updated',
    before: dateProcessingText(text) ?? 'null',
    after: dateProcessingText(withFields(text, wanted)) ?? 'null',
  };
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

function ended(
  { clock }: UpdatePorts,
  update: PlannedUpdate,
  facts: { begun: number; before: string | undefined; action: string },
): EndedUpdate {
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
