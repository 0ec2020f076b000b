import { type KeptManifest, readGeneration } from '../dataset/manifest.ts';
import { attemptOfPart, generationPrefix, windowPrefix } from '../lake/keys.ts';
import { commitGeneration } from '../ledger/commits.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { claimWindow, readWindow, type WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { type DatasetId, GenerationId, type RunArn, runName } from '../model/ids.ts';
import type { ClaimedWindow, GenerationFacts } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';

/** What a rollback needs of the world. */
export interface RollbackPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
}

/** A window by its dataset and day. */
export interface NamedWindow {
  dataset: DatasetId;
  day: Day;
}

/** A generation of a window that is still in the lake. */
export interface KeptGeneration {
  generation: GenerationId;
  current: boolean;
  facts: GenerationFacts;
}

/** All complete generations of a window, in the order of their names: they are digests, their order means nothing. */
export async function keptGenerations(
  { ledger, objects }: RollbackPorts,
  { dataset, day }: NamedWindow,
): Promise<KeptGeneration[]> {
  const state = await readWindow(ledger, dataset, day);
  const kept: KeptGeneration[] = [];
  for await (const { key } of objects.list(windowPrefix('lake', ledger.tenant, dataset, day))) {
    const named = GenerationId.safeParse(/\/gen=([^/]+)\/_manifest\.json$/.exec(key)?.[1]);
    if (!named.success) continue;
    const found = await readGeneration(objects, key);
    if (found !== undefined)
      kept.push({
        generation: named.data,
        current: named.data === state.generation,
        facts: found.facts,
      });
  }
  return kept;
}

/**
 * The generation that a rollback leads to: the one that is named, else the one that the current one replaced. A rollback that was stopped
 * half way is seen through by one without a name: asked for again it must not lead back to what it led away from. Nothing is
 * changed: a later step does that, and must not choose again. Throws `RollbackImpossible`.
 */
export async function rollbackTarget(
  ports: RollbackPorts,
  window: NamedWindow,
  named: GenerationId | undefined,
): Promise<GenerationId> {
  const { dataset, day } = window;
  const state = await readWindow(ports.ledger, dataset, day);
  const target = named ?? (isHalfWay(state) ? state.generation : state.replaced);
  if (state.generation === undefined)
    throw catalogued('RollbackImpossible', `${dataset} ${day} has never been committed.`);
  if (target === undefined)
    throw catalogued('RollbackImpossible', `${dataset} ${day} has had one generation only.`);
  await manifestOf(ports, window, target);
  return target;
}

/** Whether a rollback has been committed and not shown or audited yet. Its delivery may wait for the receiver for a day, and is no part of it. */
function isHalfWay({ pinned, registrants, unaudited }: WindowState): boolean {
  return pinned && (registrants.size > 0 || unaudited.size > 0);
}

/**
 * Makes an earlier generation the window's current one in the ledger, and pins it. The steps that follow, catalog,
 * `current.json` and marks, are those of any commit. Can be repeated. Throws `RollbackImpossible`, and `WindowBusy` while a
 * run that lives holds the window.
 * @param hasEnded whether a run's execution has ended
 */
export async function rollBack(
  ports: RollbackPorts,
  request: NamedWindow & { run: RunArn; to: GenerationId; deliver?: boolean },
  hasEnded: (run: RunArn) => Promise<boolean>,
): Promise<{ epoch: number; generation: GenerationId; replaced?: GenerationId }> {
  const { run, dataset, day, to, deliver = false } = request;
  const { facts, partKeys } = await manifestOf(ports, request, to);
  // What is transformed again after the rollback is what this generation was made of.
  const attempt = attemptOfPart(partKeys[0] ?? '');
  const claimed = await claimWindow(ports.ledger, { run, dataset, day, task: 'rollback' }, hasEnded);
  if (claimed.outcome !== 'claimed') {
    const holder = claimed.outcome === 'alreadyRunning' ? runName(claimed.owner) : 'another run';
    throw catalogued('WindowBusy', `${dataset} ${day} is in the hands of ${holder}.`, { holder });
  }
  const claim: ClaimedWindow = { run, dataset, day, epoch: claimed.epoch };
  const { generation, replaced } = await commitGeneration(ports.ledger, claim, facts, {
    kind: 'rollback',
    ...(attempt === undefined ? {} : { attempt }),
    deliver,
  });
  return { epoch: claimed.epoch, generation, ...(replaced === undefined ? {} : { replaced }) };
}

/** What a commit has to know of a generation, from its manifest. */
async function manifestOf(
  ports: RollbackPorts,
  { dataset, day }: NamedWindow,
  generation: GenerationId,
): Promise<KeptManifest> {
  const key = `${generationPrefix(ports.ledger.tenant, dataset, day, generation)}_manifest.json`;
  const found = await readGeneration(ports.objects, key);
  if (found !== undefined) return found;
  const kept = await keptGenerations(ports, { dataset, day });
  const others = kept.map((one) => one.generation).join(', ') || 'none';
  throw catalogued(
    'RollbackImpossible',
    `The lake has no complete generation ${generation} of ${dataset} ${day}; it has ${others}.`,
  );
}
