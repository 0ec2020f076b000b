import { enterCommit, leaveCommit, noteStep } from '../ledger/commits.ts';
import { type Marks, raiseMarks } from '../ledger/marks.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { holdWindow, readWindow, type WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { GenerationId } from '../model/ids.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { Catalog } from './catalog.ts';
import { currentKey, generationPrefix } from './keys.ts';

/** What publishing needs of the world. */
export interface PublishPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  catalog: Catalog;
  /** Name of the lake's bucket: locations in the catalog are whole addresses. */
  bucket: string;
}

/** Times that a step is repeated because the ledger had moved on when it was done: two committers need two. */
const STEP_TRIES = 6;

/**
 * The steps of a commit after the ledger's: catalog, `current.json`, marks; then the run leaves. Each shows what the ledger
 * holds when it has been done, so that committers that overlap end on the ledger's generation. Every step may be
 * repeated. Throws `ClaimLost`, and `CommitContended` when the ledger never came to rest.
 */
export async function publishWindow(
  ports: PublishPorts,
  claim: ClaimedWindow,
  configuredStart?: Day,
): Promise<{ generation: GenerationId; marks: Marks }> {
  await enterCommit(ports.ledger, claim);
  for (let tries = 0; tries < STEP_TRIES; tries++) {
    await untilEqual(ports, claim, 'catalogGeneration', (_, generation) =>
      pointCatalog(ports, claim, generation),
    );
    await untilEqual(ports, claim, 'currentGeneration', (state, generation) =>
      writeCurrent(ports, claim, state, generation),
    );
    const marks = await raiseMarks(ports.ledger, claim.dataset, configuredStart);
    const state = await readWindow(ports.ledger, claim.dataset, claim.day);
    const generation = committedGeneration(state, claim);
    if (state.catalogGeneration !== generation || state.currentGeneration !== generation) continue;
    if ((await leaveCommit(ports.ledger, claim, generation)) !== 'conditionFailed')
      return { generation, marks };
    await holdWindow(ports.ledger, claim);
  }
  throw contended(claim);
}

async function untilEqual(
  ports: PublishPorts,
  claim: ClaimedWindow,
  step: 'catalogGeneration' | 'currentGeneration',
  show: (state: WindowState, generation: GenerationId) => Promise<void>,
): Promise<void> {
  for (let tries = 0; tries < STEP_TRIES; tries++) {
    const state = await holdWindow(ports.ledger, claim);
    const generation = committedGeneration(state, claim);
    await show(state, generation);
    if ((await noteStep(ports.ledger, claim, generation, step)) !== 'conditionFailed') return;
  }
  throw contended(claim);
}

async function pointCatalog(
  ports: PublishPorts,
  claim: ClaimedWindow,
  generation: GenerationId,
): Promise<void> {
  const location = `s3://${ports.bucket}/${generationPrefix(ports.ledger.tenant, claim.dataset, claim.day, generation)}`;
  if ((await ports.catalog.locationOf(claim.dataset, claim.day)) !== location)
    await ports.catalog.point(claim.dataset, claim.day, location);
}

async function writeCurrent(
  ports: PublishPorts,
  claim: ClaimedWindow,
  state: WindowState,
  generation: GenerationId,
): Promise<void> {
  const facts = state.facts;
  if (facts === undefined)
    throw catalogued('LedgerUnreadable', `${claim.dataset} ${claim.day} is committed without facts.`);
  const manifest: unknown = JSON.parse(await ports.objects.readText(facts.manifestKey));
  const current = {
    dataset: claim.dataset,
    day: claim.day,
    generation,
    replaced: state.replaced,
    committedAt: isoInstant(state.committedAt ?? 0),
    rows: facts.rows,
    maxEvent: facts.maxEvent,
    files: facts.files,
    bytes: facts.bytesOut,
    manifestKey: facts.manifestKey,
    manifest,
  };
  // On one line: the catalog's table of loads reads these objects as JSON lines.
  const text = `${JSON.stringify(current)}\n`;
  await ports.objects.writeText(
    currentKey(ports.ledger.tenant, claim.dataset, claim.day),
    text,
    'application/json',
  );
}

function committedGeneration(state: WindowState, claim: ClaimedWindow): GenerationId {
  if (state.generation !== undefined) return state.generation;
  throw catalogued(
    'LedgerUnreadable',
    `${claim.dataset} ${claim.day} is to be published without a generation.`,
  );
}

function contended(claim: ClaimedWindow) {
  return catalogued(
    'CommitContended',
    `The catalog of ${claim.dataset} ${claim.day} did not come to rest on the ledger's generation.`,
  );
}
